"""The review end to end: the whole client over a real embedded server, on real clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import Recipe, write_clip
from server.accounts import passwords
from server.accounts import service as accounts
from server.accounts.permissions import Role, permissions_of
from server.audit.verify import verify
from server.content import service as content
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.kit.access import SYSTEM, Actor
from server.kit.storage import Store
from server.moderation import service as moderation
from server.moderation.models import Decision, Item, Mark, Undo
from server.moderation.rules import ContentType, ItemState, Outcome
from server.runtime import opened
from server.settings import Settings as ServerSettings
from studio.app import App
from studio.paths import Profile
from studio.stage import PASSWORD, play, until
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.tab import ModerationTab

EMAIL = "mo@studio.test"
GORE = "violence.graphic"
pytestmark = pytest.mark.crash


@pytest.fixture
def profile(tmp_path: Path, qapp: QApplication) -> Iterator[Profile]:
    """A profile whose embedded server has a moderator and two flagged videos."""
    places = Profile(tmp_path / "profile").create()
    settings = ServerSettings(data=places.server_data)
    clip = write_clip(tmp_path / "clip.mp4", Recipe(), frames=90, width=320, height=180).read_bytes()
    hashed = passwords.hashed(PASSWORD)
    with opened(settings) as (db, keys), db.write() as s:
        moderation.install(s)
        made = {
            role: accounts.create_person(
                s,
                actor=SYSTEM,
                keys=keys,
                handle=role,
                name=role.title(),
                email=EMAIL if role is Role.MODERATOR else None,
                password_hash=hashed,
                roles=[role],
            )
            for role in (Role.MODERATOR, Role.CREATOR, Role.FAN)
        }

        def acting(role: Role) -> Actor:
            roles = frozenset({role})
            return Actor("person", made[role].id, role, roles, permissions_of(roles, cleared=False))

        for title in ("Roof jump", "Second jump"):
            video = content.create_video(
                s,
                actor=acting(Role.CREATOR),
                filename="clip.mp4",
                size=len(clip),
                title=title,
                caption="",
                visibility=Visibility.PUBLIC,
            )
            sha256 = Store(settings.media).put(s, clip)
            ready = {"state": VideoState.READY, "sha256": sha256, "duration_ms": 3_000, "container": "mov"}
            s.execute(sa.update(Video).where(Video.id == video.id).values(**ready))
            moderation.receive_flag(
                s,
                actor=acting(Role.FAN),
                content_type=ContentType.VIDEO,
                content_id=video.id,
                policy=GORE,
                ranges=[(1_000, 1_500)],
            )
    yield places
    qapp.closeAllWindows()


def test_a_decision_an_undo_and_the_next_item(qapp: QApplication, profile: Profile) -> None:
    async def scene(app: App) -> None:
        app.window.activateWindow()
        app.window.open_tab("moderation")
        tab = app.window.current
        assert isinstance(tab, ModerationTab)
        tab.claim_next()
        await until(lambda: isinstance(tab._review, ReviewPage), "the review")
        page: ReviewPage = tab._review
        flow = page.flow

        def picture() -> bool:
            shown = page.content.player.view.picture
            return shown is not None and shown.exact

        await until(lambda: flow.bundle is not None, "the first item")
        assert flow.bundle is not None
        first = flow.bundle.item_id
        page.proceed()
        await until(picture, "its picture")
        QTest.keyClick(page, Qt.Key.Key_BracketRight)
        head = page.content.player.player.head
        assert head is not None
        assert head.ms == pytest.approx(1_000, abs=40)
        await until(lambda: flow.prefetch.prepared, "the next item")
        for key in (Qt.Key.Key_Semicolon, Qt.Key.Key_Escape, Qt.Key.Key_1, Qt.Key.Key_R, Qt.Key.Key_Return):
            QTest.keyClick(QApplication.focusWidget() or page, key)
        await until(lambda: flow.bundle is not None and flow.bundle.item_id != first, "the second item")
        assert app.context is not None
        outbox = app.context.outbox
        await until(lambda: not outbox.entries(), "the server to accept it")
        page.setFocus()
        QTest.keyClick(page, Qt.Key.Key_Z)
        await until(lambda: flow.bundle is not None and flow.bundle.item_id == first, "the first item again")
        assert page.panel.draft.outcome is Outcome.RESTRICT
        assert len(page.panel.draft.marks) == 1
        for key in (Qt.Key.Key_1, Qt.Key.Key_D, Qt.Key.Key_Return):
            QTest.keyClick(page, key)
        await until(lambda: flow.bundle is not None and flow.bundle.item_id != first, "the second item again")
        for key in (Qt.Key.Key_A, Qt.Key.Key_Return):
            QTest.keyClick(page, key)
        await until(lambda: tab.queue.isVisible(), "the queue, which is empty")
        await until(lambda: not outbox.entries(), "everything to be sent")

    play(qapp, profile.root, scene, email=EMAIL)
    with opened(ServerSettings(data=profile.server_data)) as (db, keys), db.read() as s:
        assert set(s.scalars(sa.select(Item.state))) == {ItemState.DECIDED}
        taken = s.execute(sa.select(Decision.outcome, Decision.id).order_by(Decision.decided_at)).all()
        assert [outcome for outcome, _ in taken] == [Outcome.RESTRICT, Outcome.REMOVE, Outcome.ALLOW]
        assert list(s.scalars(sa.select(Undo.decision_id))) == [taken[0].id]
        assert s.scalar(sa.select(sa.func.count()).select_from(Mark)) == 2
        assert verify(s, keys).whole
    assert not list(profile.media.iterdir())
