"""The client of `benchmarks sparks_feed`: a viewer at one video, over which sparks fly.

`python -m benchmarks.sparks_feed_watch PROFILE TURNS TIMES SPARKS` prints what was painted and when, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.feed_watch import PATIENCE_S, Found, Pulse, Sound, Viewer, Watch, resident
from benchmarks.null_sink import NullSink
from studio.allocator import bound_memory
from studio.app import App
from studio.collector import Collector
from studio.sparks import bakery
from studio.sparks.film_store import FilmStore
from studio.sparks.flights import Flights
from studio.sparks.given import Given
from studio.sparks.order import Kind, Order
from studio.sparks.overlay import SparkOverlay
from studio.sparks.queue import Flight
from studio.stage import play, until
from studio.tabs.feed import slot as slots
from studio.tabs.feed.stage import Stage
from studio.tabs.sparks.panel import TrayPanel

TURN_S: Final = 10.0
BAKING_S: Final = 900.0
FASTER: Final = 6.0
"""The clock of sparks while memory is looked at: 500 of them take half an hour."""
EAGER: Final = "import os; os.nice = lambda by: 0; from studio.sparks.baker import main; main()"
WAITING: Final = 3
"""Sparks that wait at most before another one is given."""


@dataclass
class Played(Found):
    """How the video was painted meanwhile, how often in a second both were, and the share of one core that
    the client took."""

    video_paints: list[float] = field(default_factory=list)
    overlay_paints: list[float] = field(default_factory=list)
    cpu_share: list[float] = field(default_factory=list)


@dataclass
class Told:
    """What is handed on."""

    catalogue: dict[str, int] = field(default_factory=dict)
    overlay_ms: dict[str, list[float]] = field(default_factory=dict)
    tick_ms: dict[str, list[float]] = field(default_factory=dict)
    shown_ratio: dict[str, list[float]] = field(default_factory=dict)
    stage_ms: dict[str, list[float]] = field(default_factory=dict)
    video: dict[str, Played] = field(default_factory=dict)
    first_ms: dict[str, list[float]] = field(default_factory=dict)
    film_s: list[float] = field(default_factory=list)
    nothing_kept: dict[str, float] = field(default_factory=dict)
    rss: list[int] = field(default_factory=list)
    load: list[float] = field(default_factory=list)


class Clock:
    """Seconds that may pass faster, and never go back."""

    def __init__(self) -> None:
        self._at, self._since, self._speed = 0.0, time.monotonic(), 1.0

    def __call__(self) -> float:
        return self._at + (time.monotonic() - self._since) * self._speed

    def run(self, speed: float) -> None:
        """Pass so many times as fast from now on."""
        self._at, self._since, self._speed = self(), time.monotonic(), speed


class OverlayWatch:
    """Writes down what painting and finding pictures costs; to be made before there is an overlay."""

    def __init__(self) -> None:
        self.paint_ms: list[float] = []
        self.tick_ms: list[float] = []
        self.lit_at: float | None = None
        """When a picture of a spark was painted first since this was last set to None."""
        self.stage_ms: list[float] = []
        self.due: set[tuple[Flight, int]] = set()
        """Pictures of films that were due when somebody looked, and those that were seen."""
        self.shown: set[tuple[Flight, int]] = set()
        paint, tick, below = SparkOverlay.paintEvent, Flights.tick, Stage.paintEvent

        def paint_stage(stage: Stage, event: QPaintEvent) -> None:
            began = time.thread_time()
            below(stage, event)
            self.stage_ms.append((time.thread_time() - began) * 1000)

        def paint_and_note(overlay: SparkOverlay, event: QPaintEvent) -> None:
            began = time.thread_time()
            paint(overlay, event)
            self.paint_ms.append((time.thread_time() - began) * 1000)
            if self.lit_at is None and any(each.image is not None for each in overlay.flights.seen):
                self.lit_at = time.monotonic()

        def tick_and_note(flights: Flights) -> None:
            began = time.thread_time()
            tick(flights)
            self.tick_ms.append((time.thread_time() - began) * 1000)
            moving = [each for each in flights.seen if each.moves]
            self.due.update((each.flight, each.due) for each in moving)
            self.shown.update((each.flight, each.number) for each in moving)

        SparkOverlay.paintEvent = paint_and_note  # type: ignore[method-assign, assignment]
        Stage.paintEvent = paint_stage  # type: ignore[method-assign, assignment]
        Flights.tick = tick_and_note  # type: ignore[method-assign, assignment]


class Giver(Viewer):
    """Gives sparks to the video in place."""

    def __init__(self, app: App, watch: Watch, overlay: OverlayWatch) -> None:
        super().__init__(app, watch)
        self.overlay, self.told, self.clock = overlay, Told(), Clock()
        self._again: list[Given] = []

    @property
    def tray(self) -> TrayPanel:
        tray = self.page.sparks.tray
        assert isinstance(tray, TrayPanel)
        return tray

    @property
    def films(self) -> FilmStore:
        """What is baked."""
        return self.tray._context.films

    @property
    def flights(self) -> Flights:
        flights = self.page.sparks.flights
        assert flights is not None
        return flights

    async def give(self, turns: int, times: int, sparks: int) -> None:
        """Sit down, and measure one after the other."""
        await self._open()
        await self._nothing_kept()
        large, small = self._by_size()
        sets = {"one": large[:1], "four": [*large, *small]}
        _say("baking")
        await self._bake([*large, *small])
        await self._first_pixels(large[0], times)
        for turn in range(turns):
            _say(f"turn {turn + 1} of {turns}")
            for name, givens in {"plain": [], **sets}.items():
                await self._turn(name, givens)
        await self._many(sparks)

    async def _open(self) -> None:
        await until(lambda: "feed" in self.app.window.tabs, "the feed", seconds=PATIENCE_S)
        page = self.page
        await until(lambda: page.watching.slot is not None and self.slot.ready, "a picture")
        self.app.window.activateWindow()
        page.stage.setFocus()
        page.loudness.toggle()
        page.sparks.now, page.sparks.make_sink = self.clock, NullSink
        page.sparks.toggle()
        await until(lambda: self.tray.grid.sparks, "the catalogue", seconds=BAKING_S)
        self.flights.landed.connect(self._landed)
        for spark in self.tray.grid.sparks:
            count = self.told.catalogue.get(spark.tier, 0)
            self.told.catalogue[spark.tier] = count + 1

    def _by_size(self) -> tuple[list[Given], list[Given]]:
        """Two large and two small ones, of as many ids as there are."""
        given = [self.tray.given(each) for each in self.tray.grid.sparks]
        large = [each for each in given if each.spark.large][-2:]
        small = [each for each in given if not each.spark.large][:2]
        return _two(large), _two(small)

    async def _bake(self, givens: Sequence[Given]) -> None:
        """Have these in memory, by a baker that is as important as all else: nothing is measured here."""
        humble = bakery._command
        await self._let_bakers_go()
        vars(bakery)["_command"] = lambda: [sys.executable, "-P", "-c", EAGER]
        for given in givens:
            await until(partial(self.flights.prepare, given), "a film", seconds=BAKING_S)
        await self._let_bakers_go()
        vars(bakery)["_command"] = humble

    async def _let_bakers_go(self) -> None:
        """What is baked next is by another process."""
        await until(lambda: not self.films._wanted, "the bakers to be idle", seconds=BAKING_S)
        for oven in self.films._ovens.values():
            oven._end()  # type: ignore[attr-defined]

    async def _nothing_kept(self) -> None:
        """The largest one, chosen as soon as it is listed."""
        rare = self.tray.given(self.tray.grid.sparks[-1])
        first, film = await self._until_film(lambda: self.page.sparks.fly(rare))
        self.told.nothing_kept = {"still_s": round(first, 2), "film_s": round(film, 2)}

    async def _first_pixels(self, given: Given, times: int) -> None:
        films, grid, first = self.films, self.tray.grid, self.told.first_ms
        await until(lambda: self.tray.poster(given.spark) is not None, "a thumbnail", seconds=BAKING_S)
        row = next(n for n, each in enumerate(grid.sparks) if each.id == given.spark.id)
        for number in range(times):
            grid.setCurrentIndex(grid.model().index(row, 0))
            first.setdefault("baked", []).append(await self._seen(lambda: _press(grid)))
            for kind in (Kind.FILM, Kind.STILL):
                gone = films._kept.pop(Order(kind, given.spark.sha256, given.seed, given.sender), None)
                films.held -= gone.size if gone is not None else 0
            with films.pictures._lock:  # a picture that goes lets other threads in: one by one
                while films.pictures._kept:
                    films.pictures._kept.popitem()
                films.pictures.held = 0
            first.setdefault("on_disk", []).append(await self._seen(lambda: _press(grid)))
            if number < max(1, times // 5):
                stranger = Given(given.spark, f"Stranger {number}")
                seen, film = await self._until_film(partial(self.flights.fly, stranger))
                self.told.film_s.append(film)
                first.setdefault("unbaked", []).append(seen * 1000)

    async def _seen(self, ask: Callable[[], object]) -> float:
        """Ask; ms until something of it is on the screen. It has flown away after that."""
        await until(lambda: not self.flights.busy, "the air to be clear")
        self.overlay.lit_at, asked = None, time.monotonic()
        ask()
        await until(lambda: self.overlay.lit_at is not None, "a picture", seconds=BAKING_S)
        self.flights.clear()
        return ((self.overlay.lit_at or 0.0) - asked) * 1000

    async def _until_film(self, ask: Callable[[], object]) -> tuple[float, float]:
        """Ask; s until something of it is on the screen, and until it moves."""
        await until(lambda: not self.flights.busy, "the air to be clear")
        self.overlay.lit_at, asked = None, time.monotonic()
        ask()
        await until(lambda: self.overlay.lit_at is not None, "a picture", seconds=BAKING_S)
        await until(lambda: any(each.moves for each in self.flights.seen), "the film", seconds=BAKING_S)
        film = time.monotonic() - asked
        self.flights.clear()
        return (self.overlay.lit_at or 0.0) - asked, film

    async def _turn(self, name: str, givens: Sequence[Given]) -> None:
        await until(lambda: not self.flights.busy, "the air to be clear")
        found = self.told.video.setdefault(name, Played())
        self._again = list(givens)
        for given in givens:
            self.flights.fly(given)
        self.watch.paints.clear()
        self.overlay.paint_ms.clear()
        self.overlay.tick_ms.clear()
        self.overlay.stage_ms.clear()
        self.overlay.due.clear()
        self.overlay.shown.clear()
        pulse = Pulse(found.blocked_ms)
        pulse.start()
        began, worked = time.monotonic(), time.process_time()
        await asyncio.sleep(TURN_S)
        took = time.monotonic() - began
        found.cpu_share.append((time.process_time() - worked) / took)
        found.video_paints.append(len(self.overlay.stage_ms) / took)
        found.overlay_paints.append(len(self.overlay.paint_ms) / took)
        pulse.stop()
        self.judge(self.slot, found)
        self.told.stage_ms.setdefault(name, []).extend(self.overlay.stage_ms)
        if givens:
            self.told.overlay_ms.setdefault(name, []).extend(self.overlay.paint_ms)
            self.told.tick_ms.setdefault(name, []).extend(self.overlay.tick_ms)
            due, shown = self.overlay.due, self.overlay.shown
            self.told.shown_ratio.setdefault(name, []).append(len(due & shown) / max(1, len(due)))
        self._again = []
        self.flights.clear()
        self.told.load.append(os.getloadavg()[0])

    async def _many(self, count: int) -> None:
        """Give so many of all ids, combos among them, on a clock that runs faster."""
        givens, chance = [self.tray.given(each) for each in self.tray.grid.sparks], random.Random(7)
        await self._bake(givens)
        self.clock.run(FASTER)
        while len(self.told.rss) < count:
            given = chance.choice(givens)
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                self.flights.fly(given)
                self.told.rss.append(resident())
                if len(self.told.rss) % 50 == 0:
                    _say(f"spark {len(self.told.rss)} of {count}, {resident() >> 20} MB")
            await until(lambda: len(self.flights.queue.waiting) < WAITING, "room in the air")
        await until(lambda: not self.flights.busy, "the air to be clear")

    def _landed(self, flight: Flight) -> None:
        if flight.given in self._again:
            QTimer.singleShot(0, lambda: self._once_more(flight.given))

    def _once_more(self, given: Given) -> None:
        if given in self._again:
            self.flights.fly(given)


def _two(givens: Sequence[Given]) -> list[Given]:
    """Two of them; where there is but one, by two people."""
    first, last = givens[0], givens[-1]
    return [first, last if last != first else Given(last.spark, "Somebody else")]


def _press(grid: object) -> None:
    QTest.keyClick(grid, Qt.Key.Key_Return)  # type: ignore[call-overload]


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(profile: str, turns: str, times: str, sparks: str) -> None:
    """Give, and tell."""
    bound_memory()  # as the client does at its start
    vars(slots)["SoundOutput"] = Sound
    watch, overlay = Watch(), OverlayWatch()
    qt = QApplication(["studio"])
    collector = Collector()
    told: list[Told] = []

    async def scene(app: App) -> None:
        giver = Giver(app, watch, overlay)
        await giver.give(int(turns), int(times), int(sparks))
        told.append(giver.told)

    play(qt, Path(profile), scene, email=None, size=QSize(1440, 900), reduced_motion=False)
    collector.stop()
    print(json.dumps(asdict(told[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
