"""A button that asks once more in its own place, for what cannot be taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QWidget

from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label


class InlineConfirm(QWidget):
    """Emits `confirmed` after the second press; Esc or Cancel goes back to the first button."""

    confirmed = Signal()

    def __init__(
        self, text: str, question: str, confirm: str, *, icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._stack = QStackedLayout(self)
        self.first = Button(text, icon=icon)
        self.yes, self.no = Button(confirm, kind="danger"), Button("Cancel", kind="quiet")
        first = QWidget()
        first_row = QHBoxLayout(first)
        asked = QWidget()
        row = QHBoxLayout(asked)
        for each in (first_row, row):
            each.setContentsMargins(0, 0, 0, 0)
            each.setSpacing(style.tokens().space_2)
        first_row.addWidget(self.first)
        first_row.addStretch(1)
        row.addWidget(Label(question))
        row.addWidget(self.yes)
        row.addWidget(self.no)
        row.addStretch(1)
        self._stack.addWidget(first)
        self._stack.addWidget(asked)
        self.first.clicked.connect(self._ask)
        self.no.clicked.connect(self._back)
        self.yes.clicked.connect(self._confirm)

    def asking(self) -> bool:
        """Tell whether the second press is awaited."""
        return self._stack.currentIndex() == 1

    def _ask(self) -> None:
        self._stack.setCurrentIndex(1)
        self.no.setFocus()

    def _back(self) -> None:
        self._stack.setCurrentIndex(0)
        self.first.setFocus()

    def _confirm(self) -> None:
        self._back()
        self.confirmed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.asking():
            self._back()
        else:
            super().keyPressEvent(event)
