"""A video that breaks, has no sound, is rotated or gone, and a server out of reach: the feed goes on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from benchmarks.coded_clips import Recipe, write_clip
from studio.api.live import Connection
from studio.tabs.feed.slot import Slot
from studio.widgets.empty_state import EmptyState, ErrorState
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.world import FeedWorld, Viewer, item
from tests.studio.tabs.office import until, words


def down(viewer: Viewer) -> None:
    QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)


def test_what_cannot_be_decoded_is_told_and_skipped(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: viewer.page.watching.slot and viewer.slot.problem)
        assert not viewer.slot.ready
        down(viewer)
        await viewer.sees(1)

    watch(story, FeedWorld([item(0), item(1)], clip, files={UUID(int=1_000): b"not a video" * 50}))


def shows(slot: Slot, frame: int) -> bool:
    return slot.picture is not None and slot.picture.frame == frame


def test_a_file_that_breaks_in_the_middle_plays_on_with_a_notice(watch: Watch, clip: bytes) -> None:
    cut = bytearray(clip)
    middle = len(cut) // 2
    cut[middle : middle + len(cut) // 4] = bytes(len(cut) // 4)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot = viewer.slot
        await until(lambda: viewer.playing)
        viewer.page.watching.toggle()
        for frame in range(10, 50):  # one by one: which of them are damaged depends on the encoder
            slot.player.seek(frame)
            await until(lambda frame=frame: slot.notice or shows(slot, frame))
        assert "damaged" in words(viewer.tab)
        assert slot.ready
        down(viewer)
        await viewer.sees(1)

    watch(story, FeedWorld([item(0), item(1)], clip, files={UUID(int=1_000): bytes(cut)}))


def test_a_rotated_video_stands_upright(watch: Watch, clip: bytes, tmp_path: Path) -> None:
    turned = write_clip(tmp_path / "turned.mp4", Recipe(rotate=90), frames=30, width=160, height=90)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot = viewer.slot
        assert slot.player.index is not None
        assert slot.player.index.rotation
        assert (slot.size.width(), slot.size.height()) == (160, 90)
        rect = viewer.page.stage.picture_rect()
        assert rect.width() > rect.height()

    watch(story, FeedWorld([item(0)], clip, files={UUID(int=1_000): turned.read_bytes()}))


def test_a_file_that_does_not_arrive_whole_can_be_tried_again(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: viewer.page.watching.slot and viewer.slot.problem)
        viewer.world.etags.clear()
        viewer.page.watching._media._files.clear()
        viewer.page.handlers["feed.play"]()
        await viewer.sees(0)

    wrong = hashlib.sha256(b"another").hexdigest()
    watch(story, FeedWorld([item(0)], clip, etags={UUID(int=1_000): wrong}))


def test_while_nobody_tells_it_is_seen_all_the_same_that_a_video_is_gone(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        viewer.world.gone.add(UUID(int=1_001))
        viewer.office.connection = Connection.CONNECTING
        viewer.page.look()
        await until(lambda: len(viewer.page.feed.items) == 2)
        down(viewer)
        await viewer.sees(2)

    watch(story, FeedWorld([item(0), item(1), item(2)], clip))


def test_offline_plays_what_was_seen_and_goes_on_when_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        page = viewer.page
        await until(lambda: page.feed.ended)
        down(viewer)
        await viewer.sees(1)
        viewer.world.offline = True
        viewer.tab.on_connection(Connection.OFFLINE)
        assert page.surface.notice.isVisible()
        for _ in range(3):
            down(viewer)
        await until(lambda: viewer.slot.problem)
        for _ in range(2):
            down(viewer)
        assert "No more videos on this computer" in words(viewer.tab)
        for _ in range(6):
            QTest.keyClick(page.stage, Qt.Key.Key_Up)
        await viewer.sees(0)
        page.handlers["feed.like"]()
        page.deeds.report_video()
        assert page.deeds.report is not None
        page.deeds.report.close_now()
        viewer.world.offline = False
        viewer.tab.on_connection(Connection.ONLINE)
        assert not page.surface.notice.isVisible()
        await viewer.send()
        for _ in range(4):
            down(viewer)
        await viewer.sees(4)

    world = watch(story)
    assert len(world.told("like")) == 1


def test_a_start_without_a_server_says_so_and_tries_again(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: isinstance(viewer.page.states.shown(), ErrorState))
        viewer.world.offline = False
        viewer.page.states.retried.emit()
        await viewer.sees(0)

    watch(story, FeedWorld([item(0)], clip, offline=True))


def test_an_empty_feed_says_so(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: isinstance(viewer.page.states.shown(), EmptyState))
        assert "Nothing to watch yet" in words(viewer.tab)

    watch(story, FeedWorld([], clip))


def test_many_swipes_keep_three_videos(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        for n in range(1, 12):
            down(viewer)
            await viewer.sees(n)
            assert len(viewer.page.watching._slots) <= 3
        assert sum(viewer.office.context.media._in_use.values()) <= 3

    watch(story, FeedWorld([item(n) for n in range(12)], clip))
