"""The shape of a list while its rows are on their way."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QVariantAnimation
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from studio.theme import style
from studio.widgets.painting import fill_rounded

_WIDTHS = (0.42, 0.66, 0.54, 0.60, 0.36, 0.70, 0.48)


class Skeleton(QWidget):
    """Grey bars in place of rows. They breathe slowly, and stand still under reduced motion."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loading")
        self._pulse = QVariantAnimation(self)
        self._pulse.setStartValue(0.45)
        self._pulse.setKeyValueAt(0.5, 1.0)
        self._pulse.setEndValue(0.45)
        self._pulse.setDuration(1600)
        self._pulse.setLoopCount(-1)
        self._pulse.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._pulse.valueChanged.connect(self.update)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not style.theme().reduced_motion:
            self._pulse.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._pulse.stop()

    def moving(self) -> bool:
        """Tell whether the bars breathe now."""
        return self._pulse.state() == QVariantAnimation.State.Running

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(float(self._pulse.currentValue()) if self.moving() else 0.8)
        step = style.tokens().row_height
        for number in range(self.height() // step + 1):
            y = number * step + (step - 12) / 2
            fill_rounded(painter, QRectF(12, y, 64, 12), "border", 6)
            room = max(0, self.width() - 200)
            fill_rounded(painter, QRectF(96, y, room * _WIDTHS[number % len(_WIDTHS)], 12), "border", 6)
            fill_rounded(painter, QRectF(self.width() - 76, y, 64, 12), "border", 6)
