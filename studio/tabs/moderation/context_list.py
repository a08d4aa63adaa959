"""A scrolling column of entries for the tabs beside a review, and the entry that they are made of."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.label import Label


class ContextList(QScrollArea):
    """Add entries with `add`; `clear` takes them all away."""

    def __init__(self, name: str) -> None:
        super().__init__()
        worn = style.tokens()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        page = QWidget()
        page.setProperty("surface", "clear")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(worn.space_1, worn.space_3, worn.space_3, worn.space_3)
        outer.setSpacing(worn.space_3)
        self._column = QVBoxLayout()
        self._column.setSpacing(worn.space_3)
        outer.addLayout(self._column)
        outer.addStretch(1)
        self.setWidget(page)

    def add(self, entry: QWidget) -> None:
        """Put an entry at the end."""
        self._column.addWidget(entry)

    def entries(self) -> list[QWidget]:
        """What is shown, from the top."""
        items = (self._column.itemAt(n) for n in range(self._column.count()))
        return [widget for item in items if item is not None and (widget := item.widget()) is not None]

    def clear(self) -> None:
        """Take every entry away."""
        for entry in self.entries():
            self._column.removeWidget(entry)
            entry.hide()
            entry.deleteLater()


class Entry(QWidget):
    """A strong line, a muted one, and perhaps a text; `tools` at the right of the first line."""

    def __init__(self, what: str, who: str = "", said: str = "", *, tools: tuple[QWidget, ...] = ()) -> None:
        super().__init__()
        self.setAccessibleName(what)
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(0, 0, 0, 0)
        self.lines.setSpacing(1)
        head = QHBoxLayout()
        head.setSpacing(style.tokens().space_1)
        head.addWidget(Label(what, "strong", wrap=True), 1)
        for tool in tools:
            head.addWidget(tool)
        self.lines.addLayout(head)
        if who:
            self.lines.addWidget(Label(who, "muted", wrap=True))
        if said:
            self.lines.addWidget(Label(said, wrap=True))
