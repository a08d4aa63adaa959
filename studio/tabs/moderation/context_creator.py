"""Who made what is under review: the record in short, read when the tab is first looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.moderation.schemas import CreatorPage, CreatorSummary, DecisionRow
from studio.api.errors import ApiError
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tab import Context
from studio.tabs.moderation.account_state import history
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.tabs.moderation.queue_peek import decision_line, short
from studio.tabs.moderation.queue_preview import creator_line
from studio.widgets.button import Button
from studio.widgets.label import Label

Read = Callable[[UUID, Callable[[CreatorPage], object], Callable[[ApiError], object]], object]
"""Reads the record of a person and hands it, or the error, on."""


class CreatorTab(QWidget):
    """`account_wanted` carries the creator's UUID."""

    account_wanted = Signal(object)

    def __init__(self, keymap: Keymap, read: Read) -> None:
        super().__init__()
        self.setAccessibleName("Creator")
        self._read = read
        self._creator: CreatorSummary | None = None
        self._earlier: Sequence[DecisionRow] = ()
        self._titles: Callable[[str], str] = str
        self._asked = True
        self._keymap = keymap
        self.list = ContextList("Record of the creator")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)

    def show_creator(
        self,
        creator: CreatorSummary | None,
        earlier: Sequence[DecisionRow],
        titles: Callable[[str], str],
    ) -> None:
        """Show who made the item, and the earlier decisions on it."""
        self._creator, self._earlier, self._titles = creator, earlier, titles
        self._asked = creator is None
        self._fill(None)
        if self.isVisible():
            self._ask()

    def open_account(self) -> None:
        """Ask for the account page."""
        if self._creator is not None:
            self.account_wanted.emit(self._creator.id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if not self._asked and self._creator is not None:
            self._asked = True
            self._read(self._creator.id, self._take, lambda _error: None)

    def _take(self, page: CreatorPage) -> None:
        if self._creator is not None and page.creator.id == self._creator.id:
            self._fill(page)

    def _fill(self, page: CreatorPage | None) -> None:
        self.list.clear()
        creator = self._creator
        if creator is None:
            self.list.add(Label("Nobody is known to have made this.", "muted", wrap=True))
            return
        who = f"@{creator.handle} · since {creator.created_at:%Y-%m-%d}"
        self.list.add(Entry(creator.name or f"@{creator.handle}", who, creator_line(creator)))
        account = hint(self._keymap, Button("Open the account", kind="link", icon="person"), "review.account")
        account.clicked.connect(self.open_account)
        self.list.add(account)
        if self._earlier:
            self.list.add(Label("Earlier decisions on this", "section"))
        for decision in self._earlier:
            self.list.add(Entry(*decision_line(decision, self._titles)))
        if page is not None:
            self.list.add(Label("History", "section"))
            for moment in history(page, self._titles):
                detail = f"{short(moment.at)} · {moment.detail}" if moment.detail else short(moment.at)
                self.list.add(Entry(moment.text, detail))


def reader(context: Context, owner: QWidget) -> Read:
    """What reads the record of a creator for as long as `owner` lives."""

    def read(
        person: UUID, then: Callable[[CreatorPage], object], failed: Callable[[ApiError], object]
    ) -> object:
        async def fetch() -> CreatorPage:
            return (await context.api.get(f"/v1/moderation/creators/{person}")).model(CreatorPage)

        return context.tasks.read(fetch, then, failed, owner=owner)

    return read
