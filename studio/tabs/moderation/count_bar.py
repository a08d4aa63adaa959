"""A name, a bar and a figure in one line: one part of a sum beside its other parts."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.widgets.label import tooltip
from studio.widgets.painting import fill_rounded

_NAME_SHARE: Final = 0.6
_BAR: Final = 6


class CountBar(QWidget):
    """`share` is 0..1 of the bar; `figure` is what it stands for, in words."""

    def __init__(
        self, name: str, share: float, figure: str, tone: str = "accent", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._share, self._figure, self._tone = name, min(1.0, max(0.0, share)), figure, tone
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
        metrics = painter.fontMetrics()
        named = int(self.width() * _NAME_SHARE)
        figured = max(44, metrics.horizontalAdvance(self._figure) + 8)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(worn.text))
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, named - 10)
        painter.drawText(QRectF(0, 0, named, self.height()), Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.setPen(QColor(worn.text_muted))
        right = QRectF(self.width() - figured, 0, figured, self.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | middle, self._figure)
        track = QRectF(named, (self.height() - _BAR) / 2, self.width() - named - figured - 4, _BAR)
        fill_rounded(painter, track, "raised", _BAR / 2)
        if self._share:
            track.setWidth(max(_BAR, track.width() * self._share))
            fill_rounded(painter, track, self._tone, _BAR / 2)
