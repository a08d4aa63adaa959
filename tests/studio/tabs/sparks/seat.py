"""Somebody before the tab of sparks."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QApplication

from studio.tabs.sparks.page import SparksPage
from studio.tabs.sparks.tab import SparksTab
from tests.studio.sparks.ovens import Clock, Oven
from tests.studio.tabs.office import Office, until
from tests.studio.tabs.sparks.catalogue import SparkWorld


class Seat:
    """Somebody before the tab."""

    def __init__(self, qapp: QApplication, desk: Office, world: SparkWorld, oven: Oven) -> None:
        self.desk, self.world, self.oven, self.clock = desk, world, oven, Clock()
        self.qapp = qapp
        self.throws = iter(range(100, 200))
        self.tab = SparksTab(
            desk.context, throw=lambda: next(self.throws), now=self.clock, make_sink=lambda: None
        )

    @property
    def page(self) -> SparksPage:
        return self.tab.page

    async def sit_down(self) -> None:
        await self.desk.show(self.tab, 1240, 800)

    async def film(self) -> None:
        await until(lambda: self.page.preview.film is not None)

    async def sketch(self) -> None:
        """Sit down and throw the dice: of 30 pictures 12 are drawn, the rest is still to come."""
        await self.sit_down()
        await self.film()
        self.oven.parts = threading.Semaphore(0)
        self.page.preview.roll()
        self.oven.parts.release(2)
        await self.film()

    def draw_all(self) -> None:
        """Let all that is still to come be drawn and baked."""
        assert self.oven.parts is not None
        self.oven.parts.release(20)

    async def look(self, name: str) -> None:
        row = next(n for n, each in enumerate(self.page.grid.sparks) if each.name == name)
        self.page.grid.setCurrentIndex(self.page.grid.model().index(row, 0))
        await self.desk.settle()


Story = Callable[[Seat], Awaitable[None]]
Sit = Callable[..., SparkWorld]
