"""Text fields of which nothing is lost: what is typed is handed over as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

PAUSE_MS: Final = 400


class DraftEdit(QPlainTextEdit):
    """Calls `keep` with the text when typing pauses, and at once when the field is left or hidden.

    A text that has been kept already is not handed over again. `submitted` = Ctrl+Enter was pressed.
    """

    submitted = Signal()

    def __init__(
        self,
        name: str,
        keep: Callable[[str], object],
        *,
        text: str = "",
        lines: int = 4,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._keep, self._kept, self._lines = keep, text, lines
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.keep_now)
        self.textChanged.connect(self._pause.start)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        else:
            super().keyPressEvent(event)

    def keep_now(self) -> None:
        """Hand over what has been typed, if that is news."""
        self._pause.stop()
        text = self.toPlainText()
        if text != self._kept:
            self._kept = text
            self._keep(text)

    def replace(self, text: str) -> None:
        """Show another text, as when another item is opened; what was typed before is kept first."""
        self.keep_now()
        self._kept = text
        self.setPlainText(text)
        self._pause.stop()

    def put_before(self, draft: str) -> None:
        """Show a draft that was found while somebody may have begun to type: neither is lost."""
        typed = self.toPlainText()
        if draft and draft != typed:
            self._kept = draft
            self.setPlainText(f"{draft}\n{typed}" if typed else draft)
            self.moveCursor(QTextCursor.MoveOperation.End)
            if not typed:
                self._pause.stop()

    def forget(self) -> None:
        """Empty the field of a text that is kept elsewhere now."""
        self._kept = ""
        self.clear()
        self._pause.stop()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.keep_now()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.keep_now()
        super().hideEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * self._lines + 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().lineSpacing() * 2 + 22)


class DraftLine(QLineEdit):
    """One line that is kept as `DraftEdit` keeps many."""

    def __init__(self, name: str, keep: Callable[[str], object], *, text: str = "") -> None:
        super().__init__(text)
        self._keep, self._kept = keep, text
        self.setAccessibleName(name)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.keep_now)
        self.textEdited.connect(self._pause.start)
        self.editingFinished.connect(self.keep_now)

    def keep_now(self) -> None:
        """Hand over what has been typed, if that is news."""
        self._pause.stop()
        if self.text() != self._kept:
            self._kept = self.text()
            self._keep(self._kept)

    def hideEvent(self, event: QHideEvent) -> None:
        self.keep_now()
        super().hideEvent(event)
