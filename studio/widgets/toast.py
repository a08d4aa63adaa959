"""Passing notices in the lower right corner; one with an undo shows how long it can be taken back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.messages import Level, Message
from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.button import Button, IconButton
from studio.widgets.label import Label
from studio.widgets.painting import SHADOW, shadow

WIDTH: Final = 380
MOST: Final = 4
CLEAR: Final = "clear-of-toasts"
"""The object name of a column at the right that toasts stand beside, since it is needed at every moment."""
BELOW: Final = "below-toasts"
"""The object name of what is needed all the time at the lower edge, like a time bar: they stand above it."""
_STEP_MS: Final = 100
_STATUS: Final = 28
_LOOK: Final = {
    Level.INFO: ("info", "info"),
    Level.SUCCESS: ("check", "success"),
    Level.WARNING: ("alert-triangle", "warning"),
    Level.ERROR: ("alert-triangle", "danger"),
}


class Toast(QFrame):
    """One notice. Its time stands still while the mouse or the focus is on it."""

    closed = Signal()

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self.setProperty("surface", "overlay")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(message.text)
        worn = style.tokens()
        self._whole = int(message.seconds * 1000) if message.seconds else worn.toast_ms
        self._left = self._whole
        self._hovered = False
        picture, role = _LOOK[message.level]
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_3, worn.space_2, worn.space_3)
        row.setSpacing(worn.space_3)
        self._ring = _Ring(picture, role, counting=message.undo is not None)
        row.addWidget(self._ring, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(Label(message.text, "strong", wrap=True))
        if message.detail:
            words.addWidget(Label(message.detail, "muted", wrap=True))
        words.addStretch(1)
        row.addLayout(words, 1)
        if message.undo is not None:
            undo = Button("Undo", icon="undo")
            undo.clicked.connect(self._undo)
            row.addWidget(undo, 0, Qt.AlignmentFlag.AlignVCenter)
        if (action := message.action) is not None:
            offer = Button(action.title, kind="quiet")
            offer.clicked.connect(lambda: action.do())
            row.addWidget(offer, 0, Qt.AlignmentFlag.AlignVCenter)
        close = IconButton("x", "Dismiss")
        close.clicked.connect(self.close_now)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(lambda: self.spend(_STEP_MS))
        self._timer.start()

    def spend(self, milliseconds: int) -> None:
        """Let time pass, unless somebody is reading."""
        if self.message.offered is not None and not self.message.offered():
            self.close_now()  # its Undo would do nothing
            return
        if self._hovered or self.isAncestorOf(self.window().focusWidget() or self.window()):
            return
        self._left -= milliseconds
        self._ring.set_share(max(0.0, self._left / self._whole))
        if self._left <= 0:
            self.close_now()

    def close_now(self) -> None:
        """Take the notice away."""
        self._timer.stop()
        self.closed.emit()

    def _undo(self) -> None:
        if self.message.undo is not None:
            self.message.undo()
        self.close_now()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        super().leaveEvent(event)


class _Ring(QWidget):
    """The icon, and around it the time that is left."""

    def __init__(self, icon: str, role: str, *, counting: bool) -> None:
        super().__init__()
        self._icon, self._role, self._counting, self._share = icon, role, counting, 1.0
        self.setFixedSize(30, 30)

    def set_share(self, share: float) -> None:
        self._share = share
        if self._counting:
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(30, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = style.tokens()
        if self._counting:
            circle = QRectF(2, 2, 26, 26)
            for role, share in (("border", 1.0), (self._role, self._share)):
                pen = QPen(QColor(worn.color(role)), 2.5)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawArc(circle, 90 * 16, int(360 * 16 * share))
        size = 14 if self._counting else 20
        at = (30 - size) // 2
        painter.drawPixmap(at, at, pixmap(self._icon, self._role, size, self.devicePixelRatioF()))


class ToastStack(QWidget):
    """Stands at the lower right of its parent, left of `CLEAR` and above `BELOW`; the oldest goes beyond
    `MOST`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(SHADOW, SHADOW, SHADOW, SHADOW)
        self._layout.setSpacing(style.tokens().space_2)
        parent.installEventFilter(self)
        self.hide()

    def show_message(self, message: Message) -> Toast:
        """Show a notice below the earlier ones."""
        toast = Toast(message, self)
        toast.closed.connect(lambda: self._drop(toast))
        self._layout.addWidget(toast)
        while len(self.toasts()) > MOST:
            self._drop(self.toasts()[0])
        self._place()
        return toast

    def toasts(self) -> list[Toast]:
        """Return what is shown, the oldest first."""
        items = (self._layout.itemAt(n) for n in range(self._layout.count()))
        return [w for item in items if item is not None and isinstance(w := item.widget(), Toast)]

    def clear(self) -> None:
        """Take all of them away; what they offered to undo stays done."""
        for toast in self.toasts():
            toast.close_now()

    def undo_last(self) -> bool:
        """Take back the newest thing that can be; tell whether there was one."""
        for toast in reversed(self.toasts()):
            if toast.message.undo is not None:
                toast._undo()
                return True
        return False

    def _drop(self, toast: Toast) -> None:
        self._layout.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self._place()

    def _place(self) -> None:
        """Move before showing: a stack that appears elsewhere first may appear under the mouse."""
        for toast in self.toasts():
            toast.show()
        self.adjustSize()
        over = self._over.rect()
        gap = style.tokens().space_4 - SHADOW
        right, bottom = over.right(), over.bottom() - _STATUS
        # Tabs that are not shown have theirs, too.
        for column in self._over.findChildren(QWidget, CLEAR):
            if column.isVisible():
                right = column.mapTo(self._over, column.rect().topLeft()).x()
        for part in self._over.findChildren(QWidget, BELOW):
            top = part.mapTo(self._over, part.rect().topLeft())
            if part.isVisible() and top.x() < right and top.x() + part.width() > right - self.width():
                bottom = min(bottom, top.y())
        self.move(right - self.width() - gap, max(bottom - self.height() - gap, 0))
        self.setVisible(bool(self.toasts()))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for toast in self.toasts():
            shadow(painter, toast.geometry().toRectF(), style.tokens().radius_large)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
