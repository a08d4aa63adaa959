"""A surface over the whole window that takes the keyboard and gives it back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.theme import style


class Overlay(QWidget):
    """Fill `body`. Esc or a click beside the surface closes; the focus returns where it was."""

    closed = Signal()

    def __init__(self, name: str, window: QWidget, width: int) -> None:
        super().__init__(window)
        self._over = window
        self._wanted = width
        self._before: QWidget | None = None
        self.surface = QFrame(self)
        self.surface.setProperty("surface", "overlay")
        self.surface.setAccessibleName(name)
        self.body = QVBoxLayout(self.surface)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        window.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show over the window and take the keyboard."""
        if self.isVisible():
            return
        self._before = self.window().focusWidget()
        self._fit()
        self.show()
        self.raise_()
        self.setFocus()

    def close_now(self) -> None:
        """Hide and give the keyboard back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
        self.closed.emit()

    def _fit(self) -> None:
        window = self._over.rect()
        self.setGeometry(window)
        width = min(self._wanted, window.width() - 48)
        self.surface.setFixedWidth(width)
        size = QSize(width, min(self.wanted_height(), window.height() - 48))
        self.surface.setGeometry(QRect(self.place(window.size(), size), size))

    def place(self, window: QSize, size: QSize) -> QPoint:
        """Return where the surface of `size` stands in the window: in the middle, nearer the top."""
        return QPoint((window.width() - size.width()) // 2, max(24, (window.height() - size.height()) // 4))

    def wanted_height(self) -> int:
        """Return the height in px that the surface would like."""
        return self.surface.sizeHint().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002
        """Keep Tab inside: what lies below is out of reach until this is closed."""
        stops = [
            w
            for w in self.surface.findChildren(QWidget)
            if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled()
        ]
        if stops:
            now = self.window().focusWidget()
            place = stops.index(now) if now in stops else -1
            stops[(place + (1 if next else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_now()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.surface.geometry().contains(event.position().toPoint()):
            self.close_now()

    def paintEvent(self, event: QPaintEvent) -> None:
        shade = QColor(style.tokens().sunken if style.tokens().name != "light" else "#161920")
        shade.setAlpha(150)
        QPainter(self).fillRect(self.rect(), shade)
