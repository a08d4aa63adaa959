"""A bordered surface with an optional title line and a body to fill."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.label import ElidedLabel, Label


class Card(QFrame):
    """Add content to `body`; `add_tool` puts a widget at the right of the title."""

    def __init__(self, title: str = "", subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        worn = style.tokens()
        self.setProperty("surface", "card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_4, worn.space_4, worn.space_4, worn.space_4)
        layout.setSpacing(worn.space_3)
        self._title = Label(title, "title")
        self._subtitle = ElidedLabel(subtitle, "muted")
        header = QWidget()
        header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._header = QHBoxLayout(header)
        self._header.setContentsMargins(0, 0, 0, 0)
        self._header.setSpacing(worn.space_2)
        self._header.addWidget(self._title)
        self._header.addWidget(self._subtitle, 1)
        layout.addWidget(header)
        header.setVisible(bool(title))
        self.body = QVBoxLayout()
        self.body.setSpacing(worn.space_2)
        layout.addLayout(self.body, 1)

    def set_subtitle(self, text: str) -> None:
        """Change the muted text beside the title."""
        self._subtitle.setText(text)

    def add_tool(self, tool: QWidget) -> None:
        """Put `tool` at the right end of the title line."""
        self._header.addWidget(tool)
