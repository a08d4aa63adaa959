"""The form of an account to be made, beside the list."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from uuid import uuid4

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from server.accounts.permissions import Role
from server.accounts.schemas import NewPerson, PersonDetail
from studio.api.errors import ApiError
from studio.keeping import Keeping
from studio.messages import Level
from studio.step_up import with_step_up
from studio.tab import Context
from studio.tabs.people import state
from studio.tabs.people.role_list import Choice, RoleList
from studio.tabs.people.state import NEW, PREFIX
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.form import FormRow
from studio.widgets.label import Label
from studio.widgets.scroll_pane import ScrollPane

_FAULTS = {
    "handle": "2 to 32 letters, digits, dots or underscores; no dot or underscore at the ends.",
    "name": "A person needs a name of at most 80 characters.",
    "email": "This is not an e-mail address.",
    "password": "At least 12 characters.",
}
_TAKEN = {"handle_taken": "handle", "email_taken": "email"}
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class NewPersonPane(QWidget):
    """`made` carries the new person. What was typed stays until the account is made or cancelled."""

    made = Signal(object)
    cancelled = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setAccessibleName("New person")
        self.handle, self.name, self.email, self.password = (QLineEdit() for _ in range(4))
        self._texts = {"handle": self.handle, "name": self.name, "email": self.email}
        self.roles = RoleList()
        self.cleared = QCheckBox("Cleared for the restricted class")
        self.cleared.setAccessibleName("Cleared for the restricted class")
        self._rows = {
            "handle": FormRow("Handle", self.handle, "How others find them. It stays."),
            "name": FormRow("Name", self.name),
            "email": FormRow("E-mail address", self.email, "Without one nobody can sign in to the account."),
            "password": FormRow("First password", self.password, "They change it under My account."),
        }
        card = Card("New person")
        card.setMinimumWidth(340)
        card.body.setSpacing(style.tokens().space_3)
        card.body.addWidget(self._scroll(), 1)
        self._fault = Label("", "danger", wrap=True)
        self._fault.hide()
        card.body.addWidget(self._fault)
        card.body.addLayout(self._buttons())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
        self.setFocusProxy(self.handle)
        self._anew()
        self.keeping = Keeping(context, self, PREFIX)
        self._restore(self.keeping.kept().get(NEW, ""))
        for field in self._texts.values():
            field.textEdited.connect(lambda: self._keep())
        self.roles.changed.connect(self._keep)
        self.cleared.clicked.connect(lambda: self._keep())

    def _scroll(self) -> ScrollPane:
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, style.tokens().space_2, 0)
        column.setSpacing(style.tokens().space_3)
        for row in self._rows.values():
            column.addWidget(row)
        suggest = Button("Suggest a password", kind="link")
        suggest.clicked.connect(lambda: self.password.setText(suggestion()))
        column.addWidget(suggest, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(Label("Roles", "section"))
        column.addWidget(self.roles)
        column.addWidget(Label("Clearance", "section"))
        column.addWidget(Choice(self.cleared, state.CLEARANCE))
        column.addStretch(1)
        return ScrollPane("Fields of the new person", inside)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.make = Button("Make the account", kind="primary", tip="Needs a one-time code")
        self.make.clicked.connect(self.submit)
        cancel = Button("Cancel", kind="quiet", tip="Forget what is typed here")
        cancel.clicked.connect(self._cancel)
        row.addWidget(self.make)
        row.addWidget(cancel)
        row.addStretch(1)
        return row

    def _anew(self) -> None:
        """Clear the form. One form is one account, however often it is sent."""
        self._id, self._key = uuid4(), ""
        self._sent: object = None
        for field in (self.handle, self.name, self.email, self.password):
            field.clear()
        self.roles.set_roles(())
        self.cleared.setChecked(False)
        self._say({})

    def _keep(self) -> None:
        """Keep what is typed over a restart, except the password."""
        typed: dict[str, object] = {name: field.text() for name, field in self._texts.items()}
        typed |= {"roles": state.in_order(self.roles.roles()), "cleared": self.cleared.isChecked()}
        self.keeping.keep(NEW, json.dumps(typed) if any(typed.values()) else "")

    def _restore(self, text: str) -> None:
        with suppress(ValueError, TypeError, AttributeError):
            kept = json.loads(text)
            for name, field in self._texts.items():
                field.setText(str(kept.get(name, "")))
            self.roles.set_roles([Role(role) for role in kept.get("roles", [])])
            self.cleared.setChecked(bool(kept.get("cleared")))

    def _cancel(self) -> None:
        self._anew()
        self._keep()
        self.cancelled.emit()

    def submit(self) -> None:
        """Check the fields and make the account."""
        if not self.make.isEnabled():
            return
        try:
            person = NewPerson(
                id=self._id,
                handle=self.handle.text().strip().removeprefix("@"),
                name=self.name.text(),
                email=self.email.text().strip() or None,
                password=self.password.text() or None,
                roles=state.in_order(self.roles.roles()),
                cleared=self.cleared.isChecked(),
            )
        except ValidationError as error:
            names = {str(each["loc"][0]) for each in error.errors()}
            self._say({name: _FAULTS[name] for name in names if name in _FAULTS})
            return
        self._say({})
        self._set_busy(True)
        self._context.tasks.spawn(self._send(person), self)

    async def _send(self, person: NewPerson) -> None:
        body = person.model_dump(mode="json")
        if body != self._sent:  # a key names one body for good, and the same body keeps its key
            self._sent, self._key = body, str(uuid4())

        async def send() -> PersonDetail:
            path = "/v1/accounts/people"
            answer = await self._context.api.post(path, json=body, idempotency_key=self._key)
            return answer.model(PersonDetail)

        try:
            made = await with_step_up(self._context, send)
        except ApiError as error:
            self._refused(error)
        else:
            if made is None:
                self._say_whole("Nothing was sent: the one-time code is missing. What you typed is kept.")
            else:
                self._context.messages.notify(Level.SUCCESS, f"@{made.handle} can begin")
                self._anew()
                self._keep()
                self.made.emit(made)
        finally:
            self._set_busy(False)

    def _refused(self, error: ApiError) -> None:
        field = _TAKEN.get(error.code)
        faults = {name: message for name, message in error.problem.errors if name in self._rows}
        if field is not None:
            self._say({field: error.problem.detail})
        elif faults:
            self._say(faults)
        else:
            self._say_whole(f"{error.what_happened} What you typed is kept. {error.what_to_do}")

    def _set_busy(self, busy: bool) -> None:
        self.make.setEnabled(not busy)
        self.make.setText("Making the account…" if busy else "Make the account")

    def _say(self, faults: dict[str, str]) -> None:
        for name, row in self._rows.items():
            row.set_fault(faults.get(name, ""))
        first = next((row.field for name, row in self._rows.items() if name in faults), None)
        if first is not None:
            first.setFocus()
        self._say_whole("")

    def _say_whole(self, text: str) -> None:
        self._fault.setText(text)
        self._fault.setVisible(bool(text))


def suggestion() -> str:
    """Four groups of four, 79 bits, without letters that are taken for each other: to be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
