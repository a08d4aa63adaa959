"""A small surface beside what opened it; Esc or a click elsewhere closes it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.theme import style
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay
from studio.widgets.painting import shadow

GAP: Final = 6
ROOM: Final = "room"
"""The property of a widget that popovers of what is in it must not leave."""


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
        room = self._room()
        x, y = self._anchor.mapTo(self.window(), QPoint(0, self._anchor.height() + GAP)).toTuple()
        if y + size.height() > room.bottom():
            y = self._anchor.mapTo(self.window(), QPoint(0, -size.height() - GAP)).y()
        if y < room.top():
            y = room.bottom() - size.height()
        x = min(x, room.right() - size.width())
        return QPoint(max(room.left(), x), max(room.top(), y))

    def _room(self) -> QRect:
        """Return where it may stand: over the page of its anchor, never over what frames the pages."""
        page: QWidget | None = self._anchor
        while page is not None and not page.property(ROOM):
            page = page.parentWidget()
        around = page if page is not None else self.window()
        margin = style.tokens().space_3
        frame = QRect(around.mapTo(self.window(), QPoint()), around.size())
        return frame.adjusted(margin, GAP, -margin, -GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint no shade: what lies below stays as bright as it was."""
        shadow(QPainter(self), self.surface.geometry().toRectF(), style.tokens().radius_large)
