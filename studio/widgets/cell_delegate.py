"""Paints table cells straight from the model: one call a cell where Qt would ask eight questions."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.theme import style
from studio.widgets.chip import paint_chip
from studio.widgets.table import RowModel

PADDING: Final = 12
_ALIGN: Final = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "right": Qt.AlignmentFlag.AlignRight,
    "center": Qt.AlignmentFlag.AlignHCenter,
}


class CellDelegate(QStyledItemDelegate):
    """Text or chip on a row that shows hover, selection and a hairline below."""

    hovered_row = -1

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model: RowModel[Any] = index.model()  # type: ignore[assignment]
        column = model.columns[index.column()]
        worn = style.tokens()
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(worn.selected))
        elif index.row() == self.hovered_row:
            painter.fillRect(box, QColor(worn.hover))
        painter.fillRect(box.x(), box.bottom(), box.width(), 1, QColor(worn.border))
        inner = box.adjusted(PADDING, 0, -PADDING, -1)
        text = model.cell(index.row(), index.column())
        look = column.chip(model.row(index.row())) if column.chip else None
        if look is not None:
            paint_chip(painter, inner, text, look.tone, look.icon)
        elif text:
            painter.setPen(QColor(worn.color(column.tone)))
            painter.setFont(option.font)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, _ALIGN[column.align] | Qt.AlignmentFlag.AlignVCenter, shown)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, style.tokens().row_height)
