"""A line of text to search by, with its glass at the left and a way to clear it at the right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.theme.icons import pixmap
from studio.widgets.button import IconButton

_ICON: Final = 16


class SearchField(QLineEdit):
    """Esc clears it first, and only then means what it means around it.

    `down`: the arrow key, which leads to what is found.
    """

    down = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(name)
        self.setTextMargins(_ICON + 8, 0, _ICON + 8, 0)
        self._clear = IconButton("x", "Clear", parent=self)
        self._clear.setProperty("kind", "inset")
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.clicked.connect(self.clear)
        self._clear.hide()
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = self.height() - 8
        self._clear.setGeometry(self.width() - side - 5, 4, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        glass = pixmap("search", "text_muted", _ICON, self.devicePixelRatioF())
        QPainter(self).drawPixmap(10, (self.height() - _ICON) // 2, glass)
