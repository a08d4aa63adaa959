"""The sign-in card, and the small dialog that asks for a one-time code before something weighty."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QKeyEvent, QRegularExpressionValidator
from PySide6.QtSvgWidgets import QSvgWidget
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

import resources
from studio.api.errors import ApiError, Offline
from studio.theme import style
from studio.theme.icons import icon
from studio.widgets.button import Button
from studio.widgets.form import FormRow
from studio.widgets.label import Label

_WIDTH: Final = 400


class SignInPage(QWidget):
    """Emits `submitted` with address and password; `server_wanted` when it should be another server."""

    submitted = Signal(str, str)
    server_wanted = Signal()

    def __init__(self, server: str, email: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sign in")
        worn = style.tokens()
        self._card = QFrame()
        self._card.setProperty("surface", "card")
        self._card.setFixedWidth(_WIDTH)
        layout = QVBoxLayout(self._card)
        layout.setContentsMargins(32, 32, 32, 28)
        layout.setSpacing(worn.space_4)
        mark = QSvgWidget(str(resources.path("brand.svg")))
        mark.setFixedSize(44, 44)
        layout.addWidget(mark)
        layout.addWidget(Label("Sign in", "display"))
        self.email = QLineEdit(email)
        self.email.setInputMethodHints(Qt.InputMethodHint.ImhEmailCharactersOnly)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._email_row = FormRow("E-mail address", self.email)
        self._password_row = FormRow("Password", self.password)
        self._add_eye(self.password)
        layout.addWidget(self._email_row)
        layout.addWidget(self._password_row)
        self._fault = Label("", "danger", wrap=True)
        self._fault.hide()
        layout.addWidget(self._fault)
        self.button = Button("Sign in", kind="primary")
        self.button.setMinimumHeight(38)
        self.button.clicked.connect(self._submit)
        layout.addWidget(self.button)
        layout.addLayout(self._server_line(server))
        for field in (self.email, self.password):
            field.returnPressed.connect(self._submit)
            field.textEdited.connect(lambda: self.set_fault(""))
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        # Stretches and no alignment: Qt asks an aligned widget how high it wants to be at the whole width.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setFocusProxy(self.password if email else self.email)

    def _add_eye(self, field: QLineEdit) -> None:
        """Put a button into the field that shows what is typed."""
        eye = field.addAction(icon("eye"), QLineEdit.ActionPosition.TrailingPosition)

        def turn(shown: bool) -> None:
            field.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
            eye.setIcon(icon("eye-off" if shown else "eye"))
            words = "Hide the password" if shown else "Show the password"
            eye.setText(words)
            button.setToolTip(words)
            button.setAccessibleName(words)

        button = next(b for b in field.findChildren(QToolButton) if b.defaultAction() is eye)
        button.setProperty("kind", "inset")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        eye.setCheckable(True)
        eye.toggled.connect(turn)
        turn(False)

    def _server_line(self, server: str) -> QHBoxLayout:
        line = QHBoxLayout()
        self.server = Label(server, "faint")
        change = Button("Change server", kind="link")
        change.clicked.connect(self.server_wanted)
        line.addWidget(self.server, 1)
        line.addWidget(change)
        return line

    def set_busy(self, busy: bool) -> None:
        """While the server is asked, nothing can be sent twice."""
        self.button.setEnabled(not busy)
        self.button.setText("Signing in…" if busy else "Sign in")

    def set_fault(self, text: str) -> None:
        """Say why sign-in failed; what was typed stays."""
        self._fault.setText(text)
        self._fault.setVisible(bool(text))

    def refuse(self, error: ApiError) -> None:
        """Say why the sign-in did not go through: it is not tried again by itself."""
        to_do = "Sign in when it is back." if isinstance(error, Offline) else error.what_to_do
        self.set_fault(f"{error.what_happened} {to_do}")

    def _submit(self) -> None:
        if not self.button.isEnabled():
            return
        email, password = self.email.text().strip(), self.password.text()
        self._email_row.set_fault("" if "@" in email else "An e-mail address has an @.")
        self._password_row.set_fault("" if password else "Type your password.")
        if "@" in email and password:
            self.submitted.emit(email, password)


class CodeDialog(QDialog):
    """Asks for the six digits of the authenticator app; `submitted` carries them."""

    submitted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Confirm that it is you")
        self.setAccessibleName("Confirm that it is you")
        self.setFixedWidth(_WIDTH)
        worn = style.tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_5, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_4)
        layout.addWidget(Label("Confirm that it is you", "title"))
        why = "This changes what people may do. Enter the six digits that your authenticator app shows now."
        layout.addWidget(Label(why, "muted", wrap=True))
        self.code = QLineEdit()
        self.code.setMaxLength(6)
        self.code.setFont(style.font("display"))
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.code.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,6}"), self))
        self._row = FormRow("One-time code", self.code)
        layout.addWidget(self._row)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        cancel = Button("Cancel", kind="quiet")
        cancel.clicked.connect(self.reject)
        self.confirm = Button("Confirm", kind="primary")
        self.confirm.setEnabled(False)
        self.confirm.clicked.connect(self._submit)
        buttons.addWidget(cancel)
        buttons.addWidget(self.confirm)
        layout.addLayout(buttons)
        self.code.textEdited.connect(self._typed)
        self.code.setFocus()

    def _typed(self, text: str) -> None:
        self._row.set_fault("")
        self.confirm.setEnabled(len(text) == 6)

    def set_fault(self, text: str) -> None:
        """Say why the code was not accepted and let the person try again."""
        self.code.clear()
        self._typed("")
        self._row.set_fault(text)
        self.code.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._submit()
        else:
            super().keyPressEvent(event)

    def _submit(self) -> None:
        if len(self.code.text()) == 6:
            self.confirm.setEnabled(False)
            self.submitted.emit(self.code.text())
