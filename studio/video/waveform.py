"""The loudness of a video over time, read off the sound track and painted under the time bar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.video.background import Background
from studio.video.index import MediaError, Source
from studio.video.mono import Samples, mono
from studio.video.playhead import Playhead
from studio.video.timeline import TimeAxis

BUCKETS = 1000
_RATE = 8000

Peaks = NDArray[np.float32]
"""(buckets, 2): lowest and highest sample of each bucket, -1..1."""


def peaks(source: Source, start_s: float, seconds: float, buckets: int = BUCKETS) -> Iterator[Peaks]:
    """Yield the peaks of `seconds` of sound from media time `start_s`, about once a media minute.

    Each yield is the whole picture so far. Nothing is yielded for a video without sound; damaged
    sound ends the picture early.
    """
    found: Peaks = np.zeros((buckets, 2), dtype=np.float32)
    reported, heard = 0.0, False
    for time_s, samples in mono(source, _RATE):
        heard, at_s = True, time_s - start_s
        _collect(found, samples, at_s, seconds)
        if at_s - reported > 60:
            reported = at_s
            yield found.copy()
    if heard:
        yield found


def _collect(found: Peaks, values: Samples, at_s: float, seconds: float) -> None:
    """Fold samples that start at `at_s` into their buckets."""
    times = at_s + np.arange(len(values)) / _RATE
    bucket = (times / max(seconds, 1e-9) * len(found)).astype(np.int64)
    inside = (bucket >= 0) & (bucket < len(found))
    np.minimum.at(found[:, 0], bucket[inside], values[inside])
    np.maximum.at(found[:, 1], bucket[inside], values[inside])


class Waveform(QWidget):
    """Paints the peaks on the time bar's axis; a click scrubs. Hidden for a video without sound."""

    scrubbed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Sound level over time")
        self._peaks: Peaks | None = None
        self._reading = False
        self._head: Playhead | None = None
        self._worker = Background(self)
        self._worker.item.connect(self._grow)

    def sizeHint(self) -> QSize:
        return QSize(400, 40)

    def load(self, source: Source, head: Playhead, start_s: float) -> None:
        """Read the sound of `source` on a thread; `start_s` is the first frame's own time."""
        self.clear()
        self._reading = True
        seconds = head.table.duration_ms / 1000

        def work() -> Iterator[object]:
            try:
                yield from peaks(source, start_s, seconds)
            except MediaError:
                return  # the picture's error is the one worth telling

        self._worker.start("waveform", work)

    @property
    def loaded(self) -> bool:
        """Whether the sound is here, or on its way."""
        return self._reading

    def clear(self) -> None:
        """Forget the sound shown and stop reading."""
        self._worker.stop()
        self._peaks, self._reading = None, False
        self.update()

    def set_playhead(self, head: Playhead | None) -> None:
        """Where the needle stands."""
        self._head = head
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._head is not None:
            axis = TimeAxis(self.width(), self._head.table.duration_ms)
            self.scrubbed.emit(self._head.table.at_ms(axis.ms(event.position().x())))

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = style.tokens()
        with QPainter(self) as painter:
            painter.setFont(style.font("caption"))
            painter.setPen(QColor(worn.text_muted))
            axis = TimeAxis(self.width(), self._head.table.duration_ms if self._head else 0)
            gutter = QRectF(10, 0, axis.left - 20, self.height())
            painter.drawText(gutter, Qt.AlignmentFlag.AlignVCenter, "Sound")
            if self._peaks is None or self._head is None:
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.text_faint))
            painter.drawPolygon(self._outline(axis, self._peaks))
            x = axis.x(self._head.table.seconds_of(self._head.frame) * 1000)
            painter.fillRect(QRectF(x - 1, 0, 2, self.height()), QColor(worn.text))

    def _grow(self, found: Peaks) -> None:
        self._peaks = found
        self.update()

    def _outline(self, axis: TimeAxis, found: Peaks) -> QPolygonF:
        middle, reach = self.height() / 2, self.height() / 2 - 2
        xs = axis.left + axis.span * (np.arange(len(found)) + 0.5) / len(found)
        upper = middle - np.maximum(found[:, 1] * reach, 0.5)
        lower = middle - np.minimum(found[:, 0] * reach, -0.5)
        top = [QPointF(x, y) for x, y in zip(xs.tolist(), upper.tolist(), strict=True)]
        bottom = [QPointF(x, y) for x, y in zip(xs.tolist(), lower.tolist(), strict=True)]
        return QPolygonF([*top, *reversed(bottom)])
