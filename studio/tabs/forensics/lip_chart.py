"""Mouth and speech as curves over time, and how well they agree when the sound is shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from server.forensics.schemas import CurveView
from studio.tabs.forensics.evidence import Lips
from studio.theme import style
from studio.video.playhead import timecode
from studio.widgets.painting import fill_rounded, focus_ring

_ROW: Final = 44
_GAP: Final = 18
_LAGS: Final = 52
_PAD: Final = 6
_STEP_MS: Final = 100
_NEAR_MS: Final = 200
"""Sound that is apart from the picture by no more belongs to it, as in any recording."""


def lag_words(lag_ms: int | None) -> str:
    """What the lag says, in a sentence."""
    if lag_ms is None:
        return "No lag was found at which they agree."
    if lag_ms == 0:
        return "They agree best without any lag."
    side = "late" if lag_ms > 0 else "early"
    return f"They agree best where the sound comes {abs(lag_ms)} ms {side}."


class LipChart(QWidget):
    """`sought` carries the millisecond that was pressed. Left and right go on by a tenth of a second."""

    sought = Signal(int)
    operated_by = frozenset({"Left", "Right"})

    def __init__(self, lips: Lips) -> None:
        super().__init__()
        self._lips = lips
        self._now_ms: int | None = None
        self._still: tuple[object, QPixmap] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Mouth opening and loudness of speech over time")
        self.setAccessibleDescription(lag_words(lips.lag_ms))

    @property
    def start_ms(self) -> int:
        """Where the curves begin."""
        return self._lips.opening.start_ms

    @property
    def end_ms(self) -> int:
        """Where they end."""
        curve = self._lips.opening
        return curve.start_ms + round(curve.step_ms * len(curve.values))

    def sizeHint(self) -> QSize:
        return QSize(280, 2 * (_ROW + _GAP) + (_LAGS + _GAP if self._lips.lags else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def set_now(self, ms: int | None) -> None:
        """Where the video stands; None = nowhere."""
        if ms != self._now_ms:
            self._now_ms = ms
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < 2 * (_ROW + _GAP):
            share = (event.position().x() - _PAD) / max(self.width() - 2 * _PAD, 1)
            self._seek(self.start_ms + min(max(share, 0.0), 1.0) * (self.end_ms - self.start_ms))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -_STEP_MS, Qt.Key.Key_Right: _STEP_MS}
        if event.key() in moves:
            now = self.start_ms if self._now_ms is None else self._now_ms
            self._seek(now + moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        still = self._curves()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawPixmap(0, 0, still)
            self._paint_needle(painter)
            if self.hasFocus():
                focus_ring(painter, QRectF(self.rect()), style.tokens().radius_small)

    # Inside

    def _curves(self) -> QPixmap:
        """All but the needle, drawn once: while the video plays, that alone moves."""
        worn, ratio = style.tokens(), self.devicePixelRatioF()
        drawn_for = self.size(), ratio, worn
        if self._still is None or self._still[0] != drawn_for:
            made = QPixmap(self.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            with QPainter(made) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setFont(style.font("caption"))
                top = self._paint_curve(painter, 0, "Mouth opening", self._lips.opening, worn.accent)
                top = self._paint_curve(painter, top, "Loudness of speech", self._lips.loudness, worn.warning)
                if self._lips.lags is not None:
                    self._paint_lags(painter, top, self._lips.lags)
            self._still = drawn_for, made
        return self._still[1]

    def _paint_needle(self, painter: QPainter) -> None:
        if self._now_ms is None or not self.start_ms <= self._now_ms <= self.end_ms:
            return
        x = self._x((self._now_ms - self.start_ms) / max(self.end_ms - self.start_ms, 1))
        painter.setPen(QPen(QColor(style.tokens().text), 1.5))
        for bottom in (_GAP + _ROW, 2 * (_GAP + _ROW)):
            painter.drawLine(QPointF(x, bottom - _ROW + 2), QPointF(x, bottom - 2))

    def _seek(self, ms: float) -> None:
        at = round(min(max(ms, self.start_ms), self.end_ms))
        self.setAccessibleDescription(f"At {timecode(at)}. {lag_words(self._lips.lag_ms)}")
        self.sought.emit(at)

    def _x(self, share: float) -> float:
        return _PAD + (self.width() - 2 * _PAD) * share

    def _title(self, painter: QPainter, top: float, left: str, right: str = "") -> None:
        painter.setPen(QColor(style.tokens().text_muted))
        box = QRectF(_PAD, top, self.width() - 2 * _PAD, _GAP)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, left)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)

    def _paint_curve(self, painter: QPainter, top: float, title: str, curve: CurveView, ink: str) -> float:
        ends = f"{timecode(self.start_ms)} to {timecode(self.end_ms)}" if top == 0 else ""
        self._title(painter, top, title, ends)
        box = QRectF(0, top + _GAP, self.width(), _ROW)
        fill_rounded(painter, box, "sunken", style.tokens().radius_small)
        painter.setPen(QPen(QColor(ink), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for part in runs(curve.values):
            painter.drawPolyline(self._points(part, curve.values, box))
        return float(box.bottom())

    def _points(self, part: range, values: Sequence[float | None], box: QRectF) -> QPolygonF:
        known = [value for value in values if value is not None]
        low, high = min(known), max(known)
        reach = (box.height() - 8) / max(high - low, 1e-9)
        last = max(len(values) - 1, 1)
        return QPolygonF(
            [QPointF(self._x(n / last), box.bottom() - 4 - ((values[n] or 0.0) - low) * reach) for n in part]
        )

    def _paint_lags(self, painter: QPainter, top: float, lags: CurveView) -> None:
        worn = style.tokens()
        self._title(painter, top, "Agreement when the sound is shifted", "")
        box = QRectF(0, top + _GAP, self.width(), _LAGS)
        fill_rounded(painter, box, "sunken", worn.radius_small)
        first, length = lags.start_ms, max(lags.step_ms * (len(lags.values) - 1), 1.0)
        left, right = (self._x((at - first) / length) for at in (-_NEAR_MS, _NEAR_MS))
        near = QColor(worn.accent)
        near.setAlpha(40)
        plot = box.adjusted(0, 0, 0, -14)
        painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), near)
        painter.setPen(QPen(QColor(worn.text), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for part in runs(lags.values):
            painter.drawPolyline(self._points(part, lags.values, plot))
        painter.setPen(QColor(worn.text_muted))
        for at in (-400, -_NEAR_MS, 0, _NEAR_MS, 400):
            if first <= at <= first + length:
                spot = QRectF(self._x((at - first) / length) - 30, plot.bottom() - 1, 60, 14)
                words = f"{at:+d} ms" if at else "0"
                painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, words)
        if self._lips.lag_ms is not None:
            x = self._x((self._lips.lag_ms - first) / length)
            painter.setPen(QPen(QColor(worn.warning), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.top() + 2), QPointF(x, plot.bottom()))


def runs(values: Sequence[float | None]) -> list[range]:
    """The stretches of a curve in which something was measured."""
    found: list[range] = []
    begin: int | None = None
    for n, value in enumerate([*values, None]):
        if value is not None and begin is None:
            begin = n
        elif value is None and begin is not None:
            found.append(range(begin, n))
            begin = None
    return found
