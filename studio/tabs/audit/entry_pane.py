"""One entry of the audit log: who did what, with which details, and its place in the chain."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from server.audit.schemas import Entry
from studio.tabs.audit import state
from studio.tabs.audit.rows import both_times
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.label import Label, Tone
from studio.widgets.scroll_pane import ScrollPane

ERASED = "The details were erased for privacy; the link in the chain still proves that the entry was there."


class EntryPane(QWidget):
    """`narrowed` carries the field ("actor", "action", "target") and the value to filter by."""

    narrowed = Signal(str, str)
    person_wanted = Signal(object)

    def __init__(self, ref: Callable[[str], str], *, people: bool) -> None:
        """`people`: whether a person can be opened."""
        super().__init__()
        self._ref, self._people = ref, people
        self._entry: Entry | None = None
        self._shown_by: tuple[Entry, str, str, bool] | None = None
        self.setAccessibleName("Audit entry")
        self._scroll = ScrollPane("Details of the entry")
        card = Card()
        card.setMinimumWidth(320)
        card.body.addWidget(self._scroll, 1)
        row = QHBoxLayout()
        self.copy = Button("Copy as JSON", icon="copy", tip="The whole entry, as the export writes it")
        self.copy.clicked.connect(self.copy_json)
        row.addWidget(self.copy)
        row.addStretch(1)
        card.body.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)

    @property
    def entry(self) -> Entry | None:
        """What is shown."""
        return self._entry

    def show_entry(self, entry: Entry, *, sealed: bool) -> None:
        """Show an entry; nothing is built anew when nothing of it has changed."""
        key = (entry, self._ref(entry.actor), self._ref(entry.target), sealed)
        if key == self._shown_by:
            return
        self._entry, self._shown_by = entry, key
        worn = style.tokens()
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, worn.space_2, 0)
        column.setSpacing(worn.space_3)
        head = QHBoxLayout()
        head.addWidget(Label(f"#{entry.seq:,}", "muted"))
        head.addWidget(Chip("Sealed", "neutral", "lock") if sealed else Chip("Unsealed", "warning", "unlock"))
        head.addStretch(1)
        column.addLayout(head)
        title = QVBoxLayout()
        title.setSpacing(0)
        title.addWidget(_label(entry.action, "title"))
        only = Button("Only this action", kind="link")
        only.clicked.connect(lambda: self.narrowed.emit("action", entry.action))
        title.addWidget(only, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(title)
        column.addWidget(_label(both_times(entry.at), "muted"))
        for field, value in (("actor", entry.actor), ("target", entry.target)):
            column.addWidget(self._named(field, value))
        column.addWidget(self._details(entry))
        column.addWidget(_chain(entry))
        column.addStretch(1)
        self._scroll.setWidget(inside)

    def _named(self, field: str, value: str) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        shown = self._ref(value)
        kind, _, name = value.partition(":")
        column.addWidget(Label(f"{field.capitalize()} · {kind}", "section"))
        column.addWidget(_label(shown, "strong"))
        column.addWidget(_label(name, "caption"))
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_4)
        only = Button(f"Only this {field}", kind="link")
        only.clicked.connect(lambda: self.narrowed.emit(field, value))
        row.addWidget(only)
        person = state.person_of(value)
        if self._people and person is not None:
            go = Button("Open in People", kind="link")
            go.setAccessibleName(f"Open the {field} in People")
            go.clicked.connect(lambda: self.person_wanted.emit(person))
            row.addWidget(go)
        row.addStretch(1)
        column.addLayout(row)
        return box

    def _details(self, entry: Entry) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(style.tokens().space_4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(Label("Details", "section"), 0, 0, 1, 2)
        if entry.data is None:
            grid.addWidget(Label(ERASED, "muted", wrap=True), 1, 0, 1, 2)
        elif not entry.data:
            grid.addWidget(Label("None", "muted"), 1, 0, 1, 2)
        else:
            for line, (name, value) in enumerate(state.pairs(entry.data), start=1):
                top = Qt.AlignmentFlag.AlignTop
                grid.addWidget(_label(name, "muted"), line, 0, top)
                grid.addWidget(_label(value), line, 1, top)
        return box

    def copy_json(self) -> None:
        """Put the whole entry on the clipboard."""
        if self._entry is not None:
            clipboard.put(state.raw(self._entry))


def _chain(entry: Entry) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    for title, digest in (("Hash", entry.hash), ("Hash of the entry before", entry.prev_hash)):
        if column.count():
            column.addSpacing(style.tokens().space_3)
        column.addWidget(Label(title, "section"))
        column.addWidget(_label(state.in_eights(digest), "caption"))
    return box


def _label(text: str, tone: Tone = "") -> Label:
    label = Label(text, tone, wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
