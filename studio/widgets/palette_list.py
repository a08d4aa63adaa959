"""The rows of the command palette: section titles and commands with their matched letters lit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.chip import chip_font
from studio.widgets.painting import fill_rounded

if TYPE_CHECKING:
    from studio.widgets.command_palette import Command

Index = QModelIndex | QPersistentModelIndex
_TITLE: Final = 30
_ROW: Final = 40
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Entry:
    """A command with the places of its matched letters, or else the title of a section."""

    command: Command | None = None
    title: str = ""
    places: tuple[int, ...] = ()


class EntryModel(QAbstractListModel):
    """Titles can be seen but not chosen."""

    _entries: Sequence[Entry] = ()

    def show(self, entries: Sequence[Entry]) -> None:
        """Replace all entries."""
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def entry(self, index: Index) -> Entry:
        """Return the entry at `index`."""
        return self._entries[index.row()]

    def command_at(self, index: Index) -> Command | None:
        """Return the command at `index`, None for a title or no index."""
        return self._entries[index.row()].command if index.isValid() else None

    def first(self) -> QModelIndex:
        """Return the first command's index, invalid when there is none."""
        return self.step(QModelIndex(), 1)

    def index_of(self, command: Command) -> QModelIndex:
        """Return where `command` is, else the first."""
        for row, entry in enumerate(self._entries):
            if entry.command is not None and entry.command.id == command.id:
                return self.index(row)
        return self.first()

    def step(self, start: QModelIndex, by: int) -> QModelIndex:
        """Return the command `by` commands further, stopping at either end."""
        rows = [row for row, entry in enumerate(self._entries) if entry.command is not None]
        if not rows:
            return QModelIndex()
        if not start.isValid():
            return self.index(rows[0])
        place = rows.index(start.row()) + by
        return self.index(rows[max(0, min(place, len(rows) - 1))])

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        entry = self._entries[index.row()]
        return entry.command.text if entry.command else entry.title

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.command_at(index) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class EntryDelegate(QStyledItemDelegate):
    """Paints an entry: icon, name with its matched letters lit, detail, key."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        model: EntryModel = index.model()  # type: ignore[assignment]
        return QSize(200, _ROW if model.entry(index).command else _TITLE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: EntryModel = index.model()  # type: ignore[assignment]
        entry = model.entry(index)
        worn = style.tokens()
        box: QRect = option.rect
        painter.save()
        if entry.command is None:
            painter.setFont(chip_font())
            painter.setPen(QColor(worn.text_faint))
            painter.drawText(box.adjusted(12, 4, -12, 0), _LEFT, entry.title)
        else:
            if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
                chosen = bool(option.state & QStyle.StateFlag.State_Selected)
                fill_rounded(
                    painter,
                    box.adjusted(4, 1, -4, -1).toRectF(),
                    "selected" if chosen else "hover",
                    worn.radius,
                )
            self._paint_command(painter, box.adjusted(16, 0, -16, 0), entry)
        painter.restore()

    def _paint_command(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        command = entry.command
        assert command is not None
        worn = style.tokens()
        scale = painter.device().devicePixelRatio()
        picture = pixmap(command.icon or "chevron-right", "text_muted", 16, scale)
        painter.drawPixmap(box.x(), box.y() + (box.height() - 16) // 2, picture)
        box.adjust(28, 0, 0, 0)
        if command.keys:
            painter.setFont(style.font("caption"))
            painter.setPen(QColor(worn.text_faint))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, command.keys)
            box.adjust(0, 0, -painter.fontMetrics().horizontalAdvance(command.keys) - 12, 0)
        used = self._paint_name(painter, box, command.text, set(entry.places))
        if command.detail:
            painter.setFont(style.font("body"))
            painter.setPen(QColor(worn.text_faint))
            rest = box.adjusted(used + 10, 0, 0, 0)
            shown = painter.fontMetrics().elidedText(
                command.detail, Qt.TextElideMode.ElideRight, rest.width()
            )
            painter.drawText(rest, _LEFT, shown)

    def _paint_name(self, painter: QPainter, box: QRect, name: str, lit: set[int]) -> int:
        """Paint runs of lit and plain letters; return the width used."""
        worn = style.tokens()
        plain, strong = style.font("body"), style.font("body", QFont.Weight.DemiBold)
        start, left = 0, 0
        while start < len(name) and left < box.width():
            end = start + 1
            while end < len(name) and (end in lit) == (start in lit):
                end += 1
            painter.setFont(strong if start in lit else plain)
            painter.setPen(QColor(worn.accent if start in lit else worn.text))
            room = box.width() - left
            run = painter.fontMetrics().elidedText(name[start:end], Qt.TextElideMode.ElideRight, room)
            painter.drawText(box.adjusted(left, 0, 0, 0), _LEFT, run)
            left += painter.fontMetrics().horizontalAdvance(run)
            start = end
        return left
