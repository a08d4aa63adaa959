"""Reads the catalogue, whole: it is small, and so it is looked through without asking again."""

from __future__ import annotations

import asyncio
from typing import Final

from PySide6.QtCore import QObject, Signal

from server.kit.wire import Page
from server.sparks.rules import SparkState
from server.sparks.schemas import SparkView
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.sparks.state import Catalogue

PATH: Final = "/v1/sparks"
LIMIT: Final = 100
MOST: Final = 1_000
"""Sparks that are read of a state; more are found by the server's own search, which this client has not."""


class Reading(QObject):
    """`arrived`: the catalogue is read; `failed` carries the error, what was known stays."""

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.catalogue = Catalogue()
        self.state = SparkState.PUBLISHED
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
        if self._task is not None:
            self._task.cancel()
        number = self.catalogue.ask()

        def take(sparks: list[SparkView]) -> None:
            if self.catalogue.take(number, sparks):
                self.arrived.emit()

        def fail(error: ApiError) -> None:
            self.failed.emit(error)

        self._task = self._context.tasks.read(self._fetch, take, fail, owner=self)

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
