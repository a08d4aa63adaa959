"""The Feed tab before the real server: what is done here is what is counted there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.accounts.permissions import Role
from server.content import service
from server.content.models import Video, VideoCounts
from server.content.rules import VideoState, Visibility
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.storage import Store
from server.settings import Settings
from studio.tabs.feed.opening import BLOCKED
from tests.server.content.conftest import acting
from tests.studio.tabs import office
from tests.studio.tabs.feed.test_events import played
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld
from tests.studio.tabs.office import until
from tests.studio.tabs.real import person, real


def published(folder: Path, db: Database, owner: Actor, clip: bytes, count: int) -> list[UUID]:
    """Videos of one creator, the newest first."""
    store = Store(Settings(data=folder / "data").media)
    made = []
    for n in range(count):
        with db.write() as s:
            video = service.create_video(
                s,
                actor=owner,
                filename="clip.mp4",
                size=len(clip),
                title=f"Video {n}",
                caption="",
                visibility=Visibility.PUBLIC,
            )
            values = {
                "state": VideoState.READY,
                "sha256": store.put(s, clip),
                "published_at": datetime.now(UTC) - timedelta(minutes=n + 1),
                "duration_ms": 2_000,
            }
            s.execute(sa.update(Video).where(Video.id == video.id).values(**values))
            made.append(video.id)
    return made


def test_what_a_viewer_does_is_counted_by_the_server(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys, clip: bytes
) -> None:
    server = real(tmp_path, db, keys)
    owner = acting(person(db, keys, "mara", Role.CREATOR), Role.CREATOR)
    videos = published(tmp_path, db, owner, clip, 3)

    async def story(desk: office.Office) -> None:
        viewer = Viewer(desk, FeedWorld([], clip))
        await viewer.sit_down(ready=False)
        await until(lambda: viewer.page.watching.slot is not None and viewer.slot.ready)
        assert [each.video.id for each in viewer.page.feed.items] == videos
        await played(viewer, 1_500)
        for key in (Qt.Key.Key_L, Qt.Key.Key_F, Qt.Key.Key_Down):
            QTest.keyClick(viewer.page.stage, key)
        await viewer.send()

    office.play(
        qapp, tmp_path, server.transport, story, token=server.token, me=server.me, now=datetime.now(UTC)
    )
    with db.read() as s:
        counts = s.scalars(sa.select(VideoCounts).where(VideoCounts.video_id == videos[0])).one()
        assert (counts.views, counts.likes) == (1, 1)


def test_who_is_blocked_is_gone_from_the_feed_until_they_are_let_go(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys, clip: bytes
) -> None:
    server = real(tmp_path, db, keys)
    mara, noa = (acting(person(db, keys, who, Role.CREATOR), Role.CREATOR) for who in ("mara", "noa"))
    by_mara = published(tmp_path, db, mara, clip, 2)
    by_noa = published(tmp_path, db, noa, clip, 1)

    async def story(desk: office.Office) -> None:
        viewer = Viewer(desk, FeedWorld([], clip))
        page, aside = viewer.page, viewer.page.aside
        await viewer.sit_down(ready=False)
        await until(lambda: page.feed.current is not None)
        while viewer.item.video.owner.id != mara.id:
            page.go(1)
        QTest.keyClick(page.stage, Qt.Key.Key_P)
        await until(lambda: [each.id for each in aside.profile.grid.videos] == by_mara[::-1])
        aside.profile.block_button.click()
        assert [each.video.id for each in page.feed.items] == by_noa
        await viewer.send()
        await until(lambda: not page.people._said)
        page.open_video(by_mara[0])
        await until(lambda: BLOCKED in desk.told())
        QTest.keyClick(page.stage, Qt.Key.Key_B)
        await until(lambda: list(aside.blocked.rows) == [mara.id])
        aside.blocked.rows[mara.person].button.click()
        await viewer.send()
        await until(lambda: set(by_mara) <= {each.video.id for each in page.feed.items})
        page.open_video(by_mara[0])
        await until(lambda: viewer.item.video.id == by_mara[0])

    office.play(
        qapp, tmp_path, server.transport, story, token=server.token, me=server.me, now=datetime.now(UTC)
    )
