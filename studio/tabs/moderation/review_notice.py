"""One line above the content: the server is out of reach, nobody seems to be there, the video is coming."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import ElidedLabel


class Notice(QFrame):
    """Hidden while there is nothing to say."""

    acted = Signal()

    def __init__(self, icon: str, tone: str, action: str = "") -> None:
        super().__init__()
        worn = style.tokens()
        self.setProperty("surface", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_1, worn.space_2, worn.space_1)
        row.setSpacing(worn.space_2)
        picture = IconLabel(icon, tone, worn.icon_size)
        self._what = ElidedLabel()
        row.addWidget(picture)
        row.addWidget(self._what, 1)
        if action:
            button = Button(action, kind="quiet")
            button.clicked.connect(self.acted)
            row.addWidget(button)
        self.hide()

    def tell(self, what: str) -> None:
        """Say something; an empty text hides the line."""
        if what != self._what.text():
            self._what.setText(what)
            self.setAccessibleName(what)
        self.setVisible(bool(what))
