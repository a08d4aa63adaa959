"""A small surface beside what opened it; Esc or a click elsewhere closes it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.theme import style
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay
from studio.widgets.painting import shadow


class Popover(Overlay):
    """Fill `body`, then `open_at` a widget.

    It is part of the window and no popup of its own: Wayland places those where it likes.
    """

    def __init__(self, title: str, window: QWidget, width: int = 280) -> None:
        super().__init__(title, window, width)
        self._anchor: QWidget | None = None
        worn = style.tokens()
        self.body.setContentsMargins(worn.space_4, worn.space_3, worn.space_4, worn.space_4)
        self.body.setSpacing(worn.space_2)
        self.body.addWidget(Label(title, "strong"))

    def open_at(self, anchor: QWidget) -> None:
        """Show below `anchor`, or above it where there is no room below."""
        self._anchor = anchor
        self.open()

    def place(self, window: QSize, size: QSize) -> QPoint:
        if self._anchor is None:
            return super().place(window, size)
        below = self._anchor.mapTo(self.window(), QPoint(0, self._anchor.height() + 6))
        if below.y() + size.height() > window.height() - 8:
            below.setY(self._anchor.mapTo(self.window(), QPoint(0, -size.height() - 6)).y())
        margin = style.tokens().space_5
        return QPoint(max(margin, min(below.x(), window.width() - size.width() - margin)), max(8, below.y()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint no shade: what lies below stays as bright as it was."""
        shadow(QPainter(self), self.surface.geometry().toRectF(), style.tokens().radius_large)
