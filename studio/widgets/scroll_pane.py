"""Content that scrolls: it fades where it goes on beyond an edge, so that no line looks cut by mistake."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from studio.theme import style

FADE: Final = 28


class ScrollPane(QScrollArea):
    """`ground` is the token colour it stands on."""

    def __init__(self, name: str, inside: QWidget | None = None, *, ground: str = "surface") -> None:
        """`name` is what a screen reader calls it."""
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self._fades = [_Fade(self, ground, top=True), _Fade(self, ground, top=False)]
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._show_fades)
        bar.rangeChanged.connect(self._show_fades)
        if inside is not None:
            self.setWidget(inside)
        self._show_fades()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_fades()

    def _show_fades(self) -> None:
        bar, room = self.verticalScrollBar(), self.viewport().geometry()
        top, bottom = self._fades
        top.setGeometry(room.x(), room.y(), room.width(), FADE)
        bottom.setGeometry(room.x(), room.bottom() + 1 - FADE, room.width(), FADE)
        top.setVisible(bar.value() > bar.minimum())
        bottom.setVisible(bar.value() < bar.maximum())
        for fade in self._fades:
            fade.raise_()


class _Fade(QWidget):
    def __init__(self, over: QWidget, ground: str, *, top: bool) -> None:
        super().__init__(over)
        self._ground, self._top = ground, top
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        solid = QColor(style.tokens().color(self._ground))
        clear = QColor(solid)
        clear.setAlpha(0)
        fall = QLinearGradient(0, 0, 0, self.height())
        fall.setColorAt(0, solid if self._top else clear)
        fall.setColorAt(1, clear if self._top else solid)
        QPainter(self).fillRect(self.rect(), fall)
