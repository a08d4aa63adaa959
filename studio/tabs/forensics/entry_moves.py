"""What can be done to the entries that are selected, one or many, and what is known of the one in front."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from server.forensics.banks.rules import ENTRIES_AT_ONCE
from server.forensics.banks.schemas import EntryEvent
from server.forensics.schemas import EntriesCommand, EntriesMoved, EntryCommand, EntryView
from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.tabs.forensics import bank_asking, bank_words
from studio.tabs.forensics.bank_asking import Asking, answered, refused
from studio.tabs.forensics.bank_words import EVENTS, events_of
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView


class EntryMoves(QWidget):
    """The line below the entries. `done` tells that some of them were moved on."""

    done = Signal()

    def __init__(self, context: Context, model: RowModel[EntryView], table: TableView) -> None:
        super().__init__()
        self._context, self._model, self._table = context, model, table
        worn = style.tokens()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(worn.space_2)
        self.detail = Label("", "caption", wrap=True)
        row.addWidget(self.detail, 1)
        self.buttons = {event: Button(title, icon=icon) for event, (title, icon) in EVENTS.items()}
        for event, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, event=event: self.ask(event))
            row.addWidget(button)
        table.current.connect(lambda _: self.tell())
        table.selectionModel().selectionChanged.connect(lambda *_: self.tell())
        self.tell()

    def selected(self) -> list[EntryView]:
        """The entries that are selected, from the top."""
        found = (self._model.get(name) for name in self._table.selected_ids())
        return [entry for entry in found if entry is not None]

    def tell(self) -> None:
        """Say what is selected, and offer what can be done to some of it."""
        chosen = self.selected()
        allowed = {event for entry in chosen for event in events_of(entry.state)}
        for event, button in self.buttons.items():
            button.setEnabled(event in allowed)
        if len(chosen) > 1:
            self.detail.setText(bank_words.several(chosen))
        else:
            self.detail.setText(bank_words.entry_facts(chosen[0]) if chosen else "")

    def ask(self, event: EntryEvent) -> None:
        """Ask why it is done to those of the selected entries to which it can be done."""
        able = [entry for entry in self.selected() if event in events_of(entry.state)]
        if not able:
            return
        able = able[:ENTRIES_AT_ONCE]
        title = EVENTS[event][0]
        asked = title if len(able) == 1 else f"{title}: {len(able):,} entries"
        bank_asking.ask_why(
            self,
            self.buttons[event],
            title,
            lambda why, asking: self.move_on(able, event, why, asking),
            question=asked,
        )

    def move_on(
        self, chosen: Sequence[EntryView], event: EntryEvent, reason: str, asking: Asking | None = None
    ) -> None:
        """Do it to these entries of one bank, by one request; `asking` is where the reason was typed."""
        if len(chosen) == 1:
            self._one(chosen[0].id, event, reason, asking)
        else:
            self._several(chosen, event, reason, asking)

    def _one(self, entry: UUID, event: EntryEvent, reason: str, asking: Asking | None) -> None:
        body = EntryCommand(event=event, reason=reason).model_dump(mode="json")

        async def send() -> EntryView:
            answer = await self._context.api.post(f"/v1/forensics/entries/{entry}/state", json=body)
            return answer.model(EntryView)

        def took(_now: EntryView) -> None:
            answered(asking)
            self._context.messages.notify(Level.SUCCESS, f"{EVENTS[event][0]}: done")
            self.done.emit()

        self._context.tasks.read(send, took, partial(self._refused, asking), owner=self)

    def _several(
        self, chosen: Sequence[EntryView], event: EntryEvent, reason: str, asking: Asking | None
    ) -> None:
        command = EntriesCommand(event=event, reason=reason, entries=[entry.id for entry in chosen])
        path, body = f"/v1/forensics/banks/{chosen[0].bank_id}/entries/state", command.model_dump(mode="json")
        key = str(asking.key_for(body) if asking is not None else uuid4())

        async def send() -> EntriesMoved:
            answer = await self._context.api.post(path, json=body, idempotency_key=key)
            return answer.model(EntriesMoved)

        def took(got: EntriesMoved) -> None:
            answered(asking)
            level = Level.WARNING if got.kept else Level.SUCCESS
            self._context.messages.notify(level, *bank_words.moved_words(event, got))
            self.done.emit()

        self._context.tasks.read(send, took, partial(self._refused, asking), owner=self)

    def _refused(self, asking: Asking | None, error: ApiError) -> None:
        if not refused(asking, error):
            self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)
