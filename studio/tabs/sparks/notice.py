"""What was refused, until the person has read it: no reading of the catalogue takes it away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import Label


class Notice(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.setAccessibleName("What was not done")
        worn = style.tokens()
        self.text = Label("", "danger", wrap=True)
        self.close_button = IconButton("x", "Close this notice")
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_2, worn.space_2, worn.space_2)
        row.setSpacing(worn.space_2)
        row.addWidget(self.text, 1)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, what: str) -> None:
        """Say this, in place of what was said before."""
        self.text.setText(what)
        self.show()
