"""Reads a list of the server page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel
from PySide6.QtCore import QObject

from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.tab import Context

Row = TypeVar("Row", bound=BaseModel)


class PageReader(Generic[Row]):
    """`page` is the type of an answer, such as `Page[VideoView]`. None comes once `owner` is gone."""

    def __init__(
        self, context: Context, owner: QObject, path: str, page: type[Page[Row]], *, limit: int
    ) -> None:
        self._context, self._owner = context, owner
        self._path, self._page, self._limit = path, page, limit
        self._asked: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked is not None and not self._asked.done()

    def ask(
        self, cursor: str | None, take: Callable[[Page[Row]], object], failed: Callable[[ApiError], object]
    ) -> None:
        """Read the page at `cursor` (None: the first). What was asked before is answered no more."""
        params: dict[str, str | int] = {"limit": self._limit}
        if cursor is not None:
            params["cursor"] = cursor

        async def fetch() -> Page[Row]:
            return (await self._context.api.get(self._path, params=params)).model(self._page)

        def took(page: Page[Row]) -> None:
            self._asked = None  # taking it may ask for more
            take(page)

        if self._asked is not None:
            self._asked.cancel()
        self._asked = self._context.tasks.read(fetch, took, failed, owner=self._owner)
