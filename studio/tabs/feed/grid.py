"""A person's videos as stills, three in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from server.content.schemas import VideoView
from studio.running_time import length
from studio.theme import style
from studio.widgets.cell_delegate import paint_still
from studio.widgets.label import tooltip

ACROSS: Final = 3
GAP: Final = 8
TITLE: Final = 22
BAR: Final = 14
NEARLY: Final = 200
"""So many px before its end the next videos are asked for."""
Index = QModelIndex | QPersistentModelIndex
Still = Callable[[VideoView], QPixmap | None]


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.videos: list[VideoView] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.videos)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        video = self.videos[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return video.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(video.title)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            known = video.duration_ms is not None
            return f"{video.title}, {length(video.duration_ms or 0)}" if known else video.title
        return None

    def fill(self, videos: Sequence[VideoView]) -> None:
        self.beginResetModel()
        self.videos = list(videos)
        self.endResetModel()

    def add(self, videos: Sequence[VideoView]) -> None:
        known = {video.id for video in self.videos}
        new = [video for video in videos if video.id not in known]
        if new:
            self.beginInsertRows(QModelIndex(), len(self.videos), len(self.videos) + len(new) - 1)
            self.videos += new
            self.endInsertRows()

    def leave_out(self, video_id: UUID) -> None:
        for row, video in enumerate(self.videos):
            if video.id == video_id:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self.videos[row]
                self.endRemoveRows()
                return


class VideoGrid(QListView):
    """`opened` carries the id of a video; `wants_more` is emitted near the end of those that are here."""

    opened = Signal(object)
    wants_more = Signal()

    def __init__(self, still: Still) -> None:
        super().__init__()
        self.setAccessibleName("Videos")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._videos = _Model(self)
        self.setModel(self._videos)
        self.setItemDelegate(_Tile(self, still))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setMouseTracking(True)
        self.setProperty("surface", "clear")
        self.clicked.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(self._look)

    @property
    def videos(self) -> Sequence[VideoView]:
        """What is here."""
        return self._videos.videos

    def fill(self, videos: Sequence[VideoView]) -> None:
        """Show these, from the beginning."""
        self._videos.fill(videos)
        if videos:
            self.setCurrentIndex(self._videos.index(0))
        self.scrollToTop()

    def add(self, videos: Sequence[VideoView]) -> None:
        """Show more."""
        self._videos.add(videos)

    def leave_out(self, video_id: UUID) -> None:
        """Take one away that is not to be seen any more."""
        self._videos.leave_out(video_id)

    def repaint_one(self, video_id: UUID) -> None:
        """The still of a video is here."""
        for row, video in enumerate(self.videos):
            if video.id == video_id:
                self.update(self._videos.index(row))

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = (self.width() - BAR) // ACROSS  # the same with a scroll bar and without
        self.setGridSize(QSize(wide, (wide - GAP) * 4 // 3 + TITLE + GAP))
        super().resizeEvent(event)

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


def _paint_length(painter: QPainter, box: QRect, text: str) -> None:
    painter.setFont(style.font("caption"))
    wide = painter.fontMetrics().horizontalAdvance(text) + 10
    plate = QRect(box.right() - wide - 4, box.bottom() - 22, wide, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 165))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
