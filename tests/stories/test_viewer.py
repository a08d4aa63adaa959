"""A viewer's evening: from a cold start through ten videos, with the real client, the real server, one kill.

Leaves numbered screenshots in `build/stories/THEME/viewer`. What was done is then what the database counted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from server.accounts.models import Person
from server.content.counting import enough_ms
from server.content.models import Block, Comment, Follow, Playback, VideoCounts, VideoReaction
from server.content.recount import recount
from server.moderation.models import Flag
from server.runtime import existing
from server.settings import Settings
from studio.api.live import Connection
from studio.app import App
from studio.paths import Profile
from studio.stage import play, until
from studio.tabs.feed.beats import Beat
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.tab import FeedTab
from tests.stories.hands import STORIES, THEME, Hands

OUT = STORIES / "viewer"
VIDEOS = 10
SAID = "Such a quiet clip."
SPARE_MS = 200
"""What is watched beyond the threshold of a view."""

pytestmark = pytest.mark.story


@dataclass
class Evening(Hands):
    """What the viewer did."""

    story: ClassVar[str] = OUT.name
    watched: list[UUID] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    liked: UUID | None = None
    followed: UUID | None = None
    reported: UUID | None = None
    swipes: int = 0

    @property
    def page(self) -> FeedPage:
        tab = self.app.window.tabs["feed"]
        assert isinstance(tab, FeedTab)
        return tab.page

    @property
    def video(self) -> UUID:
        current = self.page.feed.current
        assert current is not None
        return current.video.id

    async def picture(self) -> None:
        await until(
            lambda: self.page.watching.slot is not None and self.page.watching.slot.ready, "a picture"
        )

    async def watch(self) -> None:
        """Let the video play until it has to count."""
        await self.picture()
        current = self.page.feed.current
        assert current is not None
        enough, video = enough_ms(current.video.duration_ms) + SPARE_MS, self.video
        await until(lambda: self.counted_ms(video) >= enough, "the video to be watched")
        self.watched.append(video)

    def counted_ms(self, video: UUID) -> int:
        """What the client counts as watched of a video so far: not while a picture was overdue."""
        told = sum(beat.end_ms - beat.start_ms for beat in self.beats if beat.video_id == video)
        meter, slot = self.page.watching._meter, self.page.watching.slot
        if meter is None or slot is None or not meter.playing or meter.video_id != video:
            return told
        return told + max(0, slot.ms - meter._told_ms)

    def count(self) -> None:
        """Hear of every stretch that is told from now on."""
        log, tell = self.page.log, self.page.log.watched

        def watched(beat: Beat) -> None:
            self.beats.append(beat)
            tell(beat)

        log.watched = watched  # type: ignore[method-assign]

    async def swipe(self) -> None:
        before = self.video
        self.press(Qt.Key.Key_Down)
        await until(lambda: self.video != before, "the next video")
        await self.picture()
        self.swipes += 1

    async def sent(self) -> None:
        context = self.app.context
        assert context is not None
        self.page.rest()
        await self.page.log.settle()
        await until(lambda: not context.outbox.entries(), "everything to be accepted")
        self.page.come()


def test_an_evening_of_ten_videos(qapp: QApplication, demo: Profile) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    done: list[Evening] = []

    async def scene(app: App) -> None:
        done.append(Evening(app))
        await spend(done[0])

    play(qapp, demo.root, scene, email="fan@demo.local", size=QSize(1440, 900), theme=THEME)
    check_what_was_counted(demo, done[0])


async def spend(evening: Evening) -> None:
    """The whole evening."""
    await until(lambda: evening.page.feed.items, "the feed")
    evening.count()
    evening.app.window.activateWindow()
    await evening.picture()
    evening.shot("feed")
    await evening.watch()
    evening.press(Qt.Key.Key_L)
    evening.liked = evening.video
    evening.press(Qt.Key.Key_F)
    current = evening.page.feed.current
    assert current is not None
    evening.followed = current.video.owner.id
    evening.shot("liked")
    await evening.swipe()
    await comment(evening)
    await evening.swipe()
    await report(evening)
    await look_at_a_person(evening)
    await evening.sent()
    for _ in range(3):
        await evening.swipe()
    await away_and_back(evening)
    while evening.swipes < VIDEOS - 1:
        await evening.swipe()
    evening.shot("tenth")
    await evening.sent()


async def comment(evening: Evening) -> None:
    """Write under the video."""
    pane = evening.page.aside.comments
    evening.press(Qt.Key.Key_K)
    await until(pane.isVisible, "the comments")
    pane.field.setFocus()
    evening.type(SAID)
    evening.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: not pane.field.toPlainText(), "the comment to be taken")
    evening.shot("comment")
    pane.close_now()


async def report(evening: Evening) -> None:
    """Report the video under a rule."""
    evening.press(Qt.Key.Key_R)
    await until(
        lambda: evening.page.deeds.report is not None and evening.page.deeds.report.list.count(), "the rules"
    )
    sheet = evening.page.deeds.report
    assert sheet is not None
    sheet.choose("violence.threat")
    sheet.note.setPlainText("A card at the end threatens whoever watches.")
    evening.shot("report")
    evening.reported = evening.video
    sheet.send.click()
    await until(lambda: not isValid(sheet) or not sheet.isVisible(), "the report to be stored")


async def look_at_a_person(evening: Evening) -> None:
    """Read who made the video, block them, and think better of it."""
    profile, video = evening.page.aside.profile, evening.video
    evening.press(Qt.Key.Key_P)
    await until(lambda: profile.profile is not None, "the profile")
    evening.shot("profile")
    profile.block_button.click()
    await until(lambda: evening.video != video, "another video")
    evening.shot("blocked")
    assert evening.app.window.host.toasts.undo_last()
    await until(lambda: evening.video == video, "the video to come back")
    evening.press(Qt.Key.Key_Escape)
    await evening.picture()


async def away_and_back(evening: Evening) -> None:
    """The server is killed; a video is watched meanwhile, and told of when it is back."""
    context = evening.app.context
    assert context is not None
    written: dict[str, Any] = json.loads((evening.app.profile.server_data / "server.json").read_text())
    os.kill(int(written["pid"]), signal.SIGKILL)
    await until(lambda: context.connection() is not Connection.ONLINE, "the loss to be seen")
    await evening.watch()
    evening.shot("away")
    await until(lambda: context.connection() is Connection.ONLINE, "the return")
    await evening.sent()


def check_what_was_counted(profile: Profile, evening: Evening) -> None:
    """The database has each thing once, and every counter is what the facts say."""
    with existing(Settings(data=profile.server_data)) as (db, _keys):
        with db.read() as s:
            me = s.scalars(sa.select(Person.id).where(Person.handle == "fan")).one()
            mine = sa.select(Playback.video_id).where(Playback.person_id == me, Playback.counted)
            views = s.scalars(mine).all()
            assert len(views) == len(set(views))
            assert set(evening.watched) <= set(views)
            liked = sa.select(VideoReaction.video_id).where(
                VideoReaction.person_id == me, VideoReaction.holds
            )
            assert s.scalars(liked).all() == [evening.liked]
            follows = sa.select(Follow.other_id).where(Follow.person_id == me, Follow.holds)
            assert s.scalars(follows).all() == [evening.followed]
            blocks = sa.select(Block.holds).where(Block.person_id == me)
            assert s.scalars(blocks).all() == [False]
            said = sa.select(Comment.body).where(Comment.author_id == me, Comment.body == SAID)
            assert len(s.scalars(said).all()) == 1
            reports = sa.select(Flag.content_id).where(
                Flag.reporter_id == me, Flag.policy == "violence.threat"
            )
            assert evening.reported in s.scalars(reports).all()
            counts = s.get_one(VideoCounts, evening.liked)
            assert (counts.likes, counts.views) == (1, 1)
        assert recount(db) == []
