"""The hash banks and what each holds: adding, moving on, taking in and giving out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import BaseModel
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.banks.rules import EntryState
from server.forensics.banks.schemas import Format
from server.forensics.schemas import BankView, EntryView, ImportReceipt, NewImport
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.messages import Level, Problem
from studio.paged_list import PagedList
from studio.tab import Context
from studio.tabs.forensics import bank_asking, bank_words, rows
from studio.tabs.forensics.bank_asking import Asking, Body, answered
from studio.tabs.forensics.entry_moves import EntryMoves
from studio.tabs.forensics.exporting import Export, Exporting
from studio.tabs.forensics.stopped import StoppedLine
from studio.tasks import off_thread
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

IMPORT_MAX = 2 << 20
"""Bytes of a list of hashes that the server takes at once."""


class BanksPage(QWidget):
    """Banks at the left, the entries of the selected one beside them."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._reading: asyncio.Task[None] | None = None
        self.banks: RowModel[BankView] = RowModel(
            rows.banks(), row_id=lambda b: b.id, search=lambda b: b.name, parent=self
        )
        self.bank_table = TableView(self.banks, "Hash banks", context.keymap)
        self.entries: RowModel[EntryView] = RowModel(
            rows.entries(context.ticker.now), row_id=lambda e: e.id, search=lambda e: e.reason, parent=self
        )
        self.entry_table = TableView(self.entries, "Entries of the bank", context.keymap)
        self._of: UUID | None = None
        self.list = PagedList(
            context,
            self.entry_table,
            self.entries,
            path="/v1/forensics/banks",
            row=EntryView,
            nouns=("entry", "entries"),
        )
        self.exporting = Exporting(context)
        self.exporting.turned.connect(lambda _running: self._tell())
        self.moving = EntryMoves(context, self.entries, self.entry_table)
        self.stopped = StoppedLine(context)
        self._wanted: EntryView | None = None
        self._lay_out()
        self.bank_table.current.connect(lambda _: self._select())
        self.moving.done.connect(self._moved)
        self.stopped.wanted.connect(self.show_entry)
        self.list.emptied.connect(self._say_empty)
        self.list.arrived.connect(lambda _: self._arrived())
        self.list.states.acted.connect(lambda: self.state.setCurrentIndex(0))
        self.states.retried.connect(self.refresh)
        self.states.acted.connect(self.ask_bank)
        self.setFocusProxy(self.bank_table)
        self._tell()

    def _lay_out(self) -> None:
        worn = style.tokens()
        self.new_bank = Button("New bank…", icon="plus")
        self.new_bank.clicked.connect(self.ask_bank)
        left = Card("Banks")
        left.add_tool(self.new_bank)
        left.body.addWidget(self.bank_table, 1)
        self.facts = Label("", "caption", wrap=True)
        left.body.addWidget(self.facts)
        left.setFixedWidth(360)
        self.state = QComboBox()
        self.state.setAccessibleName("State")
        self.state.addItem("Any state", None)
        for each in EntryState:
            self.state.addItem(rows.ENTRY_STATES[each][0], each.value)
        self.state.currentIndexChanged.connect(lambda _: self._load())
        self.add = Button("Add a video…", kind="primary", icon="plus", tip="By its id")
        self.take = Button("Import…", icon="upload", tip="A list of hashes that others made, CSV or JSON")
        self.give = Button("Export…", icon="export", tip="The hashes of the active entries, for others")
        self.add.clicked.connect(self.ask_entry)
        self.take.clicked.connect(self.ask_import)
        self.give.clicked.connect(self.ask_export)
        top = QHBoxLayout()
        top.setSpacing(worn.space_2)
        top.addWidget(self.state)
        top.addStretch(1)
        for button in (self.take, self.give, self.add):
            top.addWidget(button)
        right = QVBoxLayout()
        right.setSpacing(worn.space_3)
        right.addLayout(top)
        right.addWidget(self.exporting)
        right.addWidget(self.list, 1)
        right.addWidget(self.moving)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(worn.space_3)
        row.addWidget(left)
        row.addLayout(right, 1)
        self.states = StateStack(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, worn.space_3, 0, 0)
        column.setSpacing(worn.space_3)
        column.addWidget(self.stopped)
        column.addWidget(self.states, 1)

    # Reading

    def refresh(self) -> None:
        """Read the banks, and again what is shown of the selected one."""

        async def fetch() -> list[BankView]:
            return (await self._context.api.get("/v1/forensics/banks")).model(Page[BankView]).items

        if self._reading is not None:
            self._reading.cancel()
        if not self.banks.rowCount():
            self.states.loading()
        self._reading = self._context.tasks.read(fetch, self.show_banks, self._failed, owner=self)

    def bank(self) -> BankView | None:
        """The selected bank."""
        return self.banks.get(self.bank_table.current_id())

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return (self._reading is None or self._reading.done()) and not self.list.busy

    def show_banks(self, found: list[BankView]) -> None:
        """Show these banks; the selected one stays so."""
        self.banks.set_rows(found)
        if not found:
            text = "A bank recognises what was removed when it is uploaded again."
            self.states.empty("shield", "No hash banks yet", text, "Make the first one")
            return
        self.states.content()
        if self.bank_table.current_id() is None:
            self.bank_table.selectRow(0)
        else:
            self._reload()
        self._tell()

    def _failed(self, error: ApiError) -> None:
        if self.banks.rowCount():
            self.states.content()
            self._context.messages.notify(Level.WARNING, f"Not refreshed: {error.what_happened}")
        else:
            told = Problem(
                what_happened=error.what_happened, what_was_kept="", what_to_do=error.to_do_oneself
            )
            self.states.failed(told)

    def _select(self) -> None:
        bank = self.bank()
        if bank is None or bank.id == self._of:
            self._tell()
            return
        self._of = bank.id
        self.entries.set_rows([])
        self.list.turn_to(f"/v1/forensics/banks/{bank.id}/entries")
        self._load()
        self._tell()

    def _load(self) -> None:
        if self._of is not None:
            state = self.state.currentData()
            self.list.load({"state": state} if state else {})

    def show_entry(self, entry: EntryView) -> None:
        """Go to an entry among those in its state, in its bank."""
        if self.banks.get(entry.bank_id) is None:
            return
        self._wanted = entry
        before = self._of
        self.state.blockSignals(True)
        self.state.setCurrentIndex(self.state.findData(entry.state.value))
        self.state.blockSignals(False)
        self.bank_table.select([entry.bank_id], entry.bank_id)
        if self._of == before:
            self._load()

    def _arrived(self) -> None:
        wanted = self._wanted
        if wanted is not None and wanted.bank_id == self._of:
            self._wanted = None
            self.entry_table.select([wanted.id], wanted.id)
            self.entry_table.setFocus()
        self._tell()

    def _moved(self) -> None:
        self._reload()
        self.stopped.refresh()

    def _say_empty(self) -> None:
        if self.state.currentData() is None:
            text = "Add a removed video, import a list, or tick the box when a video is removed."
            self.list.states.empty("shield", "This bank is empty", text)
        else:
            self.list.states.empty("search", "None in this state", "", "Show all")
        self._tell()

    def _tell(self) -> None:
        bank = self.bank()
        self.facts.setText(bank_words.bank_facts(bank) if bank is not None else "")
        for button in (self.add, self.take, self.give, self.state):
            button.setEnabled(bank is not None)
        if self.exporting.running:
            self.give.setEnabled(False)
        self.moving.tell()

    # Doing

    def ask_bank(self) -> None:
        """Ask how a new bank is called and what it is for."""
        bank_asking.ask_bank(self, self.new_bank, self.make_bank)

    def ask_entry(self) -> None:
        """Ask which video is added, and why."""
        bank_asking.ask_entry(self, self.add, self._add_entry)

    def make_bank(self, body: Body, asking: Asking | None = None) -> None:
        """Make a bank."""
        self._post("/v1/forensics/banks", body, BankView, "The bank was made", self.refresh, asking)

    def _add_entry(self, body: Body, asking: Asking) -> None:
        if (bank := self.bank()) is not None:
            path = f"/v1/forensics/banks/{bank.id}/entries"
            self._post(path, body, EntryView, f"Added to {bank.name}", self._reload, asking)

    def ask_import(self) -> None:
        """Ask for a list of hashes and take it in."""
        dialog = QFileDialog(self, "Import hashes", "", "Lists of hashes (*.csv *.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.take_in(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_in(self, file: Path) -> None:
        """Take in the hashes of a file."""
        bank = self.bank()
        if bank is None:
            return
        path, notify = f"/v1/forensics/banks/{bank.id}/import", self._context.messages.notify

        async def send() -> ImportReceipt | str:
            try:
                content = await off_thread(_read, file)
            except OSError as error:
                return error.strerror or "It cannot be read."
            except ValueError as error:
                return str(error)
            form = Format.JSON if file.suffix.lower() == ".json" else Format.CSV
            body = NewImport(format=form, content=content, reason=f"Imported from {file.name}"[:500])
            answer = await self._context.api.post(
                path, json=body.model_dump(mode="json"), idempotency_key=str(uuid4())
            )
            return answer.model(ImportReceipt)

        def took(got: ImportReceipt | str) -> None:
            if isinstance(got, str):
                notify(Level.WARNING, f"{file.name} was not imported.", got)
            else:
                notify(Level.SUCCESS, f"{got.added:,} entries imported", bank_words.receipt_words(got))
                self._reload()

        self._context.tasks.read(send, took, self._refused, owner=self)

    def ask_export(self) -> None:
        """Ask where the hashes of the bank go."""
        if (bank := self.bank()) is not None:
            path = f"/v1/forensics/banks/{bank.id}/export"
            kinds, form = "CSV (*.csv)", {"format": Format.CSV.value}
            self.exporting.ask(Export(f"Hashes of {bank.name}", path, "hashes.csv", kinds, form))

    def _reload(self) -> None:
        if self._of is not None:
            self.list.reload()

    def _post(
        self,
        path: str,
        body: Body,
        schema: type[BaseModel],
        told: str,
        then: Callable[[], object],
        asking: Asking | None,
    ) -> None:
        async def send() -> object:
            key = str(asking.key_for(body) if asking is not None else uuid4())
            return (await self._context.api.post(path, json=body, idempotency_key=key)).model(schema)

        def took(_got: object) -> None:
            answered(asking)
            self._context.messages.notify(Level.SUCCESS, told)
            then()

        def refused(error: ApiError) -> None:
            if not bank_asking.refused(asking, error):
                self._refused(error)

        self._context.tasks.read(send, took, refused, owner=self)

    def _refused(self, error: ApiError) -> None:
        self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)


def _read(file: Path) -> str:
    """The text of a list. Raises OSError, and ValueError with what is wrong with it."""
    if file.stat().st_size > IMPORT_MAX:
        raise ValueError("It is larger than 2 MB: cut it into parts.")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("It is not text in UTF-8.") from error
    if not text.strip():
        raise ValueError("It is empty.")
    return text
