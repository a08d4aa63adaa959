"""A question that stays open until what was asked for is done, so that a refusal costs nobody their words."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget
from shiboken6 import isValid

from studio.api.errors import ApiError
from studio.widgets.label import Label
from studio.widgets.popover import Popover


class AskPopover(Popover):
    """Asks for a `reason`; fill `body`, and place `fault` where a refusal is to be told.

    Whoever acts on the answer calls `wait`, and then `done` or `refuse`. A person may close it before.
    """

    def __init__(self, title: str, window: QWidget, width: int, *, reason: QLineEdit) -> None:
        super().__init__(title, window, width)
        self.reason = reason
        self.fault = Label("", "danger", wrap=True)
        self.fault.hide()
        self.closed.connect(self.deleteLater)

    @property
    def waiting(self) -> bool:
        """Whether the answer is on its way: nothing can be pressed or typed meanwhile."""
        return not self.surface.isEnabled()

    def why(self) -> str:
        """What was typed."""
        return self.reason.text().strip()

    def wait(self) -> None:
        """The answer is being acted on."""
        self.setFocus()  # a field that is switched off would lose the keyboard to the page below
        self.surface.setEnabled(False)

    def done(self) -> None:
        """It was done."""
        if isValid(self):
            self.close_now()

    def refuse(self, error: ApiError) -> bool:
        """Say why it was not done, with everything as it was; False when nobody waits here any more."""
        if not isValid(self) or not self.isVisible():
            return False
        self.surface.setEnabled(True)
        self.fault.setText(f"{error.what_happened} {error.what_to_do}".strip())
        self.fault.show()
        self._fit()
        self.reason.setFocus()
        return True
