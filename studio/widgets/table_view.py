"""The table every list of the client uses: fixed rows, keyboard, copy, export, remembered columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from studio.key_binding import bind
from studio.keys import Keymap
from studio.theme import style
from studio.theme.icons import icon
from studio.widgets import clipboard
from studio.widgets.cell_delegate import CellDelegate
from studio.widgets.table import Column, RowModel, separated

Index = QModelIndex | QPersistentModelIndex
COMPACT: Final = 30
DOUBLE: Final = 48
"""The heights of a row in px that is kept low, and of one with two lines."""
COPIED_HERE: Final = 500
"""As many rows are made into text in some 10 ms."""


class TableView(QTableView):
    """Shows a `RowModel`. Selection, current row and place in the list survive every new view."""

    opened = Signal(object)
    """The id of the row that was double-clicked or on which Enter was pressed."""
    current = Signal(object)
    """The id of the row that the keyboard is on, or None."""
    ordered = Signal()
    """The rows stand in another order: see `order_title`."""
    copy_wanted = Signal(object)
    """These rows are to be copied, too many to do it on the Qt thread: whoever owns the table knows how."""
    export_wanted = Signal()
    """The person asked for a file: whoever owns the table knows where files go."""

    menu_filling = Signal(object)
    """The menu of the table is being made: whoever owns the table adds what its rows can do."""

    def __init__(
        self, model: RowModel[Any], name: str, keymap: Keymap, parent: QWidget | None = None
    ) -> None:
        """`name` is what a screen reader calls the table."""
        super().__init__(parent)
        self._rows = model
        self._remembered: tuple[list[Hashable], Hashable | None, Hashable | None] = ([], None, None)
        self._told: Hashable | None = None
        self._chosen: dict[int, int] = {}
        self._fitting = False
        self._compact = False
        self.setAccessibleName(name)
        self._delegate = CellDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(24)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsMovable(True)
        head.setStretchLastSection(not any(column.stretch for column in model.columns))
        head.setSortIndicatorShown(True)
        head.setSortIndicatorClearable(True)
        head.setAccessibleName(f"{name}: columns")
        head.sectionClicked.connect(self._sort_clicked)
        self.setModel(model)
        # One of its own that stays empty: to paint a title Qt asks every row whether it is selected.
        head.setSelectionModel(QItemSelectionModel(model, head))
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._recall)
        self.activated.connect(lambda index: self.opened.emit(model.id_at(index.row())))
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width)
            if column.below:
                super().setColumnHidden(number, True)
        self._stack_lines()
        head.sectionResized.connect(self._resized)
        self._actions = bind(
            keymap, self, "table", {"table.copy": self.copy, "table.export": self.export_wanted.emit}
        )
        self._show_sort()

    # Selection by id

    def current_id(self) -> Hashable | None:
        """Return the id of the row the keyboard is on."""
        index = self.currentIndex()
        return self._rows.id_at(index.row()) if index.isValid() else None

    def selected_ids(self) -> list[Hashable]:
        """Return the ids of the selected rows, from the top."""
        return self._rows.ids_at(self._selected())

    def select(self, ids: Sequence[Hashable], current: Hashable | None = None) -> None:
        """Select rows by id and go to `current`, or to the first of them that is shown."""
        where = self._rows.numbers([*ids, current] if current is not None else ids)
        last = len(self._rows.columns) - 1
        chosen = QItemSelection()
        for top, bottom in _runs(sorted({where[name] for name in ids if name in where})):
            chosen.select(self._rows.index(top, 0), self._rows.index(bottom, last))
        goal = where.get(current, min(where.values(), default=-1))
        if goal >= 0:
            stay = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._rows.index(goal, 0), stay)
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def enter(self) -> None:
        """Take the keyboard to the first row, if there is one."""
        self._rows.flush()
        if self._rows.rowCount():
            self.setFocus()
            self.selectRow(0)

    def _selected(self) -> list[int]:
        ranges: Any = self.selectionModel().selection()
        return sorted({n for each in ranges for n in range(each.top(), each.bottom() + 1)})

    def _remember(self) -> None:
        top = self.rowAt(0)
        first = self._rows.id_at(top) if top > 0 else None
        self._remembered = (self.selected_ids(), self.current_id(), first)

    def _recall(self) -> None:
        selected, current, first = self._remembered
        if selected or current is not None:
            self.select(selected, current)
        where = self._rows.numbers([first]) if first is not None else {}
        if first in where:
            self.scrollTo(self._rows.index(where[first], 0), QAbstractItemView.ScrollHint.PositionAtTop)
        self._tell_current()

    def currentChanged(self, now: Index, before: Index) -> None:
        super().currentChanged(now, before)
        self._tell_current()

    def _tell_current(self) -> None:
        """Tell only what is news: a new view with the same current row is none."""
        now = self.current_id()
        if now != self._told:
            self._told = now
            self.current.emit(now)

    # Columns

    def _resized(self, number: int, before: int, width: int) -> None:
        """A width that was not given by `_fit` was chosen by the person, and stays.

        From or to 0 is a column that is hidden or shown: `setColumnHidden` fits when Qt is done with it.
        """
        if self._fitting or not before or not width:
            return
        head = self.horizontalHeader()
        filler = head.stretchLastSection() and head.visualIndex(number) == head.count() - 1
        if not filler:
            self._chosen[number] = width
        self._fit()

    def _fit(self) -> None:
        """Hand out what is left over among the columns that stretch."""
        columns = self._rows.columns
        widths = {
            n: self._chosen.get(n, column.width)
            for n, column in enumerate(columns)
            if not self.isColumnHidden(n)
        }
        shares = {n: columns[n].stretch for n in widths if n not in self._chosen and columns[n].stretch}
        spare = max(0, self.viewport().width() - sum(widths.values()))
        whole = sum(shares.values())
        for number, share in shares.items():
            given = spare * share // whole
            widths[number] += given
            spare, whole = spare - given, whole - share
        self._fitting = True
        for number, width in widths.items():
            self.setColumnWidth(number, width)
        self._fitting = False

    def setColumnHidden(self, column: int, hide: bool) -> None:
        super().setColumnHidden(column, hide)
        self._stack_lines()
        self._fit()

    def set_compact(self, on: bool) -> None:
        """Show as many rows as can be read: what stood in a second line follows on the first."""
        self._compact = on
        self._stack_lines()

    def _stack_lines(self) -> None:
        """Put hidden columns under those they name, and give the rows their height."""
        columns = self._rows.columns
        under = {
            self._rows.column_number(column.below): number
            for number, column in enumerate(columns)
            if column.below and self.isColumnHidden(number)
        }
        self._delegate.below = under
        roomy = DOUBLE if under else style.tokens().row_height
        self.verticalHeader().setDefaultSectionSize(COMPACT if self._compact else roomy)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def save_columns(self) -> dict[str, Any]:
        """Return chosen widths, order, hidden columns and sort order, ready for the settings file."""
        head, columns = self.horizontalHeader(), self._rows.columns
        return {
            "widths": {columns[n].id: width for n, width in self._chosen.items()},
            "order": [columns[head.logicalIndex(place)].id for place in range(len(columns))],
            "hidden": [c.id for n, c in enumerate(columns) if self.isColumnHidden(n)],
            "compact": self._compact,
            "sort": list(self._rows.sorted_by or ()),
        }

    def restore_columns(self, state: Mapping[str, Any]) -> None:
        """Take up a stored state; columns that it does not know, or that are gone, are left alone."""
        known = {column.id: number for number, column in enumerate(self._rows.columns)}
        head = self.horizontalHeader()
        for name, width in state.get("widths", {}).items():
            if name in known:
                self.setColumnWidth(known[name], max(24, int(width)))
        for place, name in enumerate(n for n in state.get("order", []) if n in known):
            head.moveSection(head.visualIndex(known[name]), place)
        for name, number in known.items() if "hidden" in state else ():
            self.setColumnHidden(number, name in state["hidden"])
        self.set_compact(state.get("compact") is True)
        sort: list[Any] = state.get("sort") or []
        if len(sort) == 2 and sort[0] in known and self._rows.columns[known[sort[0]]].key:
            self._rows.sort_by(sort[0], descending=bool(sort[1]))
        self._show_sort()

    def sort_by(self, column: str | None, *, descending: bool = False) -> None:
        """Order the rows by a column id, or as they came."""
        self._rows.sort_by(column, descending=descending)
        self._show_sort()

    def _sort_clicked(self, number: int, _checked: bool = False) -> None:
        column = self._rows.columns[number]
        now = self._rows.sorted_by
        if column.key is None:
            self._show_sort()
        elif now == (column.id, False):
            self.sort_by(column.id, descending=True)
        elif now == (column.id, True):
            self.sort_by(None)
        else:
            self.sort_by(column.id)

    def _show_sort(self) -> None:
        now = self._rows.sorted_by
        number = self._rows.column_number(now[0]) if now else -1
        order = Qt.SortOrder.DescendingOrder if now and now[1] else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(number, order)
        self.ordered.emit()

    def order_title(self) -> str:
        """Return by what the rows are sorted, "" when they stand as they came."""
        now = self._rows.sorted_by
        return self._rows.columns[self._rows.column_number(now[0])].title if now else ""

    # What leaves

    def copy(self) -> None:
        """Put the selected rows on the clipboard as tab-separated text; many are left to `copy_wanted`."""
        rows = self._rows.at(self._selected())
        if len(rows) > COPIED_HERE:
            self.copy_wanted.emit(rows)
        else:
            clipboard.put(separated(self.shown_columns(), rows, "\t", titles=True))

    @property
    def rows(self) -> RowModel[Any]:
        """What is shown here."""
        return self._rows

    def shown_columns(self) -> list[Column[Any]]:
        """Return the columns that are not hidden, in the order on screen."""
        return [self._rows.columns[number] for number in self._shown_columns()]

    def _shown_columns(self) -> list[int]:
        head = self.horizontalHeader()
        order = [head.logicalIndex(place) for place in range(head.count())]
        under = self._delegate.below
        shown = [[number, under.get(number, -1)] for number in order if not self.isColumnHidden(number)]
        return [number for both in shown for number in both if number >= 0]

    # Mouse and keyboard

    def menu(self) -> QMenu:
        """Return the menu of the table: all that the header can do by mouse, by keyboard too."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menu_filling.emit(menu)
        if menu.actions():
            menu.addSeparator()
        for name, picture in (("table.copy", "copy"), ("table.export", "export")):
            self._actions[name].setIcon(icon(picture))
            menu.addAction(self._actions[name])
        menu.addSeparator()
        self.fill_order_menu(menu.addMenu(icon("sort"), "Sort by"))
        shown = menu.addMenu(icon("eye"), "Columns")
        seen = [n for n in range(len(self._rows.columns)) if not self.isColumnHidden(n)]
        for number, column in enumerate(self._rows.columns):
            tick = shown.addAction(column.title)
            tick.setCheckable(True)
            tick.setChecked(number in seen)
            tick.setEnabled(len(seen) > 1 or number not in seen)
            tick.toggled.connect(partial(self._show_column, number))
        low = menu.addAction("Compact rows")
        low.setCheckable(True)
        low.setChecked(self._compact)
        low.toggled.connect(self.set_compact)
        return menu

    def fill_order_menu(self, menu: QMenu) -> None:
        """Add what the rows can be sorted by; choosing what they are sorted by turns the order round."""
        now = self._rows.sorted_by
        for number, column in enumerate(self._rows.columns):
            if column.key is not None:
                choice = menu.addAction(column.title)
                if now is not None and now[0] == column.id:
                    choice.setIcon(icon("chevron-down" if now[1] else "chevron-up"))
                choice.triggered.connect(partial(self._sort_clicked, number))

    def _show_column(self, number: int, on: bool) -> None:
        self.setColumnHidden(number, not on)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        where = self.visualRect(self.currentIndex()).bottomLeft() if by_key else event.pos()
        self.menu().popup(self.viewport().mapToGlobal(where or QPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        before, self._delegate.hovered_row = self._delegate.hovered_row, row
        for each in {before, row} - {-1}:
            y = self.rowViewportPosition(each)
            self.viewport().update(0, y, self.viewport().width(), self.rowHeight(each))

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters are actions here, and Qt's search would ask every row."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self._rows.rowCount() - 1}
        if event.key() in ends and not event.modifiers() and self._rows.rowCount():
            self.selectRow(ends[Qt.Key(event.key())])
            return
        super().keyPressEvent(event)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as the first and last of each run without a gap.

    For Qt, many runs are slow: a whole table is one, and must not become one for each row.
    """
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
