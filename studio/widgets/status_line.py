"""The bottom line: connection, edits that wait, what the session is worth, who am I."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label, tooltip

Connection = Literal["online", "reconnecting", "offline"]
_LOOK: Final[dict[Connection, tuple[str, str, str]]] = {
    "online": ("online", "success", "Online"),
    "reconnecting": ("sync", "warning", "Reconnecting"),
    "offline": ("offline", "danger", "Offline"),
}


class StatusLine(QFrame):
    """Emits `waiting_opened` when the count of waiting edits is pressed."""

    waiting_opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(34)
        worn = style.tokens()
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, 0, worn.space_3, 0)
        row.setSpacing(worn.space_2)
        self._picture, self._connection = IconLabel("offline", "danger"), Label("", "muted")
        self._waiting = Button("", kind="link")
        self._waiting.clicked.connect(self.waiting_opened)
        self._note = IconLabel("key")
        self._who_picture, self._who = IconLabel("person"), Label("", "muted")
        for widget in (self._picture, self._connection, self._waiting):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._note)
        row.addWidget(self._who_picture)
        row.addWidget(self._who)
        self.set_connection("offline")
        self.set_waiting(0)
        self.set_note("")
        self.set_person("")

    def set_connection(self, state: Connection, detail: str = "") -> None:
        """Show the state of the connection; `detail` is its tooltip."""
        icon, role, words = _LOOK[state]
        self._picture.set_icon(icon, role)
        self._connection.setText(words)
        self._connection.setToolTip(tooltip(detail))
        self._picture.setAccessibleName(words)

    def set_waiting(self, edits: int) -> None:
        """Show how many edits the server has not accepted yet; 0 hides it."""
        words = f"{edits} edit waiting" if edits == 1 else f"{edits} edits waiting"
        self._waiting.setText(words)
        self._waiting.setAccessibleName(words)
        self._waiting.setVisible(edits > 0)

    def set_note(self, text: str) -> None:
        """Mark a lasting remark, such as that the session is not remembered; its words are the tooltip."""
        self._note.setToolTip(tooltip(text))
        self._note.setAccessibleName(text)
        self._note.setVisible(bool(text))

    def set_person(self, name: str, role: str = "") -> None:
        """Show who is signed in."""
        self._who.setText(" · ".join(part for part in (name, role) if part) or "Not signed in")
