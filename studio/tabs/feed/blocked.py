"""Whom the viewer blocks, with the way back beside each."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.content.schemas import Author, Blocked
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.feed.comment_row import ago
from studio.tabs.feed.name_button import NameButton
from studio.tabs.feed.page_reader import PageReader
from studio.tabs.feed.people import People, Words
from studio.tabs.feed.side_pane import SidePane
from studio.tabs.feed.unread import unread
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.label import Label
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack

PATH: Final = "/v1/content/blocks"
PAGE: Final = 50
DISC: Final = 30


class _Row(QWidget):
    """One person. Once let go, they stay in the list, so that it can be taken back."""

    named = Signal()
    pressed = Signal()

    def __init__(self, blocked: Blocked, now: datetime) -> None:
        super().__init__()
        self.person = blocked.person
        self.holds = True
        worn = style.tokens()
        self.name = NameButton(disc=DISC)
        self.name.set_person(blocked.person)
        self.name.clicked.connect(self.named)
        self.button = Button("Unblock")
        self.button.clicked.connect(self.pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(worn.space_3)
        row.addWidget(self.name, 1)
        row.addWidget(Label(_since(now, blocked.since), "caption"))
        row.addWidget(self.button)
        self.tell(True)

    def tell(self, holds: bool) -> None:
        """Show whether they are blocked."""
        self.holds = holds
        self.button.setText("Unblock" if holds else "Block")
        self.button.setAccessibleName(f"{self.button.text()} {self.person.name}")


def _since(now: datetime, then: datetime) -> str:
    passed = ago(now, then)
    return "just now" if passed == "now" else f"{passed} ago"


class BlockedPane(SidePane):
    """`person_wanted` carries somebody whose profile is asked for."""

    person_wanted = Signal(object)

    def __init__(self, context: Context, people: People) -> None:
        super().__init__("People you block")
        self._context, self._people = context, people
        self._cursor: str | None = None
        self._pages = PageReader(context, self, PATH, Page[Blocked], limit=PAGE)
        self.rows: dict[UUID, _Row] = {}
        worn = style.tokens()
        self.close_button = IconButton("x", "Close the list")
        self.close_button.clicked.connect(self.close_now)
        self.more = Button("Show earlier ones", kind="quiet")
        self.more.clicked.connect(self._read)
        inside = QWidget()
        inside.setProperty("surface", "clear")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(worn.space_4, 0, worn.space_4, worn.space_3)
        self._column.setSpacing(worn.space_2)
        self.fault = Label("", "warning", wrap=True)
        self.fault.hide()
        self._column.addWidget(self.fault)
        self._column.addWidget(self.more)
        self._column.addStretch(1)
        self.states = StateStack(ScrollPane("List of people", inside, ground="window"))
        self.states.retried.connect(self._read)
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_4, worn.space_3, worn.space_2, worn.space_1)
        top.addWidget(Label("People you block", "title"), 1)
        top.addWidget(self.close_button)
        told = Label("You see none of their videos and comments. They are not told.", "muted", wrap=True)
        told.setContentsMargins(worn.space_4, 0, worn.space_4, worn.space_3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(told)
        column.addWidget(self.states, 1)
        people.changed.connect(self._said)
        people.settled.connect(self._settle)

    def open(self) -> None:
        """Show it, read anew."""
        self.show()
        self._cursor = None
        self._clear()
        self._read()

    def retry(self) -> None:
        if not self.rows:
            self._read()

    def _read(self) -> None:
        if not self.rows:
            self.states.loading()
        self._pages.ask(self._cursor, self._take, self._failed)

    def _settle(self) -> None:
        """The server has everything that was said: what was read before that may lack somebody."""
        if self.isHidden():
            return
        if not self.rows or self._pages.busy:
            self._read()
        else:
            self._pages.ask(None, self._take_new, self._failed)

    def _take_new(self, page: Page[Blocked]) -> None:
        """The newest are the first; whoever was let go stays where they are."""
        self.fault.hide()
        now = self._context.ticker.now()
        for blocked in reversed(page.items):
            if blocked.person.id not in self.rows:
                self._put(_Row(blocked, now), 0)

    def _take(self, page: Page[Blocked]) -> None:
        self.fault.hide()
        self._cursor = page.next_cursor
        now = self._context.ticker.now()
        for blocked in page.items:
            if blocked.person.id not in self.rows:
                self._put(_Row(blocked, now), len(self.rows))
        self.more.setVisible(self._cursor is not None)
        if self.rows:
            self.states.content()
        else:
            self.states.empty("people", "You block nobody", "Block somebody in their profile.")

    def _put(self, row: _Row, place: int) -> None:
        row.named.connect(partial(self.person_wanted.emit, row.person))
        row.pressed.connect(partial(self._press, row))
        self._column.insertWidget(place, row)
        self.rows[row.person.id] = row
        self._tell(row, self._people.words(row.person.id))

    def _failed(self, error: ApiError) -> None:
        if self.rows:  # what is here stays; the button asks again
            self.fault.setText(f"Not all was read: {error.what_happened}")
            self.fault.show()
            return
        self.states.failed(unread("The list cannot be read now.", error))

    def _press(self, row: _Row) -> None:
        person: Author = row.person
        if row.holds:
            self._people.unblock(person)
        else:
            self._people.block(person, following=False)

    def _said(self, person_id: UUID) -> None:
        row = self.rows.get(person_id)
        if row is not None:
            self._tell(row, self._people.words(person_id))

    def _tell(self, row: _Row, words: Words) -> None:
        row.tell(words.get("blocked", row.holds))

    def _clear(self) -> None:
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows.clear()
        self.more.hide()
        self.fault.hide()
