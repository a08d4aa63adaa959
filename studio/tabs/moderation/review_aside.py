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
    """A reason by one press, or in own words. `chosen` carries the reason and, for a hold, the seconds."""

    chosen = Signal(str, int)

    def __init__(self, window: QWidget, *, holding: bool) -> None:
        title = "Hold the item, because" if holding else "Skip the item, because"
        super().__init__(title, window, 320, reason=QLineEdit())
        self._term = QComboBox()
        self._term.setAccessibleName("For how long")
        self._term.addItems(list(TERMS))
        if holding:
            self.body.addWidget(self._term)
        for number, reason in enumerate(HOLD_REASONS if holding else SKIP_REASONS, start=1):
            button = Button(f"{number}  {reason}", kind="quiet", tip=f"{reason} ({number})")
            button.setAccessibleName(reason)
            button.clicked.connect(partial(self._take, reason))
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._reasons = HOLD_REASONS if holding else SKIP_REASONS
        self.reason.setAccessibleName("Another reason")
        self.reason.setPlaceholderText("Another reason, then Enter")
        self.reason.setMaxLength(REASON_MAX)
        self.body.addWidget(self.reason)
        note = "You will not be offered it again." if not holding else "It is yours alone until then."
        self.body.addWidget(Label(note, "muted", wrap=True))
        self.body.addWidget(self.fault)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.why():
            self._take(self.why())
        elif typed.isdecimal() and 1 <= int(typed) <= len(self._reasons) and not self.reason.hasFocus():
            self._take(self._reasons[int(typed) - 1])
        else:
            super().keyPressEvent(event)

    def _take(self, reason: str, _checked: bool = False) -> None:
        if not self.waiting:
            self.chosen.emit(reason, TERMS[self._term.currentText()])
