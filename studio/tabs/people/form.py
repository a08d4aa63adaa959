"""The fields of one person that can be changed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from server.accounts.schemas import PersonState
from studio.tabs.people.role_list import Choice, RoleList
from studio.tabs.people.state import CLEARANCE, NAME_MOST, STATES, Draft
from studio.theme import style
from studio.widgets.form import FormRow
from studio.widgets.label import Label


class PersonForm(QWidget):
    """Emits `typed` at each change by the person at the screen, never for `show_draft`."""

    typed = Signal()

    def __init__(self) -> None:
        super().__init__()
        worn = style.tokens()
        self.setProperty("surface", "clear")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, worn.space_2, 0)
        column.setSpacing(worn.space_2)
        self.name = QLineEdit()
        self.name.setMaxLength(NAME_MOST)
        self.name.textEdited.connect(lambda: self.typed.emit())
        self.name_row = FormRow("Name", self.name)
        self.setFocusProxy(self.name)
        self.roles = RoleList()
        self.roles.changed.connect(self.typed)
        self.cleared = QCheckBox("Cleared for the restricted class")
        self.cleared.setAccessibleName("Cleared for the restricted class")
        self.cleared.clicked.connect(lambda: self.typed.emit())
        self._states = {state: QRadioButton(state.value.capitalize()) for state in PersonState}
        self._group = QButtonGroup(self)
        self._lock = Label("", "muted", wrap=True)
        column.addWidget(self.name_row)
        column.addWidget(self._lock)
        column.addWidget(Label("Roles", "section"))
        column.addWidget(self.roles)
        column.addSpacing(worn.space_2)
        column.addWidget(Label("State", "section"))
        for state, button in self._states.items():
            button.setAccessibleName(f"State {state.value}")
            button.clicked.connect(lambda: self.typed.emit())
            self._group.addButton(button)
        # Locked as a whole, as the list of roles is: a meaning rests with its button.
        self._choices = [Choice(button, STATES[state]) for state, button in self._states.items()]
        for choice in self._choices:
            column.addWidget(choice)
        self._choices.append(Choice(self.cleared, CLEARANCE))
        column.addSpacing(worn.space_2)
        column.addWidget(Label("Clearance", "section"))
        column.addWidget(self._choices[-1])

    def draft(self) -> Draft:
        """What the form holds now."""
        return Draft(
            name=self.name.text(),
            roles=self.roles.roles(),
            state=next(state for state, button in self._states.items() if button.isChecked()),
            cleared=self.cleared.isChecked(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Fill the form."""
        if self.name.text() != draft.name:
            self.name.setText(draft.name)
        self.roles.set_roles(draft.roles)
        self._states[draft.state].setChecked(True)
        self.cleared.setChecked(draft.cleared)

    def set_locked(self, why: str, *, name: bool) -> None:
        """Rest roles, state and clearance and say why; `name` tells whether the name may be changed."""
        self._lock.setText(why)
        self._lock.setVisible(bool(why))
        self.roles.setEnabled(not why)
        for choice in self._choices:
            choice.setEnabled(not why)
        self.name.setReadOnly(not name)

    def state_button(self, state: PersonState) -> QRadioButton:
        """The button of a state."""
        return self._states[state]
