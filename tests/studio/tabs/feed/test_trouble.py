"""A video that breaks, has no sound, is rotated or gone, and a server out of reach: the feed goes on."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from benchmarks.coded_clips import Recipe, write_clip
from studio.api.live import Connection
from studio.api.transfer import BLOCK
from studio.offline.changes import Changes
from studio.tabs.feed import stage
from studio.tabs.feed.slot import BUDGET, Slot
from studio.tabs.feed.tab import FEED
from studio.widgets.empty_state import EmptyState, ErrorState
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
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


def test_what_is_painted_in_words_is_told_to_a_screen_reader(
    watch: Watch, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(stage, "QAccessibleAnnouncementEvent", lambda _widget, text: text)
    monkeypatch.setattr(stage, "QAccessible", SimpleNamespace(updateAccessibility=spoken.append))
    world = FeedWorld([item(0), item(1)], clip, files={UUID(int=1_000): b"not a video" * 50})

    async def story(viewer: Viewer) -> None:
        told = viewer.page.stage.accessibleDescription
        world.slow = "GET .*/file"
        await viewer.sit_down(ready=False)
        await until(lambda: told() == "Video 0, by Maker 0. Loading the video")
        world.gate.set()
        await until(lambda: viewer.slot.problem)
        assert told().startswith(
            f"Video 0, by Maker 0. This video cannot be played. {viewer.slot.problem} Go on"
        )
        assert spoken == [told()]
        down(viewer)
        await viewer.sees(1)
        assert told() == "Video 1, by Maker 1"
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Space)
        assert told() == "Video 1, by Maker 1. Paused"
        down(viewer)
        assert told() == ""
        assert len(spoken) == 1

    watch(story, world)


class Halting(httpx.AsyncByteStream):
    """A file of which the second half waits for a gate."""

    def __init__(self, content: bytes, gate: asyncio.Event) -> None:
        self._content, self._gate = content, gate

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self._content) // 2
        yield self._content[:half]
        await self._gate.wait()
        yield self._content[half:]


class Slow(FeedWorld):
    """One whose files come in halves."""

    def _file(self, request: httpx.Request, video_id: UUID) -> httpx.Response:
        whole = super()._file(request, video_id)
        if request.method == "HEAD":
            return whole
        stream = Halting(self.files[video_id], self.gate)
        return httpx.Response(206, headers={"Content-Range": whole.headers["Content-Range"]}, stream=stream)


def test_a_large_video_says_how_much_of_it_has_come(watch: Watch, clip: bytes) -> None:
    large = {UUID(int=1_000): clip + bytes(4 * BLOCK - len(clip))}

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: viewer.page.watching.slot is not None)
        assert stage.waiting(viewer.slot) == "Loading the video"
        await until(lambda: stage.waiting(viewer.slot) == "Loading the video, 50 %")
        assert viewer.page.stage.accessibleDescription().endswith("Loading the video"), "not told 100 times"
        viewer.world.gate.set()
        await viewer.sees(0)
        assert stage.waiting(viewer.slot) == ""

    watch(story, Slow([item(0)], clip, files=large))


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
        sound = viewer.page.surface.sound
        assert rect.contains(sound.geometry()), "what lies on the picture goes with its shape"
        assert sound.x() - rect.left() < 20

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


def decoders() -> int:
    """How many threads decode pictures."""
    return sum(thread.name == "video-decoder" for thread in threading.enumerate())


def test_many_swipes_keep_three_videos(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        for n in range(1, 12):
            down(viewer)
            await viewer.sees(n)
            assert len(viewer.page.watching._slots) <= 3
        await until(lambda: decoders() <= 3)
        assert sum(viewer.office.context.media._in_use.values()) <= 3

    watch(story, FeedWorld([item(n) for n in range(12)], clip))


def test_a_4k_video_plays_in_bounded_memory_at_the_size_that_is_shown(
    watch: Watch, clip: bytes, tmp_path: Path
) -> None:
    def plain(number: int, width: int, height: int) -> NDArray[np.uint8]:
        return np.full((height, width, 3), 40 + 12 * number, np.uint8)

    large = write_clip(tmp_path / "4k.mp4", Recipe(b_frames=0), frames=8, width=3840, height=2160, draw=plain)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot, most = viewer.slot, 0
        loops: list[int] = []
        slot.looped.connect(loops.append)
        decoder = slot.player._decoder
        assert decoder is not None

        def again() -> bool:
            nonlocal most
            most = max(most, decoder._cache.size)
            return bool(loops)

        await until(again)
        frame = 3840 * 2160 * 3 // 2
        assert frame < most <= BUDGET + frame  # the decoder's thread may be putting one in for another
        assert slot.picture is not None
        shown = viewer.page.stage.picture_rect().size()
        assert slot.picture.pixels.shape[:2] == (shown.height(), shown.width())
        assert not slot.notice
        down(viewer)
        await viewer.sees(1)

    watch(story, FeedWorld([item(0), item(1)], clip, files={UUID(int=1_000): large.read_bytes()}))


def test_a_video_that_is_removed_while_it_plays_is_gone_and_the_next_one_plays(
    watch: Watch, clip: bytes
) -> None:
    gone = UUID(int=1_001)
    content = clip + bytes(8)  # not the file of the others: the copy of this one has to go
    key = hashlib.sha256(content).hexdigest()

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        down(viewer)
        await viewer.sees(1)
        await until(lambda: viewer.playing and viewer.slot.player.pace.seen > 5)
        viewer.clock.at += 0.5
        decoder = viewer.slot.player._decoder
        assert decoder is not None
        assert viewer.page.watching._kept.cache.size_of(key)
        viewer.world.gone.add(gone)
        viewer.office.changes.send(Changes(frozenset({FEED}), frozenset({str(gone)}), "live"))
        await viewer.sees(2)
        await until(lambda: viewer.playing and viewer.slot.player.pace.seen > 5)
        assert "not available any more" in viewer.office.told()
        await until(lambda: not decoder.is_alive())
        assert viewer.page.feed.find(gone) is None
        assert viewer.page.watching._kept.cache.size_of(key) is None
        viewer.tab.hide()
        await viewer.send()

    world = watch(story, FeedWorld([item(n) for n in range(3)], clip, files={gone: content}))
    told = [each for each in world.told("watch") if each["video_id"] == str(gone)]
    assert sum(each["wall_ms"] for each in told) == 500, "what was watched of it is told"


def test_a_video_without_sound_plays_by_a_clock_of_its_own(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.page.loudness.toggle()
        await viewer.sit_down()
        assert not viewer.slot.player.muted
        assert viewer.slot.player.index is not None
        assert not viewer.slot.player.index.has_audio
        await until(lambda: viewer.slot.player.pace.seen > 10)
        assert not viewer.slot.notice
        down(viewer)
        await viewer.sees(1)

    watch(story, FeedWorld([item(0), item(1)], clip))
