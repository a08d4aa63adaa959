"""A pane beside the picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from studio.focus_order import REGION
from studio.widgets.toast import CLEAR

WIDTH: Final = 380


class SidePane(QFrame):
    """Esc puts it away; the picture goes on."""

    closed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("surface", "window")
        self.setProperty(REGION, True)
        self.setObjectName(CLEAR)  # what was just done here is told beside it
        self.setAccessibleName(name)
        self.setFixedWidth(WIDTH)
        self.hide()

    def close_now(self) -> None:
        """Put it away."""
        self.hide()
        self.closed.emit()

    def take_keys(self) -> None:
        """Give the keyboard to what one wants of it first; here the keys of the feed stay what they are."""
        self.setFocus()

    def retry(self) -> None:
        """Read what could not be read."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_now()
        else:
            super().keyPressEvent(event)
