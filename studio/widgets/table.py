"""Rows and an index view over them: filter and sort 100,000 rows without a proxy model.

A `QSortFilterProxyModel` over Python data takes seconds for what numpy does in milliseconds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPixmap

from studio.widgets.label import tooltip
from studio.widgets.row_filter import RowFilter
from studio.widgets.sort_order import Order

Row = TypeVar("Row")
Align = Literal["left", "right", "center"]
COALESCE_MS: Final = 50
MOST_GAPS: Final = 1_000
SLICE: Final = 2_000
"""So many rows are made ready for a search or an order at a time, which takes 2 ms."""

_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGN: Final = int(Qt.ItemDataRole.TextAlignmentRole)
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,\u00a0 ]*")
_SERVED: Final = frozenset({_DISPLAY, _TOOLTIP, _ALIGN})
_FLAGS: Final[dict[Align, Qt.AlignmentFlag]] = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "right": Qt.AlignmentFlag.AlignRight,
    "center": Qt.AlignmentFlag.AlignHCenter,
}


class ChipLook(NamedTuple):
    """The tone and icon of a cell that is painted as a chip.

    `text` is painted where that of the cell is too long for its place; with "" the icon stands alone, and
    the tooltip has to say what it means.
    """

    tone: str
    icon: str = ""
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Row]):
    """One column. `key` gives what to sort by: all numbers, or all strings; None is not sortable.

    `width` is what it needs, in px; `stretch` is its share of what the table has left over. A `live`
    column shows the passing of time: its text is never kept. `icon` names a picture before the text, and
    `picture` gives a still there, None while there is none. With
    `below` a column starts hidden, and as long as it is, its text stands under that of the column so named.
    `tip` says over the title what the column means.
    """

    id: str
    title: str
    width: int
    text: Callable[[Row], str]
    key: Callable[[Row], float | str] | None = None
    align: Align = "left"
    tooltip: Callable[[Row], str] | None = None
    chip: Callable[[Row], ChipLook | None] | None = None
    live: bool = False
    icon: Callable[[Row], str] | None = None
    picture: Callable[[Row], QPixmap | None] | None = None
    tone: str = "text"
    stretch: int = 0
    below: str = ""
    tip: str = ""


class RowModel(QAbstractTableModel, Generic[Row]):
    """Holds rows by id; shows those that pass the filter, in the order of one column.

    `search` returns the text in which the typed filter is looked for; it is folded to lower case.
    """

    counted = Signal(int, int)
    """Rows shown and rows held, after either changed."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        row_id: Callable[[Row], Hashable],
        search: Callable[[Row], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._row_id = row_id
        self._rows: list[Row] = []
        self._place: dict[Hashable, int] = {}
        self._gone: set[int] = set()
        self._texts: list[dict[int, str]] = [{} for _ in self.columns]
        self._orders = {
            number: Order(column.key) for number, column in enumerate(self.columns) if column.key is not None
        }
        self._filter = RowFilter(search)
        self._view: NDArray[np.intp] = np.arange(0)
        self._sorted: tuple[int, bool] | None = None
        self._touched: set[int] = set()
        self._stale = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self.flush)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._prepare)

    # What is held

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Replace all rows. Of two rows with one id the later stays."""
        unique = {self._row_id(row): row for row in rows}
        self.beginResetModel()  # before anything moves: the view notes ids by their present places
        self._rows = list(unique.values())
        self._place = {name: place for place, name in enumerate(unique)}
        self._forget()
        self._end_reset()

    def upsert(self, rows: Iterable[Row]) -> None:
        """Add or replace rows by id. The view hears of it once in `COALESCE_MS`."""
        for row in rows:
            name = self._row_id(row)
            place = self._place.get(name)
            if place is None:
                self._place[name] = place = len(self._rows)
                self._rows.append(row)
                self._stale |= self._filter.put(place, row) or self._all_pass()
            else:
                self._rows[place] = row
                self._stale |= self._filter.put(place, row)
                for texts in self._texts:
                    texts.pop(place, None)
            self._touched.add(place)
            for number, order in self._orders.items():
                moved = order.put(place, row)
                self._stale |= moved and self._sorted is not None and self._sorted[0] == number
        self._later()

    def _all_pass(self) -> bool:
        return self._filter.mask(self._rows) is None

    def remove(self, ids: Iterable[Hashable]) -> None:
        """Drop rows by id; unknown ids are ignored.

        The rows keep their places until many are gone, so that keys and orders stay valid.
        """
        for name in ids:
            place = self._place.pop(name, None)
            if place is not None:
                self._gone.add(place)
                self._stale = True
        self._later()

    def _close_gaps(self) -> None:
        kept = [place for place in range(len(self._rows)) if place not in self._gone]
        self._rows = [self._rows[place] for place in kept]
        self._place = {self._row_id(row): place for place, row in enumerate(self._rows)}
        self._forget()

    def _forget(self) -> None:
        self._gone.clear()
        self._filter.clear()
        for texts in self._texts:
            texts.clear()
        for order in self._orders.values():
            order.clear()
        self._touched.clear()
        self._stale = False
        self._idle.start()

    def _prepare(self) -> None:
        """Whoever searches or sorts does not wait for what could be read while nobody did anything."""
        if self._filter.prepare(self._rows, SLICE) or any(
            order.prepare(self._rows, SLICE) for order in self._orders.values()
        ):
            self._idle.start()

    # What is shown

    def set_filter(self, text: str, *checks: Callable[[Row], bool]) -> None:
        """Show rows that hold every word of `text` and pass every check; the quickest or strictest first."""
        self._filter.set(text, checks)
        self._rebuild()

    def sort_by(self, column: str | None, *, descending: bool = False) -> None:
        """Order by a column id, or as the rows came; raises KeyError when it cannot be sorted by."""
        if column is None:
            self._sorted = None
        else:
            number = self.column_number(column)
            if number not in self._orders:
                raise KeyError(column)
            self._sorted = (number, descending)
        self._rebuild()

    @property
    def sorted_by(self) -> tuple[str, bool] | None:
        """The column id and whether it descends."""
        return (self.columns[self._sorted[0]].id, self._sorted[1]) if self._sorted else None

    def flush(self) -> None:
        """Tell the view now what changed since it last heard."""
        self._timer.stop()
        if self._stale:
            self._rebuild()
        elif self._touched:
            shown = np.flatnonzero(np.isin(self._view, list(self._touched)))
            self._touched.clear()
            if shown.size:
                last = len(self.columns) - 1
                self.dataChanged.emit(self.index(int(shown[0]), 0), self.index(int(shown[-1]), last))

    def _later(self) -> None:
        if (self._stale or self._touched) and not self._timer.isActive():
            self._timer.start()

    def _rebuild(self) -> None:
        self.beginResetModel()
        if len(self._gone) > max(MOST_GAPS, len(self._place)):
            self._close_gaps()
        self._end_reset()

    def _end_reset(self) -> None:
        self._view = self._passing()
        self._touched.clear()
        self._stale = False
        self.endResetModel()
        self.counted.emit(len(self._view), len(self._place))

    def _passing(self) -> NDArray[np.intp]:
        if self._sorted is None:
            order: NDArray[np.intp] = np.arange(len(self._rows))
        else:
            number, descending = self._sorted
            order = self._orders[number].of(self._rows)
            order = order[::-1] if descending else order
        mask = self._filter.mask(self._rows)
        if mask is not None:
            order = order[mask[order]]
        if self._gone:
            held = np.ones(len(self._rows), dtype=np.bool_)
            held[list(self._gone)] = False
            order = order[held[order]]
        return order

    # Rows by number, id and column

    def row(self, number: int) -> Row:
        """Return the row shown at `number`; raises IndexError."""
        return self._rows[int(self._view[number])]

    def at(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows shown at `numbers`; raises IndexError."""
        rows = self._rows
        return [rows[place] for place in self._view[numbers].tolist()]

    def id_at(self, number: int) -> Hashable:
        """Return the id of the row shown at `number`; raises IndexError."""
        return self._row_id(self.row(number))

    def ids_at(self, numbers: Sequence[int]) -> list[Hashable]:
        """Return the ids of the rows shown at `numbers`; raises IndexError."""
        return [self._row_id(row) for row in self.at(numbers)]

    def numbers(self, ids: Iterable[Hashable]) -> dict[Hashable, int]:
        """Return where each of `ids` is shown; those that are not shown are left out."""
        places = {name: self._place[name] for name in ids if name in self._place}
        if not places:
            return {}
        numbers = np.full(len(self._rows), -1)
        numbers[self._view] = np.arange(len(self._view))
        found = {name: int(numbers[place]) for name, place in places.items()}
        return {name: number for name, number in found.items() if number >= 0}

    def get(self, name: Hashable) -> Row | None:
        """Return the row with this id, shown or not."""
        place = self._place.get(name)
        return None if place is None else self._rows[place]

    def column_number(self, column: str) -> int:
        """Return the place of a column id; raises KeyError."""
        for number, each in enumerate(self.columns):
            if each.id == column:
                return number
        raise KeyError(column)

    def cell(self, number: int, column: int) -> str:
        """Return the text of one cell, made when it is first asked for."""
        place = int(self._view[number])
        kept = self._texts[column]
        text = kept.get(place)
        if text is None:
            text = self.columns[column].text(self._rows[place])
            if not self.columns[column].live:
                kept[place] = text
        return text

    # What Qt asks

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._view)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = _DISPLAY) -> Any:
        if role not in _SERVED or not index.isValid():
            return None
        if role == _DISPLAY:
            return self.cell(index.row(), index.column())
        column = self.columns[index.column()]
        if role == _ALIGN:
            return _FLAGS[column.align] | Qt.AlignmentFlag.AlignVCenter
        made = column.tooltip(self.row(index.row())) if column.tooltip else ""
        return tooltip(made) or None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if role not in _SERVED or orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ALIGN:
            return _FLAGS[self.columns[section].align] | Qt.AlignmentFlag.AlignVCenter
        if role == _TOOLTIP:
            return tooltip(self.columns[section].tip) or None
        return self.columns[section].title

    def shown(self) -> list[Row]:
        """Return the rows that pass the filter, in their order."""
        rows = self._rows
        return [rows[place] for place in self._view.tolist()]


def separated(
    columns: Sequence[Column[Any]], rows: Iterable[Any], separator: str, *, titles: bool = False
) -> str:
    """Return `rows` as separated text, on request below a line of titles. May run on any thread.

    A cell that a spreadsheet would run as a formula is given a leading apostrophe: what is in these
    tables was typed by strangers.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    if titles:
        writer.writerow([column.title for column in columns])
    texts = [column.text for column in columns]
    for row in rows:
        writer.writerow([harmless(text(row)) for text in texts])
    return out.getvalue()


def harmless(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula (OWASP, CSV injection).

    A plain number keeps its sign: a negative amount must stay one.
    """
    flat = cell.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    formula = flat.lstrip().startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(flat)
    return f"'{flat}" if formula else flat
