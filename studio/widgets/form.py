"""Rows of a form: label, field, help, and the fault of this field beside this field."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.label import Label


class FormRow(QWidget):
    """Names `field` for screen readers and shows its help or its fault below it."""

    def __init__(
        self, label: str, field: QWidget, help_text: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.field = field
        self._help = help_text
        field.setAccessibleName(label)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(style.tokens().space_1)
        name = Label(label, "strong")
        name.setBuddy(field)
        self._below = Label("", "caption", wrap=True)
        layout.addWidget(name)
        layout.addWidget(field)
        layout.addWidget(self._below)
        rigid = field.sizePolicy().verticalPolicy() in (QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        self.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed if rigid else QSizePolicy.Policy.Preferred
        )
        self.set_fault("")

    def set_help(self, text: str) -> None:
        """Explain the field in other words."""
        self._help = text
        self.set_fault("")

    def set_fault(self, text: str) -> None:
        """Say what is wrong with the field; "" when nothing is."""
        self._below.setText(text or self._help)
        self._below.set_tone("danger" if text else "caption")
        self._below.setVisible(bool(text or self._help))
        self.field.setAccessibleDescription(text or self._help)
        self.field.setProperty("state", "invalid" if text else "")
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)
