"""One spark in a grid: its picture of light on a dark ground, name, price and tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from server.sparks.schemas import SparkView
from studio.sparks.look import LIGHTS, WORDS
from studio.tabs.sparks.grid import GAP, LABEL
from studio.tabs.sparks.state import price
from studio.theme import style
from studio.theme.icons import tinted
from studio.widgets.tile_grid import Index

if TYPE_CHECKING:
    from studio.tabs.sparks.grid import SparkGrid

GROUND: Final = QColor("#0d0f15")
RADIUS: Final = 8
PAD: Final = 6
APART: Final = 4
"""px between the word of the tier and the price."""


class Tile(QStyledItemDelegate):
    """Paints what the grid has a picture of."""

    def __init__(self, grid: SparkGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        spark = self._grid.sparks[index.row()]
        whole, cell, state = QRect(option.rect), self._grid.gridSize(), option.state
        box = QRect(whole.x(), whole.y(), cell.width() - GAP, cell.height() - GAP)
        worn = style.tokens()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(worn.border), 1))
        painter.setBrush(QColor(worn.selected if selected else worn.hover if over else worn.surface))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        picture = QRect(box.x() + 1, box.y() + 1, box.width() - 2, box.height() - LABEL)
        self._paint_picture(painter, picture, spark)
        self._paint_words(painter, QRect(box.x(), picture.bottom() + 1, box.width(), LABEL - 2), spark)
        if selected:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(worn.focus if focused else worn.accent), 2))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.restore()

    def _paint_picture(self, painter: QPainter, box: QRect, spark: SparkView) -> None:
        path = QPainterPath()
        path.addRoundedRect(QRectF(box), RADIUS - 1, RADIUS - 1)
        painter.save()
        painter.setClipPath(path)
        painter.fillRect(box, GROUND)
        self._paint_glow(painter, box, spark)
        image = self._grid.picture(spark)
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, image, _middle(image, box))
        else:
            icon = tinted("spark", LIGHTS[spark.tier], 26, painter.device().devicePixelRatio())
            painter.setOpacity(0.5)
            painter.drawPixmap(box.center().x() - 13, box.center().y() - 13, icon)
            painter.setOpacity(1.0)
        painter.restore()

    def _paint_glow(self, painter: QPainter, box: QRect, spark: SparkView) -> None:
        """A breath of the tier's light from below: colour alone says nothing, the word stands there too."""
        light = QColor(LIGHTS[spark.tier])
        fade = QLinearGradient(box.bottomLeft(), box.topLeft())
        for at, alpha in ((0.0, 36), (0.3, 8), (0.6, 0)):
            light.setAlpha(alpha)
            fade.setColorAt(at, light)
        painter.fillRect(box, fade)

    def _paint_words(self, painter: QPainter, box: QRect, spark: SparkView) -> None:
        worn = style.tokens()
        inner = box.adjusted(PAD, 4, -PAD, -3)
        painter.setFont(style.font("body", QFont.Weight.DemiBold))
        painter.setPen(QColor(worn.text))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(spark.name, Qt.TextElideMode.ElideRight, inner.width())
        top = QRect(inner.x(), inner.y(), inner.width(), 18)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(style.font("caption"))
        painter.setPen(QColor(worn.text_muted))
        below = QRect(inner.x(), inner.y() + 18, inner.width(), 17)
        cost = f"{spark.credits:,}" if spark.credits is not None else price(None)
        metrics = painter.fontMetrics()
        tier = metrics.horizontalAdvance(WORDS[spark.tier])
        if spark.credits is not None and tier + APART + metrics.horizontalAdvance(cost) > below.width():
            cost = short(spark.credits)
        room = below.width() - metrics.horizontalAdvance(cost) - APART
        word = metrics.elidedText(WORDS[spark.tier], Qt.TextElideMode.ElideRight, room)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, word)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(worn.text))
        painter.drawText(below, right, cost)


def short(cost: int) -> str:
    """A price in thousands, where that says exactly as much."""
    return f"{cost / 1000:g}k" if cost >= 1000 and cost % 100 == 0 else f"{cost:,}"


def _middle(image: QImage, box: QRect) -> QRect:
    """The part of a picture that is seen: all its breadth, and of its height what fits."""
    height = min(image.height(), round(image.width() * box.height() / box.width()))
    return QRect(0, (image.height() - height) // 2, image.width(), height)
