"""A person's videos as stills, three in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from server.content.schemas import VideoView
from studio.running_time import length
from studio.theme import style
from studio.widgets.cell_delegate import paint_still
from studio.widgets.tile_grid import Index, TileGrid

GAP: Final = 8
TITLE: Final = 22
NEARLY: Final = 200
"""So many px before its end the next videos are asked for."""
Still = Callable[[VideoView], QPixmap | None]


class VideoGrid(TileGrid[VideoView]):
    """`opened` carries the id of a video; `wants_more` is emitted near the end of those that are here."""

    opened = Signal(object)
    wants_more = Signal()

    def __init__(self, still: Still) -> None:
        super().__init__("Videos", named=lambda video: video.title, spoken=_spoken, gap=GAP, label=TITLE)
        self.setItemDelegate(_Tile(self, still))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.clicked.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(self._look)

    @property
    def videos(self) -> Sequence[VideoView]:
        """What is here."""
        return self.tiles.items

    def fill(self, videos: Sequence[VideoView]) -> None:
        """Show these, from the beginning."""
        self.tiles.fill(videos)
        if videos:
            self.setCurrentIndex(self.tiles.index(0))
        self.scrollToTop()

    def add(self, videos: Sequence[VideoView]) -> None:
        """Show more."""
        self.tiles.add(videos)

    def leave_out(self, video_id: UUID) -> None:
        """Take one away that is not to be seen any more."""
        self.tiles.leave_out(video_id)

    def repaint_one(self, video_id: UUID) -> None:
        """The still of a video is here."""
        if (at := self.tiles.find(video_id)).isValid():
            self.update(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and index.isValid():
            self._open(index)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self._look()  # what is here may not fill the pane, and then nobody scrolls

    def _open(self, index: Index) -> None:
        self.opened.emit(self.videos[index.row()].id)

    def _look(self) -> None:
        bar = self.verticalScrollBar()
        if self.videos and bar.maximum() - bar.value() <= NEARLY:
            self.wants_more.emit()


class _Tile(QStyledItemDelegate):
    """Paints one still with its length, and the title below it."""

    def __init__(self, grid: VideoGrid, still: Still) -> None:
        super().__init__(grid)
        self._grid, self._still = grid, still

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        video, whole = self._grid.videos[index.row()], QRect(option.rect)
        size = self._grid.gridSize()
        box = QRect(whole.x(), whole.y() + 2, size.width() - GAP, size.height() - TITLE - GAP)
        paint_still(painter, box, self._still(video))
        worn, state = style.tokens(), option.state
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(255, 255, 255, 38))
            painter.drawRoundedRect(box, 4, 4)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(worn.focus), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        if video.duration_ms is not None:
            _paint_length(painter, box, length(video.duration_ms))
        painter.setFont(style.font("caption"))
        painter.setPen(QColor(worn.text_muted))
        below = QRect(box.x(), box.bottom() + 3, box.width(), TITLE - 4)
        text = painter.fontMetrics().elidedText(video.title, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, text)


def _spoken(video: VideoView) -> str:
    known = video.duration_ms is not None
    return f"{video.title}, {length(video.duration_ms or 0)}" if known else video.title


def _paint_length(painter: QPainter, box: QRect, text: str) -> None:
    painter.setFont(style.font("caption"))
    wide = painter.fontMetrics().horizontalAdvance(text) + 10
    plate = QRect(box.right() - wide - 4, box.bottom() - 22, wide, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 165))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
