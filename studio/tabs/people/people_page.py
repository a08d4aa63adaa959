"""The list of people with its filters, and the person that is selected beside it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from server.accounts.permissions import Role
from server.accounts.schemas import PersonDetail, PersonRow, PersonState
from studio.api.errors import ApiError, NotFound
from studio.key_binding import bind
from studio.key_hints import follow
from studio.list_and_side import ListAndSide
from studio.messages import Level
from studio.paged_list import PagedList
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.people import rows
from studio.tabs.people.new_person import NewPersonPane
from studio.tabs.people.pane import PersonPane
from studio.tabs.people.state import Wanted, wanted_of
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.empty_state import EmptyState
from studio.widgets.label import tooltip
from studio.widgets.search_field import SearchField
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

TYPING_MS = 250
FIND = "Beginning of a handle or a name"
SIZES = (760, 380)


class PeoplePage(QWidget):
    """`audit_wanted` carries a target of the audit log."""

    audit_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._wanted_person: UUID | None = None
        worn = style.tokens()
        self.model: RowModel[PersonRow] = RowModel(
            rows.people(context.ticker.now), row_id=lambda p: p.id, search=lambda p: p.handle, parent=self
        )
        self.table = TableView(self.model, "People", context.keymap)
        self.table.setColumnHidden(self.model.column_number("totp"), True)
        self.list = PagedList(
            context,
            self.table,
            self.model,
            path="/v1/accounts/people",
            row=PersonRow,
            nouns=("person", "people"),
        )
        self.exporting = TableExport(context, self.table, nouns=("person", "people"), source=self.list.whole)
        self.pane = PersonPane(context)
        self.new = NewPersonPane(context)
        self.nobody = EmptyState("person", "Nobody selected", "Select a person to see roles and history.")
        self.beside = ListAndSide(self.list, self.nobody, self.pane, self.new, widths=SIZES)
        page_ = QVBoxLayout(self)
        page_.setContentsMargins(0, worn.space_3, 0, 0)
        page_.setSpacing(worn.space_3)
        page_.addLayout(self._filters())
        page_.addWidget(self.exporting)
        page_.addWidget(self.beside, 1)
        self._connect()
        self.setFocusProxy(self.table)

    def _show_key(self) -> None:
        key = self._context.keymap.shown("filter")
        self.search.setToolTip(tooltip(f"{FIND} ({key})" if key else FIND))

    def _filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_2)
        self.search = SearchField(FIND)
        follow(self._context.keymap, self.search, self._show_key)
        self.role = QComboBox()
        self.role.setAccessibleName("Role")
        self.role.addItem("Any role", None)
        for role in Role:
            self.role.addItem(role.value.capitalize(), role.value)
        self.state = QComboBox()
        self.state.setAccessibleName("State")
        self.state.addItem("Any state", None)
        for each in PersonState:
            self.state.addItem(each.value.capitalize(), each.value)
        self.add = Button("New person", kind="primary", icon="plus", tip="Make an account")
        self.add.setVisible("people.write" in self._context.me.permissions)
        row.addWidget(self.search, 1)
        row.addWidget(self.role)
        row.addWidget(self.state)
        row.addWidget(self.add)
        return row

    def _connect(self) -> None:
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_MS)
        self._pause.timeout.connect(self.apply)
        self.search.textChanged.connect(lambda: self._pause.start())
        self.search.returnPressed.connect(self.apply)
        self.role.currentIndexChanged.connect(lambda: self.apply())
        self.state.currentIndexChanged.connect(lambda: self.apply())
        self.add.clicked.connect(self.begin_new)
        self.table.current.connect(self._select)
        self.table.opened.connect(lambda _: self.pane.form.name.setFocus())
        self.list.emptied.connect(self._say_empty)
        self.list.states.acted.connect(self._clear)
        self.list.arrived.connect(self._arrived)
        self.pane.saved.connect(self._saved)
        self.pane.audit_wanted.connect(self.audit_wanted)
        self.new.made.connect(self._made)
        self.new.cancelled.connect(self._cancelled)
        bind(self._context.keymap, self, "global", {"filter": self._go_filter})

    # Filters

    def wanted(self) -> Wanted:
        """What the list is narrowed to."""
        return wanted_of(
            {
                "text": self.search.text(),
                "role": self.role.currentData(),
                "state": self.state.currentData(),
            }
        )

    def apply(self) -> None:
        """Read the list for the filter that is set."""
        self._pause.stop()
        self.list.load(self.wanted().params())

    def show_wanted(self, wanted: Wanted) -> None:
        """Set the filter without reading."""
        for field in (self.search, self.role, self.state):
            field.blockSignals(True)
        self.search.setText(wanted.text)
        self.role.setCurrentIndex(self.role.findData(wanted.role.value if wanted.role else None))
        self.state.setCurrentIndex(self.state.findData(wanted.state.value if wanted.state else None))
        for field in (self.search, self.role, self.state):
            field.blockSignals(False)

    def _clear(self) -> None:
        self.show_wanted(Wanted())
        self.apply()

    def _say_empty(self) -> None:
        if self.wanted() == Wanted():
            self.list.states.empty("people", "No people yet", "Make the first account with “New person”.")
        else:
            text = "The list looks at the beginning of handles and names."
            self.list.states.empty("search", "Nobody matches", text, "Clear the filter")

    def _go_filter(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    # Selecting

    def _select(self, name: object) -> None:
        person = self.model.get(name) if isinstance(name, UUID) else None
        if person is None:
            if self.beside.page is self.pane and self.pane.person is None:
                self.beside.show_page(self.nobody, filled=self.count > 0)
            return
        self.pane.show_person(person)
        self.beside.show_page(self.pane)

    def _arrived(self) -> None:
        shown = self.pane.person
        listed = self.model.get(shown.id) if shown is not None else None
        if shown is not None and listed is not None and listed.version > shown.version:
            self.pane.refresh()
        if self._wanted_person is not None and self.model.get(self._wanted_person) is not None:
            self.table.select([self._wanted_person], self._wanted_person)
            self._wanted_person = None
        elif self.table.current_id() is None and self.count and self.beside.page is self.nobody:
            self.table.selectRow(0)

    @property
    def count(self) -> int:
        """People in the list."""
        return self.list.count

    def open_person(self, person: UUID) -> None:
        """Show a person, in the list or not."""
        if self.model.get(person) is not None:
            self.table.select([person], person)
            return

        async def fetch() -> PersonDetail:
            return (await self._context.api.get(f"/v1/accounts/people/{person}")).model(PersonDetail)

        def show(found: PersonDetail) -> None:
            self.pane.show_person(found)
            self.beside.show_page(self.pane)

        def failed(error: ApiError) -> None:
            self._context.messages.notify(Level.WARNING, error.what_happened, error.what_to_do)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def begin_new(self) -> None:
        """Show the form of a new person; what was typed there before is still there."""
        self.beside.show_page(self.new)
        self.new.setFocus()

    def _cancelled(self) -> None:
        page = self.pane if self.pane.person is not None else self.nobody
        self.beside.show_page(page, filled=self.count > 0)
        self.table.setFocus()

    def _saved(self, person: PersonRow) -> None:
        if self.model.get(person.id) is not None:
            self._put(person)

    def _made(self, person: PersonDetail) -> None:
        self._put(person)
        self.table.select([person.id], person.id)
        self._select(person.id)

    def _put(self, person: PersonRow) -> None:
        self.model.upsert([person])
        self.model.flush()

    def touch(self, ids: frozenset[str]) -> None:
        """These people changed on the server: read again those that are shown."""
        for text in ids:
            with suppress(ValueError):
                name = UUID(text)
                if self.pane.person is not None and self.pane.person.id == name:
                    self.pane.refresh()
                if self.model.get(name) is not None:
                    self._read_row(name)

    def _read_row(self, name: UUID) -> None:
        async def fetch() -> PersonDetail:
            return (await self._context.api.get(f"/v1/accounts/people/{name}")).model(PersonDetail)

        def failed(error: ApiError) -> None:
            if isinstance(error, NotFound):
                self.model.remove([name])

        self._context.tasks.read(fetch, self._put, failed, owner=self)

    async def leave(self) -> None:
        """See to it that what was typed is on the disk."""
        await self.pane.keeping.finish()
        await self.new.keeping.finish()

    # What is remembered

    def save_state(self) -> dict[str, Any]:
        """Columns, filter and splitter."""
        wanted = self.wanted()
        return {
            "columns": self.table.save_columns(),
            "splitter": self.beside.sizes(),
            "filter": {"text": wanted.text, "role": wanted.role, "state": wanted.state},
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(AttributeError, TypeError, ValueError):
            self.table.restore_columns(state.get("columns") or {})
        with suppress(AttributeError, TypeError):
            self.show_wanted(wanted_of(state.get("filter") or {}))
        self.beside.restore(state.get("splitter"))
