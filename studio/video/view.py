"""Paints the current picture; by construction never one that is less shielded than required."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.video.decoder import Picture
from studio.video.playhead import Playhead, timecode
from studio.video.shield import OPEN, Pixels, Shield

_BLACK = QColor("#000000")
_WHITE = QColor("#ffffff")
_PLATE = QColor(0, 0, 0, 170)
_HALO = ((_BLACK, 6.0), (_WHITE, 4.0), (QColor("#ffb020"), 2.0))
"""A box lies on the video, whatever the theme: on any picture one of dark and light stands out."""
_MARGIN = 10


def image_over(pixels: Pixels) -> QImage:
    """A QImage that shares the memory of `pixels`, which must outlive it."""
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB32
    row = pixels.strides[0]
    size = (height - 1) * row + width * pixels[0, 0].size
    return QImage(as_strided(pixels, (size,), (1,)).data, width, height, row, kind)


def pixels_of(image: QImage) -> Pixels:
    """The pixels of a picture, `(height, width, 4)` as BGRX, copied."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    flat: Pixels = np.frombuffer(plain.constBits(), np.uint8)
    # A picture that lies over a decoder's pixels keeps their rows, which may be longer than it is wide.
    rows = flat.reshape(plain.height(), plain.bytesPerLine() // 4, 4)
    return rows[:, : plain.width()].copy()


class FrameView(QWidget):
    """The picture, letterboxed, or a sentence saying why there is none.

    What may be painted is one rule: a picture whose shield covers `required`. Pictures that do
    not are refused when they arrive and dropped when the requirement rises, so a raw one cannot
    be left over from a reveal, whatever order things happen in.
    """

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Video frame")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._required = Shield()
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._resting: Picture | None = None
        self._video = QSize(16, 9)
        self._head: Playhead | None = None
        self._blank = False
        self._overlay = True
        self._regions_seen = True
        self._title, self._text = "No video", ""

    def sizeHint(self) -> QSize:
        """A comfortable 16:9."""
        return QSize(960, 540)

    @property
    def picture(self) -> Picture | None:
        """The picture that is painted, or None."""
        return self._picture

    def say(self, title: str, text: str = "") -> None:
        """Drop every picture and show a sentence instead: loading, no video, an error."""
        self._forget()
        self._title, self._text = title, text
        self.setAccessibleDescription(f"{title}. {text}" if text else title)
        self.update()

    def set_video_size(self, width: int, height: int) -> None:
        """Display size of the video; only its shape matters here."""
        self._video = QSize(width, height)
        self.update()

    def set_overlay(self, on: bool) -> None:
        """Show or hide timecode, frame number, boxes and notes over the picture."""
        self._overlay = on
        self.update()

    @property
    def regions_seen(self) -> bool:
        """Whether boxes are drawn where there are any."""
        return self._regions_seen

    def set_regions_seen(self, seen: bool) -> None:
        """Draw the boxes over the picture, or not."""
        self._regions_seen = seen
        self.update()

    def set_playhead(self, head: Playhead | None) -> None:
        """What the overlay tells: time, frame, boxes and the note of this frame."""
        self._head = head
        if head is not None and not head.playing:
            where = f"Frame {head.frame + 1} of {head.count}, {timecode(head.ms)}"
            self.setAccessibleDescription(where)
        self.update()

    def set_required(self, shield: Shield) -> None:
        """Set the least treatment a picture must have had; no later paint shows more.

        It only changes state: a repaint from here would take along other dirty widgets that have
        not heard of the change yet. Whoever needs it on screen at once repaints the window.
        """
        self._required = shield
        if self._resting is not None and not self._resting.shield.covers(shield):
            self._resting = None
        if self._picture is not None and not self._picture.shield.covers(shield):
            self._picture = self._image = None
            if self._resting is not None:
                self._use(self._resting)
        self.update()

    def set_blank(self, blank: bool) -> None:
        """Show nothing at all; pictures held are dropped."""
        self._blank = blank
        if blank:
            self._forget()
        self.update()

    def show_picture(self, picture: Picture) -> bool:
        """Paint a picture from now on; False when it is refused for want of a shield."""
        if self._blank or not picture.shield.covers(self._required):
            return False
        self._use(picture)
        self.update()
        return True

    def picture_rect(self) -> QRect:
        """Where the picture lies inside the widget, in device-independent pixels."""
        size = self._video.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(1, 1))
        return QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )

    def fit(self) -> tuple[int, int]:
        """Size in device pixels a picture is best converted to."""
        ratio = self.devicePixelRatioF()
        rect = self.picture_rect()
        return max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint(painter)

    def paint(self, painter: QPainter) -> None:
        """Paint the widget's content."""
        painter.fillRect(self.rect(), _BLACK)
        if self._blank:
            self._paint_sentence(painter, "Blanked", "Nothing is shown or played until you return.")
        elif self._image is None:
            self._paint_sentence(painter, self._title, self._text)
        else:
            self._paint_picture(painter, self._image)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(style.tokens().focus), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _use(self, picture: Picture) -> None:
        self._picture = picture
        self._image = image_over(picture.pixels)
        if picture.shield != OPEN:
            self._resting = picture

    def _forget(self) -> None:
        self._picture = self._image = self._resting = None

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        rect = self.picture_rect()
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setRenderHint(smooth, image.size() != rect.size())
        painter.drawImage(rect, image)
        if self._picture is not None and self._overlay:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._head is not None:
                self._paint_regions(painter, rect, self._head)
                self._paint_status(painter, rect, self._head, self._picture)
            if self._required == OPEN and self._picture.shield == OPEN:
                self._paint_revealed(painter, rect)

    def _paint_sentence(self, painter: QPainter, title: str, text: str) -> None:
        half = self.height() // 2
        painter.setPen(_WHITE)
        painter.setFont(style.font("title"))
        above = QRect(0, 0, self.width(), half)
        painter.drawText(above, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, title)
        painter.setPen(QColor("#b8bec9"))
        painter.setFont(style.font("body"))
        below = QRect(24, half + 6, self.width() - 48, half - 6)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(below, int(flags) | int(Qt.TextFlag.TextWordWrap), text)

    def _paint_status(self, painter: QPainter, rect: QRect, head: Playhead, picture: Picture) -> None:
        where = f"{timecode(head.ms)}   {head.frame + 1} / {head.count}"
        if picture.frame != head.frame and not head.playing:
            where += "   near frame"
        if picture.damaged:
            where += "   damaged"
        left, bottom = rect.left() + _MARGIN, rect.bottom() - _MARGIN
        self._paint_plate(painter, where, QPointF(left, bottom), rect.width())
        note = next((mark.note for mark in head.marks if mark.frame == head.frame), "")
        if note:
            self._paint_plate(painter, note, QPointF(left, bottom - 30), rect.width())

    def _paint_plate(self, painter: QPainter, text: str, at: QPointF, width: int) -> None:
        """Text on a dark plate whose bottom left corner is `at`."""
        painter.setFont(style.font("caption"))
        metrics = painter.fontMetrics()
        room = max(width - 2 * _MARGIN - 16, 0)
        line = metrics.elidedText(text.replace("\n", " "), Qt.TextElideMode.ElideRight, room)
        plate = QRectF(at.x(), at.y() - 24, metrics.horizontalAdvance(line) + 16, 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(plate, 5, 5)
        painter.setPen(_WHITE)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, line)

    def _paint_regions(self, painter: QPainter, rect: QRect, head: Playhead) -> None:
        for region in head.regions_here() if self._regions_seen else ():
            box = QRectF(
                rect.left() + rect.width() * region.x_bp / 10_000,
                rect.top() + rect.height() * region.y_bp / 10_000,
                rect.width() * region.width_bp / 10_000,
                rect.height() * region.height_bp / 10_000,
            )
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for ink, width in _HALO:
                painter.setPen(QPen(ink, width))
                painter.drawRect(box)
            if region.label:
                top = max(box.top() - 3, rect.top() + 27)
                self._paint_plate(painter, region.label, QPointF(box.left(), top), rect.width())

    def _paint_revealed(self, painter: QPainter, rect: QRect) -> None:
        """A frame around everything that is raw: nobody should have to wonder."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(style.tokens().danger), 3))
        painter.drawRect(rect.adjusted(1, 1, -2, -2))
