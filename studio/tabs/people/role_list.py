"""The roles as a check list, each with what it is for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from server.accounts.permissions import Role
from studio.tabs.people.state import ROLES
from studio.widgets.label import Label

INDENT = 28


class Choice(QWidget):
    """A check box or radio button with a line below it that says what it means."""

    def __init__(self, button: QWidget, meaning: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(button)
        below = Label(meaning, "caption", wrap=True)
        below.setContentsMargins(INDENT, 0, 0, 2)
        column.addWidget(below)
        button.setAccessibleDescription(meaning)


class RoleList(QWidget):
    """Emits `changed` when a person ticks; setting the roles by code does not."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes = {role: QCheckBox(role.value.capitalize()) for role in Role}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for role, box in self.boxes.items():
            box.setAccessibleName(f"Role {role.value}")
            box.clicked.connect(lambda: self.changed.emit())
            column.addWidget(Choice(box, ROLES[role]))

    def roles(self) -> frozenset[Role]:
        """The ticked roles."""
        return frozenset(role for role, box in self.boxes.items() if box.isChecked())

    def set_roles(self, roles: Iterable[Role]) -> None:
        """Tick exactly these."""
        wanted = set(roles)
        for role, box in self.boxes.items():
            box.setChecked(role in wanted)
