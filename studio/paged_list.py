"""A keyset list of the server in a table: pages come as one scrolls, failures say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.kit.wire import Page
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.tab import Context
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.label import ElidedLabel
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

PAGE: Final = 100
MOST_REREAD: Final = 1_000
"""A refresh reads again what was scrolled through, but never more than this."""

Row = TypeVar("Row", bound=BaseModel)
Params = Mapping[str, str | int]


class Pages(Generic[Row]):
    """One walk through a keyset list. `more` is False once the last page is here."""

    def __init__(self, api: Api, path: str, row: type[Row], params: Params) -> None:
        self._api, self._path, self._params = api, path, params
        self._page: type[Page[Row]] = Page[row]  # type: ignore[valid-type]
        self._cursor: str | None = None
        self.more = True

    async def next(self) -> list[Row]:
        """Fetch the next page. Raises ApiError, after which the same page can be asked for again."""
        params = {**self._params, "limit": PAGE}
        if self._cursor is not None:
            params["cursor"] = self._cursor
        page = (await self._api.get(self._path, params=params)).model(self._page)
        self._cursor = page.next_cursor
        self.more = page.next_cursor is not None
        return page.items


class PagedList(QWidget):
    """Shows `path` in `table`. Rows that are here stay when a later page or a refresh fails.

    `arrived` carries rows that were just read; `emptied` asks the owner to say why there are none, with
    `states.empty`; `filled` tells after each reading whether there are rows.
    """

    arrived = Signal(list)
    emptied = Signal()
    filled = Signal(bool)

    def __init__(
        self,
        context: Context,
        table: TableView,
        model: RowModel[Any],
        *,
        path: str,
        row: type[BaseModel],
        nouns: tuple[str, str],
        kept: str = "Your filter is kept.",
    ) -> None:
        """`nouns` call one row, and several of them; `kept` is said when none could be read."""
        super().__init__()
        self._context, self._model, self._table = context, model, table
        self._path, self._row, self._nouns = path, row, nouns
        self._kept = kept
        self._params: Params = {}
        self._pages: Pages[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._retry: Callable[[], object] = self.reload
        card = Card()
        card.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
        card.body.setSpacing(0)
        card.body.addWidget(table, 1)
        card.body.addWidget(self._foot())
        self.states = StateStack(card)
        self.states.retried.connect(self.reload)
        model.counted.connect(lambda: self._recount())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.states)
        bar = table.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._scrolled)

    def _foot(self) -> QWidget:
        worn = style.tokens()
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(worn.space_3, worn.space_1, worn.space_2, worn.space_1)
        self._words = ElidedLabel("", "caption")
        self._again = Button("Try again", kind="link")
        self._again.clicked.connect(lambda: self._retry())
        self._again.hide()
        row.addWidget(self._words, 1)
        row.addWidget(self._again)
        foot.setMinimumHeight(30)
        return foot

    @property
    def count(self) -> int:
        """Rows read so far."""
        return self._model.rowCount()

    @property
    def complete(self) -> bool:
        """True when there is no further page."""
        return self._pages is not None and not self._pages.more

    def turn_to(self, path: str) -> None:
        """Read from another path from now on, rows of the same kind; `load` shows them."""
        self._path = path

    def load(self, params: Params) -> None:
        """Show another selection from its beginning; `params` are the query of `path`."""
        self._params = dict(params)
        self._table.scrollToTop()
        self._begin(PAGE)

    async def whole(self) -> AsyncIterator[Sequence[Any]]:
        """Read the whole selection, page by page, whatever of it is shown. Raises ApiError."""
        pages: Pages[Any] = Pages(self._context.api, self._path, self._row, self._params)
        while pages.more:
            yield await pages.next()

    def reload(self) -> None:
        """Read again what is shown; until then it stays, with the keys that it may have."""
        self._begin(min(max(self.count, PAGE), MOST_REREAD), again=True)

    def _begin(self, wanted: int, *, again: bool = False) -> None:
        pages: Pages[Any] = Pages(self._context.api, self._path, self._row, self._params)

        async def fetch() -> list[Any]:
            rows = await pages.next()
            while pages.more and len(rows) < wanted:
                rows += await pages.next()
            return rows

        def show(rows: list[Any]) -> None:
            self._pages = pages
            self._model.set_rows(rows)
            self._came(rows)

        self._run(fetch, show, self._failed)
        if not again or not self.count:
            self.states.loading()

    def _more(self) -> None:
        pages = self._pages
        if pages is None or not pages.more or self.busy or not self._again.isHidden():
            return

        def show(rows: list[Any]) -> None:
            self._model.upsert(rows)
            self._model.flush()
            self._came(rows)

        self._words.setText(f"{self._said()} · reading more…")
        self._run(pages.next, show, self._failed_more)

    @property
    def busy(self) -> bool:
        """True while a page is on its way."""
        return self._task is not None and not self._task.done()

    def _run(self, fetch: Any, show: Any, failed: Callable[[ApiError], object]) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._context.tasks.read(fetch, show, failed, owner=self)

    def _came(self, rows: list[Any]) -> None:
        self._again.hide()
        self._words.set_tone("caption")
        self._words.setText(self._said())
        if self.count:
            self.states.content()
        else:
            self.emptied.emit()
        self.arrived.emit(rows)
        self.filled.emit(self.count > 0)

    def _said(self) -> str:
        end = "all" if self.complete else "scroll for more"
        return f"{self._counted()} · {end}"

    def _recount(self) -> None:
        """Rows may go without a reading: one was deleted here."""
        if self._pages is not None and not self.busy and self._again.isHidden():
            self._words.setText(self._said())

    def _counted(self) -> str:
        return f"{self.count:,} {self._nouns[self.count != 1]}"

    def _failed(self, error: ApiError) -> None:
        if not self.count:
            problem = Problem(
                what_happened=error.what_happened, what_was_kept=self._kept, what_to_do=error.what_to_do
            )
            self.states.failed(problem)
        else:
            self.states.content()
            self._warn(f"Not refreshed: {error.what_happened}", self.reload)
        self.filled.emit(self.count > 0)

    def _failed_more(self, error: ApiError) -> None:
        def again() -> None:
            self._again.hide()
            self._task = None
            self._more()

        self._warn(f"{self._counted()} · the next ones did not come: {error.what_happened}", again)

    def _warn(self, words: str, retry: Callable[[], object]) -> None:
        self._words.set_tone("warning")
        self._words.setText(words)
        self._retry = retry
        self._again.show()

    def _scrolled(self) -> None:
        bar = self._table.verticalScrollBar()
        if bar.value() >= bar.maximum() - bar.pageStep():
            self._more()
