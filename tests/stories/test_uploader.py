"""A creator's video from the drop to the feed: the client is killed -9 in the middle, a viewer sees it come.

Leaves numbered screenshots in `build/stories/THEME/uploader`.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from server.accounts import passwords
from server.accounts import service as accounts
from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.content.models import Derivative, Follow, Video
from server.content.rules import DerivativeKind, VideoState
from server.content.schemas import FeedItem, VideoView
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.storage import Store
from server.runtime import existing, opened
from server.settings import Settings
from studio.app import App
from studio.offline.uploads import BLOCK
from studio.paths import Profile
from studio.stage import PASSWORD, play, until
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.tab import FeedTab
from tests.stories.creator import CAPTION, EMAIL, KILLED_IN, SIZE, TITLE, Creator
from tests.stories.film import film
from tests.stories.hands import ROOT, STORIES, THEME, Hands
from tests.stories.house import published
from tests.stories.wire import Wire, tapped

OUT = STORIES / Creator.story
FILM_BYTES = 30 << 20
SOON = timedelta(seconds=4)
FAN = "kemi@studio.test"

pytestmark = [pytest.mark.story, pytest.mark.crash]


@dataclass(frozen=True)
class Others:
    """What was published before: by somebody whom the viewer follows, and by somebody else."""

    followed: UUID
    older: UUID


class Viewer(Hands):
    """Somebody at the feed."""

    story: ClassVar[str] = Creator.story

    @property
    def page(self) -> FeedPage:
        tab = self.app.window.tabs["feed"]
        assert isinstance(tab, FeedTab)
        return tab.page

    @property
    def shown(self) -> FeedItem:
        current = self.page.feed.current
        assert current is not None
        return current

    async def picture(self) -> None:
        page = self.page
        await until(lambda: page.watching.slot is not None and page.watching.slot.ready, "a picture")


def test_a_video_on_its_way_to_the_feed_outlives_its_program(qapp: QApplication, tmp_path: Path) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    profile = Profile(tmp_path / "profile").create()
    settings = Settings(data=profile.server_data)
    others = furnish(settings, tmp_path)
    path = film(tmp_path / "harbour.mp4", seconds=4, size=FILM_BYTES)
    acknowledged = send_until_killed(profile, path)
    assert acknowledged == [BLOCK * n for n in range(1, KILLED_IN)]
    made: list[Creator] = []
    done: list[VideoView] = []

    async def half_way(wire: Wire) -> None:
        if len(wire.sent) == 1:
            await until(lambda: made and "content" in made[0].app.window.tabs, "the tab")
            page = made[0].page
            await until(lambda: page.strip.rows and page.count, "the upload to be shown")
            made[0].shot("goes-on-by-itself")

    async def scene(app: App) -> None:
        made.append(Creator(app, shots=len(list(OUT.iterdir()))))
        await made[0].come()
        done.append(await publish(made[0]))
        await app.sign_out()
        await app.sign_in(FAN, PASSWORD)
        await see_it_arrive(Viewer(app, shots=made[0].shots), done[0].id, others)

    with tapped(half_way) as wire:
        play(qapp, profile.root, scene, email=EMAIL, size=SIZE, theme=THEME)
    check_that_nothing_was_sent_twice(wire, acknowledged)
    check_what_is_stored(settings, done[0].id, path)


def send_until_killed(profile: Profile, path: Path) -> list[int]:
    """Run a client that sends the film and is killed meanwhile; answers what was acknowledged to it."""
    command = [sys.executable, "-m", "tests.stories.creator", str(profile.root), str(path)]
    killed = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert killed.returncode == -signal.SIGKILL
    return [int(line) for line in killed.stdout.split()]


async def publish(creator: Creator) -> VideoView:
    """Wait for the video to be processed, choose its still, have it published in a moment, and see that."""
    page = creator.page
    await until(lambda: page.count == 1 and page.model.row(0).state is VideoState.READY, "the video")
    name = page.model.row(0).id
    await until(lambda: page.posters.get(page.model.row(0)), "its still")
    assert page.model.row(0).published_at is None
    page.table.select([name], name)
    creator.shot("ready-and-scheduled")
    strip = page.pane.form.strip
    await until(strip.isVisible, "the stills to choose from")
    strip.setFocus()
    creator.press(Qt.Key.Key_Right)
    creator.press(Qt.Key.Key_Right)
    creator.shot("another-still")
    at_ms = strip.choice
    creator.set_time(datetime.now(UTC) + SOON)
    creator.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: not page.pane.unsaved(), "both to be saved")
    assert creator.video(name).poster_at_ms == at_ms is not None
    creator.shot("in-a-moment")
    await until(lambda: not creator.video(name).poster_pending, "the new still")
    await until(lambda: creator.video(name).published_at, "the publication")
    creator.shot("published")
    return creator.video(name)


async def see_it_arrive(viewer: Viewer, video: UUID, others: Others) -> None:
    """The new video stands below what a followed person published, and before everything older."""
    page = viewer.page
    await until(lambda: page.feed.items, "the feed")
    viewer.app.window.activateWindow()
    assert [item.video.id for item in page.feed.items] == [others.followed, video, others.older]
    await viewer.picture()
    viewer.shot("the-feed")
    viewer.press(Qt.Key.Key_Down)
    await until(lambda: viewer.shown.video.id == video, "the new video")
    await viewer.picture()
    assert page.surface.caption.title.text() == TITLE
    assert page.surface.caption.text.text() == CAPTION
    viewer.shot("arrived")


def check_that_nothing_was_sent_twice(wire: Wire, acknowledged: list[int]) -> None:
    """The second run asked how far the server is, and sent what lacked, each byte once."""
    begun = wire.told[0]
    assert acknowledged[-1] <= begun < acknowledged[-1] + BLOCK
    at = begun
    for offset, length in wire.sent:
        assert offset == at
        at += length
    assert at == FILM_BYTES + 8
    assert wire.acknowledged[-1] == at


def check_what_is_stored(settings: Settings, name: UUID, path: Path) -> None:
    """The server has the file whole, and each step stands once in its record."""
    with existing(settings) as (db, _keys), db.read() as s:
        video = s.get_one(Video, name)
        assert video.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert video.publish_at is not None
        assert video.published_at is not None
        assert video.published_at >= video.publish_at
        recorded = s.scalars(
            sa.select(AuditEntry.action)
            .where(AuditEntry.target == f"video:{name}", AuditEntry.action.startswith("content."))
            .order_by(AuditEntry.seq)
        ).all()
        steps = ("video_created", "video_uploaded", "video_ready", "video_edited")
        assert recorded[:4] == [f"content.{step}" for step in steps]
        # The still is drawn while the time comes: who is first, a busy machine decides.
        assert sorted(recorded[4:]) == ["content.poster_made", "content.video_published"]
        poster = s.get_one(Derivative, (name, DerivativeKind.POSTER))
        assert video.poster_at_ms is not None
        assert abs(video.poster_at_ms - poster.meta["t_ms"]) <= 1  # of a frame, to the ms, rounded either way


# The house before the story


def furnish(settings: Settings, folder: Path) -> Others:
    """A server with a creator who has no video yet, a viewer, and two videos of others from this morning."""
    with opened(settings) as (db, keys), jobs.using(jobs.Context(db, settings, keys)):
        hashed = passwords.hashed(PASSWORD)

        def person(s: WriteSession, email: str, name: str, role: Role) -> UUID:
            return accounts.create_person(
                s,
                actor=SYSTEM,
                keys=keys,
                handle=email.split("@")[0],
                name=name,
                email=email,
                password_hash=hashed,
                roles=[role],
            ).id

        with db.write() as s:
            person(s, EMAIL, "Tiana Reyes", Role.CREATOR)
            fan = person(s, FAN, "Kemi Adler", Role.FAN)
            friend = person(s, "oskar@studio.test", "Oskar Berg", Role.CREATOR)
            stranger = person(s, "uma@studio.test", "Uma Sato", Role.CREATOR)
            at = clock.now() - timedelta(days=9)
            s.add(Follow(person_id=fan, other_id=friend, holds=True, at=at, told_at=at, event_id=uuid4()))
        data = film(folder / "dusk.mp4", seconds=2, dusk=True).read_bytes()
        store = Store(settings.media)
        return Others(
            followed=published(db, store, friend, "Two hours ago, by a friend", data, hours=2),
            older=published(db, store, stranger, "An hour ago, by a stranger", data, hours=1),
        )
