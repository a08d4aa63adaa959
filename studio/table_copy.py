"""Many rows of a table on the clipboard, made into text beside the Qt thread, with a way to stop it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.messages import Level
from studio.tab import Context
from studio.tasks import off_thread
from studio.widgets import clipboard
from studio.widgets.progress_row import ProgressRow
from studio.widgets.table import Column, separated
from studio.widgets.table_view import TableView

CHUNK: Final = 1_000
"""Rows formatted in one go: some 20 ms of a worker thread, so that the screen gets its turn between."""
PATIENCE_S: Final = 1.0
"""What is done within this time is not worth a line of its own on the screen."""


class TableCopy(QWidget):
    """Stands in the page of its table and is seen only while something takes long. The last copy counts."""

    def __init__(self, context: Context, table: TableView, *, nouns: tuple[str, str]) -> None:
        """`nouns` call one row, and several."""
        super().__init__()
        self._context, self._table, self._nouns = context, table, nouns
        self._copying: asyncio.Task[None] | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        table.copy_wanted.connect(self.copy)
        self.hide()

    @property
    def copying(self) -> bool:
        """True while a text is being made."""
        return self._copying is not None and not self._copying.done()

    def copy(self, rows: Sequence[Any]) -> None:
        """Put `rows` on the clipboard as tab-separated text, with the columns on screen."""
        work = self._copy(rows, self._table.shown_columns(), time.monotonic())
        self._copying = self._context.tasks.spawn(work, self)
        clipboard.begin(self._copying.cancel)

    def stop(self) -> None:
        """Leave the clipboard as it is."""
        if self._copying is not None:
            self._copying.cancel()

    async def _copy(self, rows: Sequence[Any], columns: Sequence[Column[Any]], began: float) -> None:
        row: ProgressRow | None = None
        made = [separated(columns, (), "\t", titles=True)]
        count = 0
        try:
            async for chunk in chunks(rows):
                made.append(await off_thread(separated, columns, chunk, "\t"))
                count += len(chunk)
                if row is None and time.monotonic() - began >= PATIENCE_S:
                    row = self.add_row(f"Copying {self.count(len(rows))}")
                    row.cancelled.connect(self.stop)
                if row is not None:
                    row.set_progress(count / len(rows), f"{count:,} of {self.count(len(rows))}")
            QGuiApplication.clipboard().setText(await off_thread("".join, made))
            self._context.messages.notify(Level.SUCCESS, f"{self.count(count)} copied")
        finally:
            self.drop_row(row)

    def add_row(self, title: str) -> ProgressRow:
        """Show that something takes long."""
        row = ProgressRow(title)
        self._layout.addWidget(row)
        self.show()
        return row

    def drop_row(self, row: ProgressRow | None) -> None:
        """Take away what was shown of a task that has ended."""
        if row is not None:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
            self.setVisible(self._layout.count() > 0)

    def count(self, rows: int) -> str:
        """So many rows, in words."""
        return f"{rows:,} {self._nouns[rows != 1]}"


async def chunks(rows: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
    """Return `rows` in pieces that are worth a turn of a worker thread."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
