"""The sound by time and pitch under the time bar, with what was found suspicious in it; a click scrubs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.theme import style
from studio.video.background import Background
from studio.video.index import MediaError, Source
from studio.video.playhead import Playhead, Range, timecode
from studio.video.spectrum import ROWS, Levels, row_of, spectrum
from studio.video.timeline import TimeAxis

_HEIGHT: Final = 92
_STOPS: Final = ("sunken", "accent_soft", "accent", "text")
"""From silent to loud: in each theme these go from the ground to the ink."""


class Spectrogram(QWidget):
    """Paints the levels on the time bar's axis. It reads the sound once it is asked to."""

    scrubbed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Spectrogram of the sound")
        self._levels: Levels | None = None
        self._image: QImage | None = None
        self._reading = False
        self._head: Playhead | None = None
        self._worker = Background(self)
        self._worker.item.connect(self._grow)
        self._worker.finished.connect(self._end)

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def load(self, source: Source, head: Playhead, start_s: float) -> None:
        """Read the sound of `source` on a thread; `start_s` is the first frame's own time."""
        self.clear()
        self._reading = True
        seconds = head.table.duration_ms / 1000

        def work() -> Iterator[object]:
            try:
                yield from spectrum(source, start_s, seconds)
            except MediaError:
                return  # the picture's error is the one worth telling

        self._worker.start("spectrogram", work)

    def clear(self) -> None:
        """Forget the sound shown and stop reading."""
        self._worker.stop()
        self._levels = self._image = None
        self._reading = False
        self.update()

    @property
    def loaded(self) -> bool:
        """Whether the sound is here, or on its way."""
        return self._reading or self._levels is not None

    @property
    def settled(self) -> bool:
        """Whether all of the sound has been read."""
        return not self._reading and self._levels is not None

    def set_playhead(self, head: Playhead | None) -> None:
        """Where the needle stands, and what was heard."""
        self._head = head
        found = self.heard()
        many = "stretch was" if len(found) == 1 else "stretches were"
        said = f"{len(found)} {many} found in it" if found else "Nothing was found in it"
        self.setAccessibleDescription(said)
        self.update()

    def heard(self) -> list[Range]:
        """The stretches that were found in the sound."""
        lanes = self._head.lanes if self._head else ()
        return [found for lane in lanes if lane.heard for found in lane.ranges]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._head is not None:
            self.scrubbed.emit(self._head.table.at_ms(self._axis().ms(event.position().x())))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._axis().ms(event.pos().x())
            here = next((r for r in self.heard() if r.start_ms <= at <= r.end_ms), None)
            span = f"{timecode(here.start_ms)} to {timecode(here.end_ms)}" if here else ""
            words = f"<qt>{escape(here.label)} ({span})</qt>" if here else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._levels is not None:
            self._image = _coloured(self._levels)

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = style.tokens()
        with QPainter(self) as painter:
            painter.setFont(style.font("caption"))
            axis = self._axis()
            box = QRectF(axis.left, 0, axis.span, self.height())
            self._paint_gutter(painter, axis)
            painter.fillRect(box, QColor(worn.sunken))
            if self._image is None or self._head is None:
                painter.setPen(QColor(worn.text_muted))
                words = "Reading the sound" if self._reading else "This video has no sound"
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for found in self.heard():
                left, right = axis.x(found.start_ms), axis.x(found.end_ms)
                self._paint_found(painter, QRectF(left, 0, max(right - left, 4), self.height()))
            x = axis.x(self._head.table.seconds_of(self._head.frame) * 1000)
            painter.fillRect(QRectF(x - 1, 0, 2, self.height()), QColor(worn.text))

    # Inside

    def _axis(self) -> TimeAxis:
        return TimeAxis(self.width(), self._head.table.duration_ms if self._head else 0)

    def _paint_gutter(self, painter: QPainter, axis: TimeAxis) -> None:
        painter.setPen(QColor(style.tokens().text_muted))
        gutter = QRectF(10, 0, axis.left - 20, self.height())
        painter.drawText(gutter, Qt.AlignmentFlag.AlignVCenter, "Pitch")
        painter.setPen(QColor(style.tokens().text_faint))
        for hz, name in ((8_000, "8 kHz"), (2_000, "2 kHz"), (300, "300 Hz")):
            y = self.height() * row_of(hz) / ROWS
            spot = QRectF(10, min(max(y - 8, 0), self.height() - 16), axis.left - 18, 16)
            painter.drawText(spot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_found(self, painter: QPainter, box: QRectF) -> None:
        """An outline with a thick top: the sound below has to stay readable."""
        colour = QColor(style.tokens().warning)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 1.5))
        painter.drawRect(box.adjusted(0.75, 0.75, -0.75, -0.75))
        painter.fillRect(QRectF(box.topLeft(), QPointF(box.right(), 4)), colour)

    def _grow(self, found: Levels) -> None:
        self._levels, self._image = found, _coloured(found)
        self.update()

    def _end(self, _failure: object) -> None:
        self._reading = False
        self.update()


def _coloured(levels: Levels) -> QImage:
    """Levels in the colours of the theme; a copy."""
    worn = style.tokens()
    inks = [QColor(worn.color(role)) for role in _STOPS]
    stops = [(ink.red(), ink.green(), ink.blue()) for ink in inks]
    places = np.linspace(0, 255, len(stops))
    red, green, blue = (
        np.interp(np.arange(256), places, [stop[n] for stop in stops]).astype(np.uint32) for n in range(3)
    )
    table = (0xFF << 24) | (red << 16) | (green << 8) | blue
    pixels = np.ascontiguousarray(table.astype(np.uint32)[levels])
    height, width = levels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
