"""Putting an item aside: skipping it for good, or holding it for oneself; both need a reason."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from studio.tabs.moderation.ask_popover import AskPopover
from studio.widgets.button import Button
from studio.widgets.label import Label

SKIP_REASONS: Final = (
    "I do not speak the language",
    "I know the people involved",
    "I need a break from this category",
    "It needs a specialist",
)
HOLD_REASONS: Final = ("Waiting for a colleague", "Waiting for more flags", "I want to look again later")
TERMS: Final = {"1 hour": 3_600, "4 hours": 4 * 3_600, "24 hours": 24 * 3_600}
REASON_MAX: Final = 500


class AsidePopover(AskPopover):
    """A reason by one press, or in own words. `chosen` carries the reason and, for a hold, the seconds.

    A digit only chooses and Enter confirms: neither act can be undone, and a digit may be stray typing.
    """

    chosen = Signal(str, int)

    def __init__(self, window: QWidget, *, holding: bool) -> None:
        title = "Hold the item, because" if holding else "Skip the item, because"
        super().__init__(title, window, 320, reason=QLineEdit())
        self._term = QComboBox()
        self._term.setAccessibleName("For how long")
        self._term.addItems(list(TERMS))
        if holding:
            self.body.addWidget(self._term)
        self._picked = ""
        self._reasons: dict[str, Button] = {}
        for number, reason in enumerate(HOLD_REASONS if holding else SKIP_REASONS, start=1):
            button = Button(f"{number}  {reason}", kind="quiet", tip=f"{reason} ({number}, then Enter)")
            button.setAccessibleName(reason)
            button.setCheckable(True)
            button.clicked.connect(partial(self._press, reason))
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self._reasons[reason] = button
        self.reason.setAccessibleName("Another reason")
        self.reason.setPlaceholderText("Another reason")
        self.reason.textEdited.connect(lambda: self._pick(""))
        self.reason.setMaxLength(REASON_MAX)
        self.body.addWidget(self.reason)
        note = "You will not be offered it again." if not holding else "It is yours alone until then."
        note = f"A digit chooses, Enter confirms. {note}"
        self.body.addWidget(Label(note, "muted", wrap=True))
        self.body.addWidget(self.fault)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed, known = event.text(), list(self._reasons)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if reason := self._picked or self.why():
                self._take(reason)
        elif typed.isdecimal() and 1 <= int(typed) <= len(known) and not self.reason.hasFocus():
            self._pick(known[int(typed) - 1])
        else:
            super().keyPressEvent(event)

    def _pick(self, reason: str) -> None:
        self._picked = reason
        for each, button in self._reasons.items():
            button.setChecked(each == reason)

    def _press(self, reason: str, _checked: bool = False) -> None:
        self._pick(reason)
        self._take(reason)

    def _take(self, reason: str) -> None:
        if not self.waiting:
            self.chosen.emit(reason, TERMS[self._term.currentText()])
