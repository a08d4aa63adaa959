"""A store, flights and an overlay over a stage, in a loop of Qt's, with ovens and clocks of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.messages import Messages
from studio.offline.changes import Broadcast
from studio.sparks.film_store import FilmStore
from studio.sparks.flights import Flights
from studio.sparks.given import Known
from studio.sparks.mixer import Mixer
from studio.sparks.order import Kind, Order
from studio.sparks.overlay import SparkOverlay
from studio.sparks.queue import Flight
from studio.tasks import Tasks, run
from tests.studio.sparks.ovens import AtOnce, Clock, Oven


class Sky:
    """Everything that a spark needs to fly."""

    def __init__(self, folder: Path, **store: Any) -> None:
        self.clock, self.oven = Clock(), Oven()
        self.contents: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.away = False
        backoff = Backoff(base_s=0.0, cap_s=0.0)
        transport = httpx.MockTransport(self._answer)
        self.api = Api("http://127.0.0.1:9", lambda: "token", transport=transport, backoff=backoff)
        self.tasks = Tasks(Messages(), Broadcast())
        self.folder = folder
        self.store = self.open_store(**store)
        self.poster: QImage | None = None
        self.ducks: list[float] = []
        self.mixer = Mixer(make_sink=lambda: None, now=self.clock, on_duck=self.ducks.append)
        self.bright, self.measured = 0.0, 0
        self.flights = Flights(
            self.store, self.mixer, now=self.clock, poster=lambda _spark: self.poster, behind=self._behind
        )
        self.landed: list[Flight] = []
        self.flights.landed.connect(self.landed.append)
        self.window = QWidget()
        self.window.resize(360, 640)
        self.overlay = SparkOverlay(self.flights, self.window)
        self.overlay.place(QRect(0, 0, 360, 640))

    def open_store(self, **store: Any) -> FilmStore:
        """A store over the same folder, as after a new start."""
        given: dict[str, Any] = {"make_oven": lambda: self.oven, "decoder": AtOnce(), "now": self.clock}
        return FilmStore(self.folder / "films", self.api, self.tasks.spawn, **given | store)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("away")
        spark = next(each for each in self.contents if f"/{each}/" in request.url.path)
        return httpx.Response(200, content=self.contents[spark])

    def knows(self, spark: Known) -> Known:
        """Have the server know a spark; answers it with the hash of what it says."""
        from dataclasses import replace
        from hashlib import sha256

        content = f'{{"name": "{spark.name}"}}'.encode()
        self.contents[str(spark.id)] = content
        return replace(spark, sha256=sha256(content).hexdigest())

    def _behind(self) -> float:
        self.measured += 1
        return self.bright

    async def settle(self) -> None:
        """Wait until nothing is brought any more."""
        while self.store._wanted:
            await asyncio.wait(list(self.store._wanted.values()))
        for _ in range(3):
            await asyncio.sleep(0)

    async def part(self, after_s: float = 0.0) -> None:
        """Have the oven hand over the next pictures of a film after so long, and wait for them."""
        assert self.oven.parts is not None
        here = asyncio.get_running_loop().create_future()

        def heard(order: Order, _why: str = "") -> None:
            if order.kind is Kind.FILM and not here.done():
                here.set_result(None)

        self.clock.at += after_s
        told = (self.store.grew, self.store.came, self.store.failed)
        for signal in told:
            signal.connect(heard)
        self.oven.parts.release()
        await here
        for signal in told:
            signal.disconnect(heard)
        # What was baked before it has come from another thread by another way.
        others = [task for order, task in self.store._wanted.items() if order.kind is not Kind.FILM]
        if others:
            await asyncio.wait(others)

    def turn(self, seconds: float, step: float = 1 / 60) -> None:
        """Let time pass, a frame of the screen at a time."""
        for _ in range(round(seconds / step)):
            self.clock.at += step
            self.flights.tick()

    def lit(self) -> bool:
        """Whether the overlay paints any light outside of its banners."""
        image = QImage(self.window.size(), QImage.Format.Format_RGB32)
        image.fill(QColor("#000000"))
        if self.overlay.isHidden():
            return False
        self.overlay.render(image)
        return QColor(image.pixel(340, 630)).lightness() > 0


Story = Callable[[Sky], Awaitable[None]]


def fly(qapp: QApplication, folder: Path, story: Story, **store: Any) -> Sky:
    """Run a story and close everything after it."""
    at: list[Sky] = []

    async def main() -> int:
        async with asyncio.timeout(30):
            sky = Sky(folder, **store)
            at.append(sky)
            try:
                await story(sky)
            finally:
                await sky.store.close()
                await sky.tasks.close()
                await sky.api.aclose()
                sky.window.deleteLater()
        return 0

    assert run(qapp, main) == 0
    return at[0]
