"""What the audit log says of one person, the latest first."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.audit.schemas import Entry
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.people.state import history_line
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.time_label import AgoLabel

MOST = 12


class History(QWidget):
    """`audit_wanted` carries the target to look for in the audit log."""

    audit_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._person: UUID | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_1)
        column.addWidget(Label("History", "section"))
        self._lines = QVBoxLayout()
        column.addLayout(self._lines)
        self.whole = Button("Open in the audit log", kind="link")
        self.whole.clicked.connect(lambda: self.audit_wanted.emit(f"person:{self._person}"))
        column.addWidget(self.whole)
        self.setVisible("audit.read" in context.me.permissions)

    def show_person(self, person: UUID) -> None:
        """Read the history of a person."""
        if "audit.read" not in self._context.me.permissions:
            return
        if person != self._person:
            self._say("Reading…")
        self._person = person

        async def fetch() -> list[Entry]:
            params: dict[str, str | int] = {"target": f"person:{person}", "limit": MOST}
            answer = await self._context.api.get("/v1/audit/entries", params=params)
            return answer.model(Page[Entry]).items

        def show(entries: list[Entry]) -> None:
            if person == self._person:
                self._show(entries)

        def failed(error: ApiError) -> None:
            if person == self._person:
                self._say(error.what_happened)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def _show(self, entries: list[Entry]) -> None:
        if not entries:
            self._say("Nothing on record.")
            return
        self._clear()
        for entry in entries:
            self._lines.addWidget(Label(history_line(entry), wrap=True))
            self._lines.addWidget(AgoLabel(entry.at, self._context.ticker))

    def _say(self, words: str) -> None:
        self._clear()
        self._lines.addWidget(Label(words, "muted", wrap=True))

    def _clear(self) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
