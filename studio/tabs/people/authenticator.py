"""Setting up one's authenticator app: password, secret shown once, first code."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from server.accounts.schemas import Me, TotpSecret
from studio.api.errors import ApiError
from studio.messages import Level
from studio.step_up import with_step_up
from studio.tab import Context
from studio.tabs.people.state import in_fours
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.form import FormRow
from studio.widgets.label import Label


class AuthenticatorCard(Card):
    """Three steps in one place: what there is, proving the password, typing the secret over."""

    def __init__(self, context: Context) -> None:
        super().__init__("My authenticator", "For what needs a one-time code")
        self._context = context
        self._uri = ""
        self.enrolled = context.me.has_totp
        self.steps = QStackedWidget()
        self._state = Chip("")
        self.begin_button = Button("")
        self.begin_button.clicked.connect(lambda: self._go(1))
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.returnPressed.connect(self.begin)
        self._password_row = FormRow("Your password", self.password, "A new authenticator needs it again.")
        self.secret = QLineEdit()
        self.secret.setReadOnly(True)
        self.code = QLineEdit()
        self.code.setMaxLength(6)
        self.code.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,6}"), self))
        self.code.returnPressed.connect(self.confirm)
        self._code_row = FormRow("Code that the app shows now", self.code)
        for page in (self._first(), self._second(), self._third()):
            self.steps.addWidget(page)
        self.body.addWidget(self.steps)
        self._tell()

    def _first(self) -> QWidget:
        page, column = _page()
        column.addWidget(self._state)
        said = "People, roles, payouts and overrides are confirmed with the six digits that an app shows."
        column.addWidget(Label(said, "muted", wrap=True))
        column.addWidget(self.begin_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return page

    def _second(self) -> QWidget:
        page, column = _page()
        column.addWidget(self._password_row)
        row = QHBoxLayout()
        self.go_on = Button("Show the secret", kind="primary")
        self.go_on.clicked.connect(self.begin)
        row.addWidget(self.go_on)
        row.addWidget(self._cancel())
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return page

    def _third(self) -> QWidget:
        page, column = _page()
        told = "Type this secret into the app. It is shown this once and counts when the first code is right."
        column.addWidget(Label(told, "muted", wrap=True))
        column.addWidget(FormRow("Secret", self.secret))
        copies = QHBoxLayout()
        for text, tip, what in (
            ("Copy the secret", "", lambda: self.secret.text().replace(" ", "")),
            ("Copy the otpauth address", "For apps that take one", lambda: self._uri),
        ):
            button = Button(text, kind="quiet", icon="copy", tip=tip)
            button.clicked.connect(lambda _=False, get=what: clipboard.put(get()))
            copies.addWidget(button)
        copies.addStretch(1)
        column.addLayout(copies)
        column.addWidget(self._code_row)
        row = QHBoxLayout()
        self.done = Button("Confirm", kind="primary")
        self.done.clicked.connect(self.confirm)
        row.addWidget(self.done)
        row.addWidget(self._cancel())
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return page

    def _cancel(self) -> Button:
        button = Button("Cancel", kind="quiet")
        button.clicked.connect(lambda: self._go(0))
        return button

    def _go(self, step: int) -> None:
        if step != 2:
            self.secret.clear()
            self._uri = ""
        self.password.clear()
        self.code.clear()
        self._password_row.set_fault("")
        self._code_row.set_fault("")
        self.steps.setCurrentIndex(step)
        {0: self.begin_button, 1: self.password, 2: self.code}[step].setFocus()

    def _tell(self) -> None:
        if self.enrolled:
            self._state.set("Set up", "success", "check")
        else:
            self._state.set("Not set up", "warning", "alert-triangle")
        text = "Replace it" if self.enrolled else "Set up"
        self.begin_button.setText(text)
        self.begin_button.setAccessibleName(f"{text} (authenticator)")

    def refresh(self) -> None:
        """Ask whether there is an authenticator."""

        async def fetch() -> Me:
            return (await self._context.api.get("/v1/accounts/me")).model(Me)

        def show(me: Me) -> None:
            self.enrolled = me.has_totp
            self._tell()

        self._context.tasks.read(fetch, show, lambda _: None, owner=self)

    def begin(self) -> None:
        """Prove the password and get a secret; replacing an authenticator needs a code of the old one."""
        if not self.password.text() or not self.go_on.isEnabled():
            return
        body = {"password": self.password.text()}

        async def send() -> TotpSecret:
            return (await self._context.api.post("/v1/accounts/totp", json=body)).model(TotpSecret)

        async def work() -> None:
            try:
                got = await with_step_up(self._context, send)
            except ApiError as error:
                self._password_row.set_fault(f"{error.what_happened} {error.what_to_do}")
            else:
                if got is not None:
                    self._go(2)
                    self._uri = got.uri
                    self.secret.setText(in_fours(got.secret))
                    self.secret.setCursorPosition(0)
            finally:
                self.go_on.setEnabled(True)

        self.go_on.setEnabled(False)
        self._context.tasks.spawn(work(), self)

    def confirm(self) -> None:
        """Prove that the app has the secret."""
        if len(self.code.text()) != 6 or not self.done.isEnabled():
            self._code_row.set_fault("Six digits.")
            return
        body = {"code": self.code.text()}

        async def work() -> None:
            try:
                await self._context.api.post("/v1/accounts/totp/confirm", json=body)
            except ApiError as error:
                self.code.clear()
                self._code_row.set_fault(f"{error.what_happened} {error.what_to_do}")
            else:
                self.enrolled = True
                self._tell()
                self._go(0)
                self._context.messages.notify(Level.SUCCESS, "Your authenticator is set up")
            finally:
                self.done.setEnabled(True)

        self.done.setEnabled(False)
        self._context.tasks.spawn(work(), self)


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(style.tokens().space_3)
    return page, column
