"""Ctrl+K: everything that can be done and found, by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QWidget

from studio.theme import style
from studio.widgets.fuzzy import rank
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay
from studio.widgets.palette_list import Entry, EntryDelegate, EntryModel

SEARCH_MS: Final = 150
COMMANDS: Final = "Commands"
_MOST: Final = 8


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something to run: an action, or a found item to go to."""

    id: str
    text: str
    run: Callable[[], object]
    detail: str = ""
    icon: str = ""
    keys: str = ""


Found = Callable[[Sequence[Command] | None], None]
Search = Callable[[str, Found], None]
"""Starts a search for the text and calls `Found` when it has an answer, at once or later: None when it could
not search."""
ASK_COMMANDS: Final = "Type a command"
ASK_ALL: Final = "Type a command, an id, a URL, a handle or a title"
NOTHING: Final = "Nothing found"
SEARCHING: Final = "Searching…"
FAILED: Final = "The server could not be searched. It is tried again when you type."


class CommandPalette(Overlay):
    """Commands are matched here; what providers find comes in its own section when it arrives."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("Search and commands", window, 640)
        self._commands: tuple[Command, ...] = ()
        self._providers: list[tuple[str, Search]] = []
        self._found: dict[str, Sequence[Command] | None] = {}
        self._asked = 0
        self.field = QLineEdit()
        self.field.setProperty("kind", "bare")
        self.field.setPlaceholderText(ASK_COMMANDS)
        self.field.setAccessibleName("Search and commands")
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._typed)
        self._model = EntryModel(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(EntryDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Results")
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._run)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_MS)
        self._timer.timeout.connect(self._ask)

    def _lay_out(self) -> None:
        worn = style.tokens()
        self.body.setContentsMargins(worn.space_2, worn.space_2, worn.space_2, worn.space_2)
        self.body.setSpacing(worn.space_1)
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_3, 0, worn.space_2, 0)
        top.addWidget(IconLabel("search", "text_muted", 18))
        top.addWidget(self.field, 1)
        top.addWidget(Label("Esc", "key"), 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(top)
        self.body.addWidget(self.list, 1)

    def set_commands(self, commands: Sequence[Command]) -> None:
        """Offer these commands."""
        self._commands = tuple(commands)
        self._refresh()

    def set_providers(self, providers: Sequence[tuple[str, Search]]) -> None:
        """Have a section for each title, filled by its search once typing has paused."""
        self._providers = list(providers)
        self.field.setPlaceholderText(ASK_ALL if providers else ASK_COMMANDS)
        self._found = {}
        self._asked += 1  # what earlier ones still find is nobody's any more

    def open(self) -> None:
        super().open()
        self.field.clear()
        self._refresh()
        self.field.setFocus()

    def wanted_height(self) -> int:
        return 460

    def _typed(self) -> None:
        self._found = {}
        self._asked += 1
        self._refresh()
        if self.field.text().strip():
            self._timer.start()

    def _ask(self) -> None:
        asked = self._asked
        for title, search in self._providers:
            search(self.field.text().strip(), partial(self._take, asked, title))

    def _take(self, asked: int, title: str, found: Sequence[Command] | None) -> None:
        """Show what a provider found, unless the text has changed since it was asked."""
        if asked == self._asked:
            self._found[title] = found
            self._refresh()

    def _refresh(self) -> None:
        kept = self._model.command_at(self.list.currentIndex())
        hits = rank(self.field.text(), self._commands, lambda command: command.text)
        if self.field.text().strip():
            hits = hits[:_MOST]
        entries = [Entry(c, places=hit.places) for c, hit in hits]
        if entries:
            entries.insert(0, Entry(title=COMMANDS))
        for title, _search in self._providers if self.field.text().strip() else ():
            found = self._found.get(title, ())
            if found:
                entries.append(Entry(title=title))
                entries.extend(Entry(command) for command in found)
            elif title not in self._found:
                entries.append(Entry(title=SEARCHING))
            elif found is None:
                entries.append(Entry(title=FAILED))
        if not entries:
            entries.append(Entry(title=NOTHING))
        self._model.show(entries)
        self.list.setCurrentIndex(self._model.index_of(kept) if kept else self._model.first())

    def _run(self, index: QModelIndex) -> None:
        command = self._model.command_at(index)
        if command is not None:
            self.close_now()
            command.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 7, Qt.Key.Key_PageUp: -7}
            if event.key() in steps:
                index = self._model.step(self.list.currentIndex(), steps[Qt.Key(event.key())])
                self.list.setCurrentIndex(index)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)
