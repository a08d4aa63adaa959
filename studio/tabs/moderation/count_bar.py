"""A name, a bar and a figure in one line: one part of a sum beside its other parts."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.widgets.label import tooltip
from studio.widgets.painting import fill_rounded

_NAME_MOST: Final = 0.72
"""Of the width: a longer name is cut, so that there is a bar at all."""
_GAP: Final = 10
_BAR: Final = 6
_LEAST: Final = 1.5
"""A part that is there at all is seen."""


class CountBar(QWidget):
    """`share` is 0..1 of the bar; `figure` is what it stands for, in words."""

    def __init__(
        self, name: str, share: float, figure: str, tone: str = "accent", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._share, self._figure, self._tone = name, min(1.0, max(0.0, share)), figure, tone
        self._beside: Sequence[CountBar] = (self,)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name}: {figure}")
        self.setToolTip(tooltip(f"{name}: {figure}"))

    def sizeHint(self) -> QSize:
        return QSize(260, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        worn = style.tokens()
        named, figured = self._columns()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(worn.text))
        left = QRectF(0, 0, named, self.height())
        painter.drawText(left, Qt.AlignmentFlag.AlignLeft | middle, self.shown_name())
        painter.setPen(QColor(worn.text_muted))
        right = QRectF(self.width() - figured, 0, figured, self.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | middle, self._figure)
        track = self.track()
        fill_rounded(painter, track, "raised", _BAR / 2)
        if self._share:
            track.setWidth(self.length())
            fill_rounded(painter, track, self._tone, min(_BAR, track.width()) / 2)

    def shown_name(self) -> str:
        """The name, cut where it has no room."""
        room = self._columns()[0] - _GAP
        return QFontMetricsF(self.font()).elidedText(self._name, Qt.TextElideMode.ElideRight, room)

    def track(self) -> QRectF:
        """Where the bar may be."""
        named, figured = self._columns()
        return QRectF(named, (self.height() - _BAR) / 2, self.width() - named - figured, _BAR)

    def length(self) -> float:
        """How long the bar is, in px, and no rounder than its share: small parts are told apart."""
        return max(_LEAST, self.track().width() * self._share)

    def _columns(self) -> tuple[int, int]:
        """Return how wide names and figures are, the same for all that stand together."""
        # Rounded up: the whole pixels of QFontMetrics may be too few for the last letter.
        metrics = QFontMetricsF(self.font())
        named = ceil(max(metrics.horizontalAdvance(each._name) for each in self._beside)) + 1 + _GAP
        figured = ceil(max(metrics.horizontalAdvance(each._figure) for each in self._beside)) + _GAP
        return min(named, int(self.width() * _NAME_MOST)), figured


def line_up(bars: Sequence[CountBar]) -> None:
    """Have bars that stand one below the other begin and end at the same places."""
    for bar in bars:
        bar._beside = tuple(bars)
