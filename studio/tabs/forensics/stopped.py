"""Entries that took themselves out of use: a line above the banks, and a notice wherever one is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from server.forensics.schemas import EntryView
from server.kit.wire import Page
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.messages import Action, Level
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.forensics import bank_words
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import ElidedLabel
from studio.workplace import RESYNC

TOPIC = "forensics.bank"
PERMISSION = "forensics.banks"
TAB = "forensics"
_MOST = 100


async def waiting(api: Api) -> Sequence[EntryView]:
    """The entries that took themselves out of use and wait for somebody, newest first. Raises ApiError."""
    answer = await api.get("/v1/forensics/stopped-entries", params={"limit": _MOST})
    return answer.model(Page[EntryView]).items


class StoppedLine(QFrame):
    """Hidden while there are none. `counted` tells how many there are, `wanted` asks for the first one."""

    counted = Signal(int)
    wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.entries: Sequence[EntryView] = []
        worn = style.tokens()
        self.setProperty("surface", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_1, worn.space_2, worn.space_1)
        row.setSpacing(worn.space_2)
        self.what = ElidedLabel()
        self.show_button = Button("Show", kind="quiet")
        self.show_button.clicked.connect(lambda: self.wanted.emit(self.entries[0]))
        row.addWidget(IconLabel("hold", "warning", worn.icon_size))
        row.addWidget(self.what, 1)
        row.addWidget(self.show_button)
        self.hide()

    def refresh(self) -> None:
        """Ask which there are; what was known stays where that cannot be had."""
        self._context.tasks.read(lambda: waiting(self._context.api), self.tell, lambda _: None, owner=self)

    def tell(self, entries: Sequence[EntryView]) -> None:
        """Show these."""
        self.entries = entries
        words = bank_words.stopped_words(entries)
        self.what.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(entries))
        self.counted.emit(len(entries))


class StoppedNotices:
    """Tells who keeps the banks, in whatever tab they are, once of each entry that takes itself out of use
    while they are here. What was so before they came stands above the banks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._one_at_a_time = asyncio.Lock()
        self._known: set[UUID] | None = None
        if PERMISSION in context.me.permissions:
            context.changes.subscribe(self.on_changes)
            context.tasks.spawn(self._look())

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast, which names the bank alone: which entry it is, is asked for."""
        if changes.kinds & {TOPIC, RESYNC}:
            self._context.tasks.spawn(self._look())

    async def _look(self) -> None:
        async with self._one_at_a_time:
            try:
                found = await waiting(self._context.api)
            except ApiError:
                return  # it stands above the banks, whether or not it is told
            known, self._known = self._known, {entry.id for entry in found}
        new = [entry for entry in found if known is not None and entry.id not in known]
        if new:
            self._context.messages.notify(
                Level.WARNING,
                bank_words.stopped_words(new),
                "It finds nothing until somebody has looked at its matches.",
                action=Action("Show", lambda: self._context.go(TAB, stopped=True)),
            )
