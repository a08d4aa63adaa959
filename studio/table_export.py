"""What a table shows as a CSV file, written beside the Qt thread: with progress, and a way to stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from studio.api.errors import ApiError
from studio.messages import Action, Level
from studio.tab import Context
from studio.table_copy import TableCopy, chunks
from studio.tasks import off_thread
from studio.whole_file import WholeFile
from studio.widgets.progress_row import ProgressRow
from studio.widgets.table import Column, separated
from studio.widgets.table_view import TableView

MARK: Final = "\ufeff"
"""At the start of a file it makes spreadsheets read UTF-8."""

Source = Callable[[], AsyncIterator[Sequence[Any]]]


class TableExport(TableCopy):
    """Writes files besides. One export at a time."""

    def __init__(
        self,
        context: Context,
        table: TableView,
        *,
        nouns: tuple[str, str],
        source: Source | None = None,
    ) -> None:
        """`source` gives rows that are not all in the table."""
        super().__init__(context, table, nouns=nouns)
        self._source = source
        self._task: asyncio.Task[None] | None = None
        table.export_wanted.connect(self.ask)

    @property
    def running(self) -> bool:
        """True while a file is being written."""
        return self._task is not None and not self._task.done()

    def ask(self) -> None:
        """Ask for a file, and write it."""
        name = self._table.accessibleName()
        dialog = QFileDialog(self.window(), f"Export “{name}” as CSV", f"{_stem(name)}.csv", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda file: self.export(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, file: Path) -> None:
        """Write every row that passes the filter to `file`, in the order and with the columns on screen."""
        if self.running:
            self._context.messages.notify(Level.INFO, "An export is under way.")
            return
        row = self.add_row(f"Exporting to {file.name}")
        columns = self._table.shown_columns()
        if self._source is None:
            held = self._table.rows.shown()
            work = self._write(file, columns, chunks(held), len(held), row)
        else:
            work = self._write(file, columns, self._source(), None, row)
        self._task = self._context.tasks.spawn(work, self)
        row.cancelled.connect(self._task.cancel)

    async def _write(
        self,
        file: Path,
        columns: Sequence[Column[Any]],
        chunks: AsyncIterator[Sequence[Any]],
        whole: int | None,
        row: ProgressRow,
    ) -> None:
        notify = self._context.messages.notify
        refused = f"“{self._table.accessibleName()}” was not exported."
        try:
            count = await _to_file(file, columns, chunks, lambda done: self._tell(row, done, whole))
        except ApiError as error:
            notify(Level.ERROR, refused, f"{error.what_happened} {error.what_to_do}")
        except OSError as error:
            notify(Level.ERROR, refused, error.strerror or "The file cannot be written.")
        else:
            notify(Level.SUCCESS, f"{self.count(count)} exported", file.name, action=show_in_folder(file))
        finally:
            self.drop_row(row)

    def _tell(self, row: ProgressRow, done: int, whole: int | None) -> None:
        if whole:
            row.set_progress(done / whole, f"{done:,} of {self.count(whole)}")
        else:
            row.set_progress(None, self.count(done))


def show_in_folder(file: Path) -> Action:
    """What a notice of a written file offers."""
    return Action("Show in folder", partial(open_folder, file.parent))


def open_folder(folder: Path) -> None:
    """Show a folder as the desktop does."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


async def _to_file(
    file: Path,
    columns: Sequence[Column[Any]],
    chunks: AsyncIterator[Sequence[Any]],
    progress: Callable[[int], object],
) -> int:
    """Write `chunks` to `file` and answer how many rows; whole or not at all."""
    count = 0
    part = await off_thread(WholeFile, file)
    try:
        head = MARK + separated(columns, (), ",", titles=True)
        await off_thread(part.write, head.encode())
        async for chunk in chunks:
            await off_thread(_put, part, columns, chunk)
            count += len(chunk)
            progress(count)
        await off_thread(part.finish)
    finally:
        await off_thread(part.drop)
    return count


def _put(part: WholeFile, columns: Sequence[Column[Any]], rows: Sequence[Any]) -> None:
    part.write(separated(columns, rows, ",").encode())


def _stem(name: str) -> str:
    return "-".join(name.lower().split())
