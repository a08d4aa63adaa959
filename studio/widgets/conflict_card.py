"""Says what somebody else changed while something was being edited, beside what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.label import Label, Tone

Difference: TypeAlias = tuple[str, str, str, str | None]
"""A field, what it was, what it is now, and what was typed there: None where it was left alone."""


class ConflictCard(Card):
    """`theirs_wanted` drops what was typed; saving, which the form does anyhow, keeps it."""

    theirs_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        worn = style.tokens()
        self.setAccessibleName("Changed in the meantime")
        head = QHBoxLayout()
        head.addWidget(Chip("Changed in the meantime", "warning", "alert-triangle"))
        head.addStretch(1)
        self._said = Label("", wrap=True)
        self._table: QWidget | None = None
        self._room = QVBoxLayout()
        self.take = Button("Take theirs", icon="undo", tip="Drop what you typed and show their copy")
        self.take.clicked.connect(self.theirs_wanted)
        foot = QHBoxLayout()
        foot.addWidget(self.take)
        foot.addStretch(1)
        self.body.setSpacing(worn.space_3)
        self.body.addLayout(head)
        self.body.addWidget(self._said)
        self.body.addLayout(self._room)
        self.body.addLayout(foot)
        self.hide()

    def show_differences(self, found: Sequence[Difference]) -> None:
        """Show both copies; with no difference in these fields it says only that there was a change."""
        clash = any(yours is not None for *_, yours in found)
        self._said.setText(
            "Somebody else saved first. What you typed is kept below: save again to lay it over their copy."
            if clash
            else "Somebody else saved first, in other fields. Their changes are in the form, yours are kept."
        )
        if self._table is not None:
            self._table.deleteLater()
        self._table = _table(found)
        self._room.addWidget(self._table)
        self.show()


def _table(found: Sequence[Difference]) -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(style.tokens().space_4)
    for column, title in enumerate(("", "Before", "Now", "Yours")):
        grid.addWidget(Label(title, "section"), 0, column)
        grid.setColumnStretch(column, int(column > 0))
    for line, (field, before, now, yours) in enumerate(found, start=1):
        cells: tuple[tuple[str, Tone], ...] = (
            (field, "strong"),
            (before, "muted"),
            (now, ""),
            ("not touched", "muted") if yours is None else (yours, ""),
        )
        for column, (text, tone) in enumerate(cells):
            grid.addWidget(Label(text, tone, wrap=True), line, column)
    return box
