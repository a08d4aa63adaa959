"""Says how much room a text has left, once it runs short, and that it is too long."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QPlainTextEdit

from studio.widgets.label import Label

SHORT: Final = 0.8
"""From this share of the room on it is said."""


class LengthNote(Label):
    """Watches one field. Nothing is ever cut off: whoever sends the text asks `over` first."""

    def __init__(self, field: QPlainTextEdit, most: int) -> None:
        super().__init__("", "caption")
        self._field, self._most = field, most
        self.setAccessibleName("Length of the text")
        field.textChanged.connect(self._show)
        self._show()

    @property
    def over(self) -> int:
        """By how many characters the text is too long."""
        return max(0, len(self._field.toPlainText().strip()) - self._most)

    def _show(self) -> None:
        length = len(self._field.toPlainText().strip())
        too_long = f" · {self.over:,} too many" if self.over else ""
        self.setText(f"{length:,} of {self._most:,} characters{too_long}")
        self.setVisible(length > self._most * SHORT)
