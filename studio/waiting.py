"""The dialog of edits that the server has not accepted: what waits, what was refused, and what to do."""

from __future__ import annotations

import json
from asyncio import Task
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.offline.changes import Changes
from studio.offline.edits import Edit, EditKind, EditState, Entry
from studio.offline.outbox import KIND, TooLate
from studio.tab import Context
from studio.tasks import off_thread
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.empty_state import EmptyState
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.time_label import AgoLabel

NAMES: Final = {
    EditKind.DECISION: "Decision",
    EditKind.NOTE: "Note",
    EditKind.FLAG: "Report",
    EditKind.VERDICT: "Verdict on a match",
    EditKind.FEED_EVENT: "Watching",
    EditKind.SPARK_EDIT: "Spark",
    EditKind.TIER_EDIT: "Tier",
    EditKind.UNKNOWN: "Not readable",
}
_STATES: Final = {
    EditState.WAITING: ("Waiting", "info"),
    EditState.SENDING: ("Being sent", "info"),
    EditState.REFUSED: ("Not accepted", "danger"),
}


class WaitingDialog(QDialog):
    """Lists the outbox; a refused edit can be sent again, copied or given up, never lost by itself."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outbox, self._tasks, self._ticker = context.outbox, context.tasks, context.ticker
        self._reading: Task[None] | None = None
        self.setWindowTitle("Waiting edits")
        self.setAccessibleName("Waiting edits")
        self.resize(620, 480)
        worn = style.tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_5, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_3)
        layout.addWidget(Label("Waiting edits", "heading"))
        kept = "They are kept on this computer, in order, and sent by themselves when the server answers."
        layout.addWidget(Label(kept, "muted", wrap=True))
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName("Edits")
        layout.addWidget(self._area, 1)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.accept)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(close)
        layout.addLayout(line)
        context.changes.subscribe(self._on_changes)
        self.reload()

    def reload(self) -> None:
        """Show the outbox as it is now, when it has been read."""
        if self._reading is not None:
            self._reading.cancel()  # it would show what was before
        self._reading = self._tasks.read(partial(off_thread, self._outbox.entries), self._show, owner=self)

    def _show(self, entries: Sequence[Entry]) -> None:
        if not entries:
            self._area.setWidget(EmptyState("check", "Nothing waits", "The server has everything you did."))
            return
        page = QWidget()
        page.setProperty("surface", "clear")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, style.tokens().space_2, 0)
        column.setSpacing(style.tokens().space_2)
        for entry in entries:
            column.addWidget(self._card(entry))
        column.addStretch(1)
        self._area.setWidget(page)

    def _card(self, entry: Entry) -> Card:
        words, tone = _STATES[entry.state]
        card = Card(NAMES[entry.edit.kind])
        card.add_tool(AgoLabel(entry.edit.created_at, self._ticker))
        card.add_tool(Chip(words, tone))
        if said := _said(entry.edit):
            card.body.addWidget(ElidedLabel(said, "muted"))
        if entry.refusal is not None:
            card.body.addWidget(Label(entry.refusal.what_happened, wrap=True))
            card.body.addWidget(Label(entry.refusal.what_to_do, "muted", wrap=True))
            card.body.addLayout(self._ways(entry))
        elif entry.uncertain:
            lost = (
                "It was sent, but the answer was lost. It is sent again with the same key, so it counts once."
            )
            card.body.addWidget(Label(lost, "muted", wrap=True))
        return card

    def _ways(self, entry: Entry) -> QHBoxLayout:
        row = QHBoxLayout()
        again, copy = Button("Send again", icon="refresh"), Button("Copy what I wrote", icon="copy")
        drop = Button("Give up", kind="danger")
        again.clicked.connect(partial(self._do, self._outbox.retry, entry.edit.id))
        drop.clicked.connect(partial(self._do, self._outbox.discard, entry.edit.id))
        text = json.dumps(dict(entry.edit.body), indent=2, ensure_ascii=False)
        copy.clicked.connect(lambda: clipboard.put(text))
        for button in (again, copy):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(drop)
        return row

    def _do(self, what: Callable[[UUID], Changes], edit_id: UUID) -> None:
        def change() -> Changes | None:
            try:
                return what(edit_id)
            except TooLate:
                return None

        self._tasks.write(change, self.reload, owner=self)

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(KIND):
            self.reload()


def _said(edit: Edit) -> str:
    """What tells this edit from others of its kind: the words of a note, the outcome of a decision."""
    fields = ("outcome", "verdict", "policy", "body", "facts", "note")
    said = " · ".join(str(edit.body[field]) for field in fields if edit.body.get(field))
    return said[:1].upper() + said[1:].replace("\n", " ")
