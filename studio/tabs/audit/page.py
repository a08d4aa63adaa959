"""The audit log: filter, table, the entry beside it, verification and export."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from server.audit.schemas import Entry, Head
from studio.api.errors import ApiError
from studio.key_binding import bind
from studio.messages import Level
from studio.paged_list import PagedList
from studio.tab import Context
from studio.table_copy import TableCopy
from studio.table_export import show_in_folder
from studio.tabs.audit import rows
from studio.tabs.audit.entry_pane import EntryPane
from studio.tabs.audit.export import FORMS, export
from studio.tabs.audit.filters import Filters
from studio.tabs.audit.names import Names
from studio.tabs.audit.state import Wanted, actor_name, handle_of, seal_words, shown_ref, wanted_of
from studio.tabs.audit.verify import VerifyCard
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.empty_state import EmptyState
from studio.widgets.page_header import PageHeader
from studio.widgets.progress_row import ProgressRow
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

SIZES = (800, 340)


class AuditPage(QWidget):
    """`person_wanted` carries the UUID of a person to open in People."""

    person_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._head: Head | None = None
        self._params: dict[str, str | int] = {}
        self._finding: asyncio.Task[None] | None = None
        self._export: asyncio.Task[None] | None = None
        worn = style.tokens()
        self.names = Names(context, self._named)
        self.names.setParent(self)
        self.filters = Filters(context.keymap)
        self.model: RowModel[Entry] = RowModel(
            rows.columns(self._ref, self._sealed_to),
            row_id=lambda e: e.seq,
            search=lambda e: e.action,
            parent=self,
        )
        self.table = TableView(self.model, "Audit log", context.keymap)
        self.list = PagedList(
            context, self.table, self.model, path="/v1/audit/entries", row=Entry, nouns=("entry", "entries")
        )
        self.verify = VerifyCard(context)
        self.pane = EntryPane(self._ref, people="people.read" in context.me.permissions)
        self.nothing = EmptyState("audit", "No entry selected", "Select an entry to see its details.")
        self.side = QStackedWidget()
        self.side.addWidget(self.nothing)
        self.side.addWidget(self.pane)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(worn.space_3)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self.side)
        self.splitter.setSizes(list(SIZES))
        self.splitter.setStretchFactor(0, 1)
        self._exports = QVBoxLayout()
        page = QVBoxLayout(self)
        page.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        page.setSpacing(worn.space_3)
        page.addWidget(self._top())
        page.addWidget(self.verify)
        page.addWidget(TableCopy(context, self.table, nouns=("entry", "entries")))
        page.addLayout(self._exports)
        page.addWidget(self.filters)
        page.addWidget(self.splitter, 1)
        self._connect()
        self.setFocusProxy(self.table)

    def _top(self) -> PageHeader:
        self.header = PageHeader("Audit")
        self.export_button = Button(
            "Export", icon="export", tip="What the filter shows, as CSV or JSON lines"
        )
        self.verify_button = Button("Verify", kind="primary", icon="shield", tip="Check the whole log")
        self.header.add_tool(self.export_button)
        self.header.add_tool(self.verify_button)
        return self.header

    def _connect(self) -> None:
        self.filters.changed.connect(self.apply)
        self.table.current.connect(self._select)
        self.table.export_wanted.connect(self.ask_export)
        self.list.emptied.connect(self._say_empty)
        self.list.states.acted.connect(self.filters.clear.click)
        self.list.arrived.connect(self._arrived)
        self.list.filled.connect(self.side.setVisible)
        self.verify_button.clicked.connect(self._verify)
        self.verify.ended.connect(lambda: self.verify_button.setEnabled(True))
        self.verify.entry_wanted.connect(self.open_entry)
        self.verify.export_wanted.connect(self.ask_export)
        self.export_button.clicked.connect(self.ask_export)
        self.pane.narrowed.connect(self._narrow)
        self.pane.person_wanted.connect(self.person_wanted)
        bind(self._context.keymap, self, "global", {"filter": self.filters.focus})

    # Names and seals

    def _ref(self, ref: str) -> str:
        return shown_ref(ref, self.names.handles)

    def _sealed_to(self) -> int:
        return self._head.sealed_to if self._head else 0

    def _named(self) -> None:
        self.table.viewport().update()
        self._show_current()

    # Reading

    def refresh(self) -> None:
        """Read the head, and the entries that the filter shows."""
        self._read_head()
        if self.list.count:
            self.list.reload()
        else:
            self.apply()

    def _read_head(self) -> None:
        async def fetch() -> Head:
            return (await self._context.api.get("/v1/audit/head")).model(Head)

        def show(head: Head) -> None:
            self._head = head
            self.header.set_subtitle(seal_words(head))
            self.table.viewport().update()
            self._show_current()

        # The list tells of a failure.
        self._context.tasks.read(fetch, show, lambda _: None, owner=self)

    def apply(self) -> None:
        """Show what the filter asks for; a typed handle is looked up first."""
        wanted = self.filters.wanted()
        if self._finding is not None:
            self._finding.cancel()
        actor = actor_name(wanted.actor)
        if actor is not None:
            self._load(wanted, actor)
            return
        handle = handle_of(wanted.actor)

        async def find() -> str:
            person = await self.names.find(handle)
            return f"person:{person}" if person is not None else ""

        def found(name: str) -> None:
            if name:
                self._load(wanted, name)
            elif self.names.may_look:
                self.filters.say(f"There is nobody called @{handle}.")
            else:
                self.filters.say("You may not look people up. Use “Only this actor” beside an entry.")

        def failed(error: ApiError) -> None:
            self.filters.say(f"{error.what_happened} The filter is kept. {error.what_to_do}")

        self._finding = self._context.tasks.read(find, found, failed, owner=self)

    def _load(self, wanted: Wanted, actor: str) -> None:
        self._params = wanted.params(actor, now=self._context.ticker.now())
        self.list.load(self._params)

    def _say_empty(self) -> None:
        self.side.setCurrentWidget(self.nothing)
        if self.filters.wanted().narrows:
            text = "Actor, action and target must match wholly."
            self.list.states.empty("search", "No entry matches", text, "Clear the filter")
        else:
            self.list.states.empty("audit", "The log is empty", "What people do is written down here.")

    def _arrived(self, entries: list[Entry]) -> None:
        self.names.learn([ref for entry in entries for ref in (entry.actor, entry.target)])
        if entries and self.table.current_id() is None:
            self.table.selectRow(0)

    def _select(self, name: object) -> None:
        entry = self.model.get(name) if isinstance(name, int) else None
        if entry is None:
            self.side.setCurrentWidget(self.nothing)
        else:
            self._show_entry(entry)

    def _show_entry(self, entry: Entry) -> None:
        self.pane.show_entry(entry, sealed=entry.seq <= self._sealed_to())
        self.side.setCurrentWidget(self.pane)

    def _show_current(self) -> None:
        if self.pane.entry is not None and self.side.currentWidget() is self.pane:
            self._show_entry(self.pane.entry)

    def _narrow(self, field: str, value: str) -> None:
        shown = self._ref(value) if field == "actor" and self._ref(value).startswith("@") else value
        asked: dict[str, Any] = {field: shown}
        self.filters.put(replace(self.filters.wanted(), **asked))

    def open_target(self, target: str) -> None:
        """Show what was done to one target."""
        self.filters.put(Wanted(target=target))

    def open_entry(self, seq: int) -> None:
        """Show one entry, in the list or not."""
        if self.model.get(seq) is not None:
            self.table.select([seq], seq)
            return

        async def fetch() -> Entry:
            return (await self._context.api.get(f"/v1/audit/entries/{seq}")).model(Entry)

        def show(entry: Entry) -> None:
            self.names.learn((entry.actor, entry.target))
            self._show_entry(entry)

        def failed(error: ApiError) -> None:
            self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def _verify(self) -> None:
        self.verify_button.setEnabled(False)
        self.verify.verify()

    # What leaves

    def ask_export(self) -> None:
        """Ask for a file and write what the filter shows to it."""
        dialog = QFileDialog(self, "Export the audit log", "audit.csv", ";;".join(FORMS))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        suffixes = {name: form.value for name, form in FORMS.items()}
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(suffixes[name]))
        dialog.fileSelected.connect(lambda file: self.export(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, file: Path) -> None:
        """Write what the filter shows to `file`, one export at a time."""
        if self._export is not None and not self._export.done():
            self._context.messages.notify(Level.INFO, "An export is under way.")
            return
        row = ProgressRow(f"Exporting to {file.name}")
        row.set_progress(None, "Asking the server")
        self._exports.addWidget(row)
        task = self._context.tasks.spawn(self._write(file, row), self)
        row.cancelled.connect(task.cancel)
        self._export = task

    async def _write(self, file: Path, row: ProgressRow) -> None:
        whole = self._head.seq if self._head and not self._params else None
        notify = self._context.messages.notify

        def tell(done: int) -> None:
            row.set_progress(done / whole if whole else None, f"{done:,} entries")

        try:
            count = await export(self._context.api, file, self._params, progress=tell)
        except ApiError as error:
            notify(Level.ERROR, "The log was not exported.", f"{error.what_happened} {error.to_do_oneself}")
        except OSError as error:
            notify(Level.ERROR, "The log was not exported.", error.strerror or "The file cannot be written.")
        else:
            notify(Level.SUCCESS, f"{count:,} entries exported", file.name, action=show_in_folder(file))
        finally:
            row.hide()
            row.deleteLater()

    # What is remembered

    def save_state(self) -> dict[str, Any]:
        """Columns, filter and splitter."""
        return {
            "columns": self.table.save_columns(),
            "splitter": self.splitter.sizes(),
            "filter": asdict(self.filters.wanted()),
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(AttributeError, TypeError, ValueError):
            self.table.restore_columns(state.get("columns") or {})
        with suppress(AttributeError, TypeError):
            self.filters.put(wanted_of(state.get("filter") or {}), tell=False)
        with suppress(TypeError, ValueError):
            sizes = [int(size) for size in state.get("splitter") or ()]
            if len(sizes) == 2 and all(size > 0 for size in sizes):
                self.splitter.setSizes(sizes)
