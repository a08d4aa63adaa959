"""Letting a locked-out person back in: a temporary password, shown this once."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from server.accounts.schemas import PersonDetail, PersonRow, TemporaryPassword
from studio.api.errors import ApiError
from studio.step_up import with_step_up
from studio.tab import Context
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import Label
from studio.widgets.time_label import exact

MEANING = (
    "For someone who lost the password or the authenticator. Both end, all devices are signed out, and a "
    "temporary password opens nothing but the choice of a new one."
)


class ResetBox(QWidget):
    """Offered for other people who can sign in, to whoever may change people."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._person: PersonRow | None = None
        self.setAccessibleName("Sign-in")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_1)
        column.addWidget(Label("Sign-in", "section"))
        column.addWidget(Label(MEANING, "caption", wrap=True))
        self.ask = InlineConfirm("Reset the sign-in", "Sure?", "Reset")
        self.ask.confirmed.connect(self.reset)
        column.addWidget(self.ask)
        self.password = QLineEdit()
        self.password.setReadOnly(True)
        self.password.setAccessibleName("Temporary password")
        copy = Button("Copy", icon="copy")
        copy.setAccessibleName("Copy the temporary password")
        copy.clicked.connect(lambda: clipboard.put(self.password.text()))
        self._given = QWidget()
        row = QHBoxLayout(self._given)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.password, 1)
        row.addWidget(copy)
        self._words = Label("", wrap=True)
        column.addWidget(self._given)
        column.addWidget(self._words)
        self.show_person(None)

    def show_person(self, person: PersonRow | None) -> None:
        """Offer it for this person; a password that was shown goes when another person comes."""
        if person is None or self._person is None or person.id != self._person.id:
            self.password.clear()
            self._given.hide()
            self._words.hide()
        self._person = person
        me = self._context.me
        signs_in = isinstance(person, PersonDetail) and person.email_hint is not None
        other = person is not None and person.id != me.id
        self.setVisible(signs_in and other and "people.write" in me.permissions)

    def reset(self) -> None:
        """Ask the server for a temporary password."""
        person = self._person
        if person is None or not self.ask.isEnabled():
            return

        async def send() -> TemporaryPassword:
            path = f"/v1/accounts/people/{person.id}/reset"
            return (await self._context.api.post(path)).model(TemporaryPassword)

        async def work() -> None:
            try:
                given = await with_step_up(self._context, send)
            except ApiError as error:
                self._say(person, f"{error.what_happened} {error.what_to_do}", danger=True)
            else:
                if given is not None:
                    self._tell(person, given)
            finally:
                self.ask.setEnabled(True)

        self.ask.setEnabled(False)
        self._context.tasks.spawn(work(), self)

    def _tell(self, person: PersonRow, given: TemporaryPassword) -> None:
        until = exact(given.valid_until)
        words = f"Shown this once. Tell it to @{person.handle}; it works until {until}."
        if self._say(person, words, danger=False):
            self.password.setText(given.password)
            self._given.show()

    def _say(self, person: PersonRow, words: str, *, danger: bool) -> bool:
        """Say it if the person is still shown."""
        if self._person is None or self._person.id != person.id:
            return False
        self._words.set_tone("danger" if danger else "muted")
        self._words.setText(words)
        self._words.show()
        return True
