"""Paints table cells straight from the model: one call a cell where Qt would ask eight questions."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.chip import chip_width, paint_chip
from studio.widgets.label import tooltip
from studio.widgets.painting import fill_rounded
from studio.widgets.table import ChipLook, Column, RowModel

PADDING: Final = 12
ICON: Final = 16
ICON_GAP: Final = 8
PICTURE_GAP: Final = 12
RADIUS: Final = 4
SECOND: Final = 18
"""What the second line takes of the height of a chip, in px."""
TWO_LINES: Final = 42
"""A row of at least so many px has room for a second line; in a lower one it follows on the first."""
Index = QModelIndex | QPersistentModelIndex
_MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter
_ALIGN: Final = {
    "left": Qt.AlignmentFlag.AlignLeft | _MIDDLE,
    "right": Qt.AlignmentFlag.AlignRight | _MIDDLE,
    "center": Qt.AlignmentFlag.AlignHCenter | _MIDDLE,
}


class CellDelegate(QStyledItemDelegate):
    """Text or chip on a row that shows hover, selection and a hairline below.

    `below` are the columns whose text stands under that of another one.
    """

    hovered_row = -1

    def __init__(self, parent: QAbstractItemView) -> None:
        super().__init__(parent)
        self.below: dict[int, int] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
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
        under = self.below.get(index.column())
        second = model.cell(index.row(), under) if under is not None else ""
        look = column.chip(model.row(index.row())) if column.chip else None
        if look is not None:
            two = bool(second) and box.height() >= TWO_LINES
            _paint_look(painter, inner.adjusted(0, 0, 0, -SECOND) if two else inner, text, look)
            if two:
                painter.setFont(style.font("caption"))
                below = QRect(inner.x(), inner.center().y() + 4, inner.width(), 16)
                _paint_text(painter, below, second, model.columns[under or 0])
            return
        if column.picture:
            still = _picture_box(inner)
            paint_still(painter, still, column.picture(model.row(index.row())))
            inner.adjust(still.width() + PICTURE_GAP, 0, 0, 0)
        if column.icon:
            _paint_icon(painter, inner, column.icon(model.row(index.row())), "text_faint")
            inner.adjust(ICON + ICON_GAP, 0, 0, 0)
        painter.setFont(option.font)
        if not second:
            _paint_text(painter, inner, text, column)
        elif box.height() >= TWO_LINES:
            middle = inner.center().y()
            _paint_text(painter, QRect(inner.x(), middle - 17, inner.width(), 17), text, column)
            painter.setFont(style.font("caption"))
            below = QRect(inner.x(), middle + 1, inner.width(), 16)
            _paint_text(painter, below, second, model.columns[under or 0])
        else:
            _paint_text(painter, inner, text, column)
            inner.adjust(painter.fontMetrics().horizontalAdvance(text) + ICON_GAP, 0, 0, 0)
            painter.setFont(style.font("caption"))
            if inner.width() > ICON:
                _paint_text(painter, inner, second, model.columns[under or 0])

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, style.tokens().row_height)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """Tell the whole text of a cell that is cut, when its column has nothing better to tell."""
        told: Any = index.data(Qt.ItemDataRole.ToolTipRole)
        if event.type() != QEvent.Type.ToolTip or told or not self.is_cut(index, view.visualRect(index)):
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), tooltip(str(index.data())), view)
        return True

    def is_cut(self, index: Index, box: QRect) -> bool:
        """Tell whether `box` is too small for the text of a cell."""
        model: RowModel[Any] = index.model()  # type: ignore[assignment]
        column, row = model.columns[index.column()], model.row(index.row())
        text, room = model.cell(index.row(), index.column()), box.width() - 2 * PADDING
        look = column.chip(row) if column.chip else None
        if look is not None:
            shown = text if look.text is None else look.text
            return bool(shown) and chip_width(shown, look.icon) > room
        room -= ICON + ICON_GAP if column.icon else 0
        room -= _picture_box(box).width() + PICTURE_GAP if column.picture else 0
        wide = QFontMetrics(style.font()).horizontalAdvance(text)
        if (under := self.below.get(index.column())) is not None and box.height() >= TWO_LINES:
            second = model.cell(index.row(), under)
            wide = max(wide, QFontMetrics(style.font("caption")).horizontalAdvance(second))
        return wide > room


def _picture_box(box: QRect) -> QRect:
    """Where a still of 16 : 9 lies in a cell."""
    high = box.height() - 8
    return QRect(box.x(), box.y() + 4, high * 16 // 9, high)


def paint_still(
    painter: QPainter, box: QRect, still: QPixmap | None, icon: str = "video", *, whole: bool = False
) -> None:
    """Paint a still into `box`, cut to fill it or shown `whole`, or an empty frame with an icon."""
    fill_rounded(painter, QRectF(box), "raised", RADIUS)
    if still is None:
        high = min(ICON, box.height() // 2) if box.height() < 100 else 2 * ICON
        picture = pixmap(icon, "text_faint", high, painter.device().devicePixelRatio())
        painter.drawPixmap(box.center().x() - high // 2, box.center().y() - high // 2, picture)
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    edge = QPainterPath()
    edge.addRoundedRect(QRectF(box), RADIUS, RADIUS)
    painter.setClipPath(edge)
    if whole:
        size = still.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        at = QRect(box.topLeft(), size)
        at.moveCenter(box.center())
        painter.drawPixmap(at, still)
        painter.restore()
        return
    scale = max(box.width() / still.width(), box.height() / still.height())
    wide, tall = box.width() / scale, box.height() / scale
    cut = QRectF((still.width() - wide) / 2, (still.height() - tall) / 2, wide, tall)
    painter.drawPixmap(QRectF(box), still, cut)
    painter.restore()


def _paint_look(painter: QPainter, box: QRect, text: str, look: ChipLook) -> None:
    shown = text if look.text is None else look.text
    if shown:
        paint_chip(painter, box, shown, look.tone, look.icon)
    else:
        _paint_icon(painter, box, look.icon, "text_faint" if look.tone == "neutral" else look.tone)


def _paint_icon(painter: QPainter, box: QRect, name: str, role: str) -> None:
    picture = pixmap(name, role, ICON, painter.device().devicePixelRatio())
    painter.drawPixmap(QRect(box.x(), box.center().y() - ICON // 2 + 1, ICON, ICON), picture)


def _paint_text(painter: QPainter, box: QRect, text: str, column: Column[Any]) -> None:
    painter.setPen(QColor(style.tokens().color(column.tone)))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, _ALIGN[column.align], shown)
