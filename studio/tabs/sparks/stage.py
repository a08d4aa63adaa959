"""Where one spark is looked at: on black, on white or over a video, with the place of a refusal drawn in."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.sparks.backdrop import brightness, scrim
from studio.sparks.order import SIZE
from studio.theme import style
from studio.video.view import pixels_of

FAULT: Final = "#ff5470"
RADIUS: Final = 8


class Ground(StrEnum):
    """What lies behind the spark."""

    BLACK = "black"
    WHITE = "white"
    VIDEO = "video"


class PreviewStage(QWidget):
    """Upright, as high as there is room for. `sized` says that pictures of another size are wanted;
    `pressed` is a click."""

    sized = Signal()
    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Picture of the spark")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 220)
        self.ground = Ground.BLACK
        self.image: QImage | None = None
        self.video: QImage | None = None
        self.region: tuple[float, float, float, float] | None = None
        self.words = ""
        """What is said in the middle while there is nothing to be seen."""
        self._behind: float | None = None

    @property
    def picture_rect(self) -> QRect:
        """Where the spark is."""
        size = QSize(*SIZE).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(8, 8))
        return QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )

    @property
    def pixels(self) -> tuple[int, int]:
        """The size of a picture in device px."""
        size, ratio = self.picture_rect.size(), self.devicePixelRatioF()
        return max(8, round(size.width() * ratio)), max(8, round(size.height() * ratio))

    def describe(self, what: str) -> None:
        """Tell a screen reader what is seen."""
        if what != self.accessibleDescription():
            self.setAccessibleDescription(what)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.picture_rect.contains(event.pos()):
            self.pressed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = self.picture_rect
        with QPainter(self) as painter:
            white = self.ground is Ground.WHITE
            painter.fillRect(box, QColor("#ffffff" if white else "#000000"))
            if self.ground is Ground.VIDEO and self.video is not None:
                self._paint_video(painter, box, self.video)
            if self.image is None:
                self._behind = None  # the next one takes off from another picture
            else:
                painter.fillRect(box, QColor.fromRgbF(0.0, 0.0, 0.0, scrim(self._brightness())))
                painter.setRenderHint(
                    QPainter.RenderHint.SmoothPixmapTransform,
                    self.image.size() != box.size() * self.devicePixelRatioF(),
                )
                painter.drawImage(box, self.image)
            if self.words:
                if self.ground is Ground.VIDEO:
                    painter.fillRect(box, QColor(0, 0, 0, 170))
                painter.setPen(QColor("#3c4250" if white else "#c6ccd6"))
                painter.setFont(style.font("body"))
                inner = box.adjusted(16, 16, -16, -16)
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(inner, flags, self.words)
            if self.region is not None:
                self._paint_region(painter, box, self.region)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(style.tokens().border), 1))
            painter.drawRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5))

    def _brightness(self) -> float:
        """Of what is behind, as the feed would measure it."""
        if self.ground is not Ground.VIDEO or self.video is None:
            self._behind = None
            return float(self.ground is Ground.WHITE)
        if self._behind is None:
            self._behind = brightness(pixels_of(self.video))
        return self._behind

    def _paint_video(self, painter: QPainter, box: QRect, frame: QImage) -> None:
        """Fill the box: what is too wide or too high is cut."""
        size = frame.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        painter.save()
        painter.setClipRect(box)
        at = QRect(0, 0, size.width(), size.height())
        at.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(at, frame)
        painter.restore()

    def _paint_region(self, painter: QPainter, box: QRect, region: tuple[float, float, float, float]) -> None:
        left, top, width, height = region
        area = QRectF(
            box.x() + left * box.width(),
            box.y() + top * box.height(),
            width * box.width(),
            height * box.height(),
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, thick in ((QColor(0, 0, 0, 190), 4), (QColor(FAULT), 2)):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color, thick))
            painter.drawRect(area)
        painter.setFont(style.font("caption", QFont.Weight.DemiBold))
        plate = QRectF(area.x(), max(box.y(), area.y() - 20), 62, 18)
        painter.fillRect(plate, QColor(FAULT))
        painter.setPen(QColor("#1a0509"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, "Refused")
