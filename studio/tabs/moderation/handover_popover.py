"""Asking to whom an item goes and why; and, of a lead, why it is taken from whoever has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from server.moderation.schemas import Colleague
from studio.api.errors import ApiError
from studio.tabs.moderation.ask_popover import AskPopover
from studio.tabs.moderation.review_aside import REASON_MAX
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.search_field import SearchField

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEPS: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_LIST: Final = 156


class _Ask(AskPopover):
    """Ends in a reason and one button, which waits until everything is there."""

    def __init__(self, title: str, window: QWidget, *, width: int, act: Button, reason: str) -> None:
        super().__init__(title, window, width, reason=QLineEdit())
        self.reason.setAccessibleName(reason)
        self.reason.setPlaceholderText(reason)
        self.reason.setMaxLength(REASON_MAX)
        self.reason.textChanged.connect(self._check)
        self.act = act
        self.act.clicked.connect(self.finish)

    def add_end(self, told: str) -> None:
        """Add the reason, a sentence on what becomes of it, and the buttons."""
        self.body.addWidget(self.reason)
        self.body.addWidget(Label(told, "muted", wrap=True))
        self.body.addWidget(self.fault)
        cancel = Button("Cancel", kind="quiet", tip="Cancel (Esc)")
        cancel.clicked.connect(self.close_now)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.act)
        self.body.addLayout(row)
        self._check()

    def complete(self) -> bool:
        """Whether nothing is missing, and it is not being done already."""
        return bool(self.why()) and not self.waiting

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and self.complete():
            self.finish()
        elif event.key() in _ENTER:
            self.reason.setFocus()
        else:
            super().keyPressEvent(event)

    def _check(self) -> None:
        self.act.setEnabled(self.complete())

    def finish(self) -> None:
        """Tell what was asked for."""


class HandOverPopover(_Ask):
    """Those who serve the queue, found by typing. `chosen` carries the `Colleague` and the reason."""

    chosen = Signal(object, str)

    def __init__(self, window: QWidget) -> None:
        act = Button("Hand over", kind="primary", icon="people")
        super().__init__(
            "Hand the item over to", window, width=360, act=act, reason="Why, and what they should know"
        )
        self._people: Sequence[Colleague] = ()
        self.search = SearchField("Find a person")
        self.search.textChanged.connect(self._show)
        self.list = QListWidget()
        self.list.setAccessibleName("Who serves this queue")
        self.list.setFixedHeight(_LIST)
        self.list.currentItemChanged.connect(lambda *_: self._check())
        self.list.itemActivated.connect(lambda _item: self.reason.setFocus())
        self._told = Label("Looking who serves this queue", "muted", wrap=True)
        for widget in (self.search, self.list, self._told):
            self.body.addWidget(widget)
        self.add_end("They read the reason as a note. What you chose and wrote stays on this computer.")

    def open_at(self, anchor: QWidget) -> None:
        super().open_at(anchor)
        self.search.setFocus()

    def show_people(self, people: Sequence[Colleague]) -> None:
        """Offer these."""
        self._people = people
        self._show()

    def show_fault(self, error: ApiError) -> None:
        """Say that nobody can be offered now."""
        self._told.setText(f"{error.what_happened} {error.what_to_do}".strip())

    def person(self) -> Colleague | None:
        """Who is chosen."""
        now = self.list.currentItem()
        found: Colleague | None = now.data(Qt.ItemDataRole.UserRole) if now is not None else None
        return found

    def complete(self) -> bool:
        return super().complete() and self.person() is not None

    def finish(self) -> None:
        self.chosen.emit(self.person(), self.why())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and self.list.count():
            self.list.setCurrentRow(max(0, min(self.list.currentRow() + step, self.list.count() - 1)))
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        words = self.search.text().casefold().split()
        self.list.clear()
        for each in self._people:
            if all(word in f"{each.name} @{each.handle}".casefold() for word in words):
                item = QListWidgetItem(f"{each.name}  @{each.handle}", self.list)
                item.setData(Qt.ItemDataRole.UserRole, each)
        if self.list.count():
            self.list.setCurrentRow(0)
        nobody = "Nobody here is called that." if self._people else "Nobody else can take this item."
        self._told.setText("" if self.list.count() else nobody)
        self._told.setVisible(not self.list.count())
        self._check()


class TakeOverPopover(_Ask):
    """Names who loses the item, and asks why. `confirmed` carries the popover itself."""

    confirmed = Signal(object)

    def __init__(self, holder: str, window: QWidget) -> None:
        act = Button("Take over", kind="primary", icon="unlock")
        super().__init__(
            f"Take the item over from @{holder}", window, width=360, act=act, reason="Why it cannot wait"
        )
        self.add_end(
            f"@{holder} cannot decide it any more, and reads the reason as a note. What they wrote and have"
            " not sent stays with them."
        )

    def open_at(self, anchor: QWidget) -> None:
        super().open_at(anchor)
        self.reason.setFocus()

    def finish(self) -> None:
        self.confirmed.emit(self)
