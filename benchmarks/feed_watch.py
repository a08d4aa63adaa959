"""The client of `benchmarks feed`: a viewer who stays at some videos and swipes through many.

`python -m benchmarks.feed_watch PROFILE STAYS SWIPES` prints what was painted and when, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final
from uuid import UUID

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.null_sink import NullSink
from studio.allocator import bound_memory
from studio.app import App
from studio.collector import Collector
from studio.stage import play, until
from studio.tabs.feed import slot as slots
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.stage import Stage
from studio.tabs.feed.tab import FeedTab
from studio.video.audio import SoundOutput
from studio.video.index import Source

STAY_S: Final = 4.0
LINGER_S: Final = 0.1
"""How long a picture is looked at before the next swipe, once it is in place and the next one is ready."""
PATIENCE_S: Final = 20.0
BEAT_MS: Final = 5


@dataclass(frozen=True, slots=True)
class Paint:
    """One painting of the page in place.

    seen: some of it lies in the window; a page that is swiped to begins outside. heard_s: where in the file
    the sound is; None without.
    """

    at: float
    video: UUID
    frame: int
    seen: bool
    playing: bool
    heard_s: float | None


@dataclass
class Found:
    """What is handed on."""

    first_ms: list[float] = field(default_factory=list)
    ready_ms: list[float] = field(default_factory=list)
    gaps_ms: list[float] = field(default_factory=list)
    offsets_ms: list[float] = field(default_factory=list)
    blocked_ms: list[float] = field(default_factory=list)
    due: int = 0
    dropped: int = 0
    rss: list[int] = field(default_factory=list)


class Pulse:
    """Writes down how long the interface was busy at a stretch: each beat of 5 ms that came late."""

    def __init__(self, blocked_ms: list[float]) -> None:
        self._blocked, self._last = blocked_ms, 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """From now on."""
        self._last = time.monotonic()
        self._timer.start()

    def stop(self) -> None:
        """Not any more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.monotonic()
        self._blocked.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now


class Sound(SoundOutput):
    """Plays into nothing, and says where in the file it is."""

    def __init__(self, parent: Slot) -> None:
        super().__init__(parent, make_sink=self._into_nothing)
        self._null = NullSink()
        self._start_s = 0.0

    def _into_nothing(self) -> NullSink:
        self._null = NullSink()
        return self._null

    def start(self, source: Source, start_s: float) -> bool:
        self._start_s = start_s
        return super().start(source, start_s)

    @property
    def heard_s(self) -> float | None:
        """Seconds in the file's own time; None while nothing sounds."""
        sounds = self._sink is not None and self._track is not None and not self._track.ended
        return self._start_s + self._null.heard_s if sounds else None


class Watch:
    """Writes down each painting of the stage; to be made before there is one."""

    def __init__(self) -> None:
        self.paints: list[Paint] = []
        paint = Stage.paintEvent

        def paint_and_note(stage: Stage, event: QPaintEvent) -> None:
            paint(stage, event)
            self._note(stage, time.monotonic())

        Stage.paintEvent = paint_and_note  # type: ignore[method-assign, assignment]

    def _note(self, stage: Stage, at: float) -> None:
        slot = stage._pages[1]
        if slot is None or slot.picture is None:
            return
        sound, head = slot._sound, slot.player.head
        assert isinstance(sound, Sound)
        place = stage.picture_rect(slot).translated(0, round(stage.offset))
        seen, playing = place.intersects(stage.rect()), head is not None and head.playing
        self.paints.append(Paint(at, slot.id, slot.picture.frame, seen, playing, sound.heard_s))

    def first_of(self, video: UUID) -> float | None:
        """When something of a video was seen first."""
        return next((paint.at for paint in self.paints if paint.video == video and paint.seen), None)


class Viewer:
    """Drives the real client."""

    def __init__(self, app: App, watch: Watch) -> None:
        self.app, self.watch = app, watch
        self.found = Found()
        self.pulse = Pulse(self.found.blocked_ms)

    @property
    def page(self) -> FeedPage:
        tab = self.app.window.tabs["feed"]
        assert isinstance(tab, FeedTab)
        return tab.page

    @property
    def slot(self) -> Slot:
        slot = self.page.watching.slot
        assert slot is not None
        return slot

    async def visit(self, stays: int, swipes: int) -> None:
        """Sit down, stay at some videos, swipe through many."""
        await until(lambda: "feed" in self.app.window.tabs, "the feed", seconds=PATIENCE_S)
        page = self.page
        await until(lambda: page.watching.slot is not None and self.slot.ready, "a picture")
        self.app.window.activateWindow()
        page.stage.setFocus()
        page.loudness.toggle()
        for number in range(stays):
            _say(f"stay {number + 1} of {stays}")
            await self._swipe()
            await self._stay()
        for number in range(swipes):
            if number % 20 == 0:
                _say(f"swipe {number} of {swipes}, {resident() >> 20} MB")
            self.found.first_ms.append(await self._swipe())
            self.found.rss.append(resident())

    async def _swipe(self) -> float:
        """Go to the next video when it is decoded ahead; ms from the key to something of it."""
        page, began = self.page, time.monotonic()
        await until(lambda: page.feed.at(page.feed.position + 1) is not None, "another video")
        following = page.watching.slot_of(page.feed.at(page.feed.position + 1))
        assert following is not None
        await until(lambda: following.ready, "it to be ready", seconds=PATIENCE_S)
        self.found.ready_ms.append((time.monotonic() - began) * 1000)
        await until(lambda: following.player.settled, "as much of it as there is room for")
        await asyncio.sleep(LINGER_S)
        self.watch.paints.clear()
        pressed = time.monotonic()
        QTest.keyClick(page.stage, Qt.Key.Key_Down)
        await until(lambda: self.watch.first_of(following.id) is not None, "the next video")
        await until(lambda: page.stage.resting, "the page to be in place")
        return ((self.watch.first_of(following.id) or 0.0) - pressed) * 1000

    async def _stay(self) -> None:
        """Watch, from the moment it begins to play."""
        slot, found = self.slot, self.found
        self.pulse.start()
        await asyncio.sleep(STAY_S)
        self.pulse.stop()
        self.judge(slot, found)

    def judge(self, slot: Slot, found: Found) -> None:
        """Add what was painted of a video since `watch` was cleared."""
        index = slot.player.index
        assert index is not None
        shown = [paint for paint in self.watch.paints if paint.playing and paint.video == slot.id]
        pictures = [next(same) for _, same in groupby(shown, key=lambda paint: paint.frame)]
        for before, after in pairwise(pictures):
            if after.frame > before.frame:  # else it begins anew
                found.gaps_ms.append((after.at - before.at) * 1000)
                found.due += after.frame - before.frame
                found.dropped += after.frame - before.frame - 1
        for paint in pictures:
            if paint.heard_s is not None:
                stamp_s = float(index.table.pts[paint.frame] * index.table.time_base)
                found.offsets_ms.append((stamp_s - paint.heard_s) * 1000)


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(profile: str, stays: str, swipes: str) -> None:
    """Watch, and tell."""
    bound_memory()  # as the client does at its start
    vars(slots)["SoundOutput"] = Sound
    watch = Watch()
    qt = QApplication(["studio"])
    collector = Collector()
    told: list[Found] = []

    async def scene(app: App) -> None:
        viewer = Viewer(app, watch)
        await viewer.visit(int(stays), int(swipes))
        told.append(viewer.found)

    play(qt, Path(profile), scene, email=None, size=QSize(1440, 900), reduced_motion=False)
    collector.stop()
    print(json.dumps(asdict(told[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
