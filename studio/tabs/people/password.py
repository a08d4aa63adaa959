"""Changing one's own password."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.form import FormRow

SHORTEST = 12


class PasswordCard(Card):
    """Every other device is signed out by a new password, as the server does it."""

    def __init__(self, context: Context) -> None:
        super().__init__("My password", "Signs out all other devices")
        self._context = context
        self.body.setSpacing(style.tokens().space_3)
        self.old, self.new, self.again = (QLineEdit() for _ in range(3))
        help_text = f"At least {SHORTEST} characters. A sentence is easier to keep than a word."
        self._rows = (
            FormRow("Present password", self.old),
            FormRow("New password", self.new, help_text),
            FormRow("New password again", self.again),
        )
        for row, field in zip(self._rows, (self.old, self.new, self.again), strict=True):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setMaxLength(128)
            field.returnPressed.connect(self.submit)
            self.body.addWidget(row)
        self.button = Button("Change the password", kind="primary")
        self.button.clicked.connect(self.submit)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def submit(self) -> None:
        """Check the fields and send them."""
        old, new, again = self.old.text(), self.new.text(), self.again.text()
        faults = (
            "" if old else "Type the password that you have now.",
            "" if len(new) >= SHORTEST else f"At least {SHORTEST} characters.",
            "" if new == again else "The two are not the same.",
        )
        for row, fault in zip(self._rows, faults, strict=True):
            row.set_fault(fault)
        if not any(faults) and self.button.isEnabled():
            self.button.setEnabled(False)
            self._context.tasks.spawn(self._send(old, new), self)

    async def _send(self, old: str, new: str) -> None:
        try:
            await self._context.api.post("/v1/accounts/password", json={"current": old, "new": new})
        except ApiError as error:
            self._rows[0].set_fault(f"{error.what_happened} {error.what_to_do}")
        else:
            for field in (self.old, self.new, self.again):
                field.clear()
            self._context.messages.notify(
                Level.SUCCESS, "Your password is changed", "Other devices are signed out."
            )
        finally:
            self.button.setEnabled(True)
