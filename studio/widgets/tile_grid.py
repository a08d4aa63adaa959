"""A grid of tiles, each a picture three to four with words below it, and the list model that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from studio.widgets.label import tooltip

ACROSS: Final = 3
"""Tiles in a row where nothing else is said."""
BAR: Final = 14
"""px kept free for the scroll bar: tiles are as wide with one as without."""
Index = QModelIndex | QPersistentModelIndex


class Identified(Protocol):
    """What a tile may stand for."""

    @property
    def id(self) -> UUID:
        """By which it is found again."""
        ...


Item = TypeVar("Item", bound=Identified)


class TileModel(QAbstractListModel, Generic[Item]):
    """The items of a grid in their order, no two of one id. `named` gives what is written and told as the
    tooltip of one, `spoken` what a screen reader says."""

    def __init__(
        self, named: Callable[[Item], str], spoken: Callable[[Item], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._named, self._spoken = named, spoken
        self.items: list[Item] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._named(item)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self._named(item))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(item)
        return None

    def find(self, item_id: UUID) -> QModelIndex:
        """Where an item is; invalid where it is not here."""
        row = next((n for n, each in enumerate(self.items) if each.id == item_id), -1)
        return self.index(row)

    def fill(self, items: Sequence[Item]) -> None:
        """Have these in place of all that are here."""
        self.beginResetModel()
        self.items = list(items)
        self.endResetModel()

    def add(self, items: Sequence[Item]) -> None:
        """Have more behind the others; those that are here already stay as they are."""
        known = {each.id for each in self.items}
        new = [each for each in items if each.id not in known]
        if new:
            self.beginInsertRows(QModelIndex(), len(self.items), len(self.items) + len(new) - 1)
            self.items += new
            self.endInsertRows()

    def put(self, item: Item) -> None:
        """Have an item as it is now, if it is here."""
        at = self.find(item.id)
        if at.isValid():
            self.items[at.row()] = item
            self.dataChanged.emit(at, at)

    def leave_out(self, item_id: UUID) -> None:
        """Take one away, if it is here."""
        at = self.find(item_id)
        if at.isValid():
            self.beginRemoveRows(QModelIndex(), at.row(), at.row())
            del self.items[at.row()]
            self.endRemoveRows()


class TileGrid(QListView, Generic[Item]):
    """Shows a `TileModel`; a delegate paints its tiles. `gap` px are between tiles, `label` px below a
    picture are for words."""

    def __init__(
        self,
        name: str,
        *,
        named: Callable[[Item], str],
        spoken: Callable[[Item], str],
        gap: int,
        label: int,
    ) -> None:
        super().__init__()
        self._gap, self._label = gap, label
        self.tiles: TileModel[Item] = TileModel(named, spoken, self)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setModel(self.tiles)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setProperty("surface", "clear")

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return ACROSS

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = (self.width() - BAR) // self.columns
        self.setGridSize(QSize(wide, (wide - self._gap) * 4 // 3 + self._label + self._gap))
        super().resizeEvent(event)
