"""Reads the catalogue, whole: it is small, so it is looked through without asking again, and kept."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, Signal

from server.kit.wire import Page
from server.sparks.rules import SparkState
from server.sparks.schemas import SparkView
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.sparks.kept import CatalogueCopy
from studio.tabs.sparks.state import Catalogue, known
from studio.widgets.time_label import exact

PATH: Final = "/v1/sparks"
LIMIT: Final = 100
MOST: Final = 1_000
"""Sparks that are read of a state; more are found by the server's own search, which this client has not."""


class Reading(QObject):
    """`arrived`: the catalogue is read, as of `as_of`; `failed` carries the error, what was known stays.

    What is published is shown as it was last, until the server has answered.
    """

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.catalogue = Catalogue()
        self.state = SparkState.PUBLISHED
        self.as_of: datetime | None = None
        """When the server said what is shown."""
        self._copy = CatalogueCopy(context)
        self._task: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return self._task is None or self._task.done()

    def read(self, state: SparkState | None = None) -> None:
        """Read all of one state; of two readings the later one counts."""
        if state is not None and state is not self.state:
            self.state = state
            self.catalogue.forget()
            self.as_of = None
        if self._task is not None:
            self._task.cancel()
        number = self.catalogue.ask()

        def take(sparks: list[SparkView]) -> None:
            if self.catalogue.take(number, sparks):
                self.as_of = self._context.ticker.now()
                if self.state is SparkState.PUBLISHED:
                    self._keep(sparks, self.as_of)
                self.arrived.emit()

        def fail(error: ApiError) -> None:
            self.failed.emit(error)

        async def fetch() -> list[SparkView]:
            if not self.catalogue.read and self.state is SparkState.PUBLISHED:
                await self._recall(number)
            return await self._fetch()

        self._task = self._context.tasks.read(fetch, take, fail, owner=self)

    def old(self, why: str) -> str:
        """What is said above a catalogue that is not refreshed, and why it is not."""
        as_of = f" This is the catalogue as of {exact(self.as_of)}." if self.as_of is not None else ""
        return f"Not refreshed. {why}{as_of}"

    async def _recall(self, number: int) -> None:
        kept = await self._copy.load()
        if kept is not None and self.catalogue.take(number, kept.sparks):
            self.as_of = kept.as_of
            self.arrived.emit()

    def _keep(self, sparks: list[SparkView], as_of: datetime) -> None:
        self._copy.keep(sparks, as_of)
        self._context.tasks.spawn(self._context.films.keep_contents([known(each) for each in sparks]), self)

    async def _fetch(self) -> list[SparkView]:
        found: list[SparkView] = []
        params: dict[str, str | int] = {"state": self.state.value, "limit": LIMIT}
        while len(found) < MOST:
            page = (await self._context.api.get(PATH, params=params)).model(Page[SparkView])
            found += page.items
            if page.next_cursor is None:
                break
            params = {**params, "cursor": page.next_cursor}
        return found
