"""The filter of the audit log: who, what, on what, when."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.key_hints import follow
from studio.keys import Keymap
from studio.tabs.audit.state import PERIODS, Wanted, wanted_of
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import Label, tooltip

TYPING_MS = 400


class Filters(QWidget):
    """Emits `changed` when typing pauses and what is typed is a filter; `say` shows why it is none."""

    changed = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        worn = style.tokens()
        self.actor = _field("Actor", "@handle, system or an id")
        follow(keymap, self.actor, lambda: self._show_key(keymap.shown("filter")))
        self.action = _field("Action", "For example accounts.signed_in")
        self.target = _field("Target", "For example person:… or item:…")
        self.period = QComboBox()
        self.period.setAccessibleName("Time")
        for name, title in PERIODS.items():
            self.period.addItem(title, name)
        self.first = _field("From", "2026-03-31 14:05, local time")
        self.last = _field("Before", "2026-03-31 14:05, local time")
        self.clear = IconButton("x", "Clear the filter")
        self._fault = Label("", "danger", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(worn.space_2)
        for field in (self.actor, self.action, self.target):
            row.addWidget(field, 2)
        row.addWidget(self.period)
        row.addWidget(self.clear)
        self._between = QWidget()
        between = QHBoxLayout(self._between)
        between.setContentsMargins(0, 0, 0, 0)
        between.setSpacing(worn.space_2)
        between.addStretch(2)
        between.addWidget(self.first, 1)
        between.addWidget(self.last, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addLayout(row)
        column.addWidget(self._between)
        column.addWidget(self._fault)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_MS)
        self._pause.timeout.connect(self.apply)
        for field in (self.actor, self.action, self.target, self.first, self.last):
            field.textEdited.connect(lambda: self._pause.start())
            field.returnPressed.connect(self.apply)
        self.period.currentIndexChanged.connect(lambda: self.apply())
        self.clear.clicked.connect(lambda: self.put(Wanted()))
        self._show()

    def wanted(self) -> Wanted:
        """What is set now."""
        return wanted_of(
            {
                "actor": self.actor.text(),
                "action": self.action.text(),
                "target": self.target.text(),
                "period": self.period.currentData(),
                "first": self.first.text(),
                "last": self.last.text(),
            }
        )

    def put(self, wanted: Wanted, *, tell: bool = True) -> None:
        """Set the whole filter; `tell` tells of it at once."""
        self.actor.setText(wanted.actor)
        self.action.setText(wanted.action)
        self.target.setText(wanted.target)
        self.first.setText(wanted.first)
        self.last.setText(wanted.last)
        self.period.blockSignals(True)
        self.period.setCurrentIndex(self.period.findData(wanted.period))
        self.period.blockSignals(False)
        self._show()
        if tell:
            self.apply()

    def apply(self) -> None:
        """Tell of what is set, when it is a filter."""
        self._pause.stop()
        self._show()
        fault = self.wanted().fault()
        self.say(fault)
        if not fault:
            self.changed.emit()

    def say(self, fault: str) -> None:
        """Say why this is no filter, "" when it is one."""
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))

    def _show(self) -> None:
        wanted = self.wanted()
        self._between.setVisible(wanted.period == "between")
        self.clear.setEnabled(wanted.narrows)
        self._fault.setVisible(bool(self._fault.text()))

    def _show_key(self, key: str) -> None:
        self.actor.setPlaceholderText(f"Actor  ({key})" if key else "Actor")

    def focus(self) -> None:
        """Go to the first field."""
        self.actor.setFocus()
        self.actor.selectAll()


def _field(name: str, example: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(name)
    field.setToolTip(tooltip(f"{name}: {example}"))
    field.setAccessibleDescription(example)
    field.setMaxLength(96)
    field.setMinimumWidth(120)
    return field
