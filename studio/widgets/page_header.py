"""The top of a page: title, one line of facts, tools at the right."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.theme import style
from studio.widgets.label import ElidedLabel, Label


class PageHeader(QWidget):
    """Title and subtitle share a line; the subtitle gives way first when room is short."""

    def __init__(self, title: str, subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Label(title, "heading")
        self._subtitle = ElidedLabel(subtitle, "muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(style.tokens().space_3)
        self._row.addWidget(self._title)
        self._row.addWidget(self._subtitle, 1)
        self.setMinimumHeight(40)

    def set_title(self, text: str) -> None:
        """Change the title."""
        self._title.setText(text)

    def set_subtitle(self, text: str) -> None:
        """Change the line of facts beside the title."""
        self._subtitle.setText(text)

    def add_tool(self, tool: QWidget) -> None:
        """Put `tool` at the right end."""
        self._row.addWidget(tool)
