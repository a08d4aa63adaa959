"""How the scores that ship did on clips of sources that they were not fitted on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.evaluation.schemas import EvaluationLine, EvaluationView
from server.forensics.rules import Slot
from studio.api.errors import ApiError, NotFound
from studio.messages import Level, Problem
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.forensics import model_words
from studio.tabs.forensics.words import TITLES
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel, separated
from studio.widgets.table_view import TableView


class EvaluationCard(Card):
    """A line for each slot and condition; `slots` narrows them down to one slot."""

    def __init__(self, context: Context) -> None:
        super().__init__("Evaluation", "")
        self._context = context
        self._lines: Sequence[EvaluationLine] = ()
        self._reading: asyncio.Task[None] | None = None
        self.model: RowModel[EvaluationLine] = RowModel(
            model_words.evaluation(),
            row_id=lambda e: (e.slot, e.condition),
            search=lambda e: TITLES[e.slot],
            parent=self,
        )
        self.table = TableView(self.model, "Evaluation of the scores", context.keymap)
        self.measured = Label("", "caption", wrap=True)
        self.slots = QComboBox()
        self.slots.setAccessibleName("Slot")
        self.slots.addItem("All slots", None)
        self.slots.currentIndexChanged.connect(lambda _: self._narrow())
        self.copy = Button("Copy", icon="copy", tip="The lines that are shown, as a table for a spreadsheet")
        self.give = Button("Export…", icon="export", tip="The lines that are shown, as a CSV file")
        self.copy.clicked.connect(self._copy)
        self.give.clicked.connect(self.table.export_wanted)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        top = QHBoxLayout()
        top.setSpacing(style.tokens().space_2)
        top.addWidget(self.measured, 1)
        for tool in (self.slots, self.copy, self.give):
            top.addWidget(tool)
        column.addLayout(top)
        self.exporting = TableExport(context, self.table, nouns=("line", "lines"))
        column.addWidget(self.exporting)
        column.addWidget(self.table, 1)
        self.states = StateStack(inside)
        self.states.retried.connect(self.refresh)
        self.body.addWidget(self.states, 1)
        self.setFocusProxy(self.table)

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return self._reading is None or self._reading.done()

    def refresh(self) -> None:
        """Read the figures."""

        async def fetch() -> EvaluationView:
            return (await self._context.api.get("/v1/forensics/evaluation")).model(EvaluationView)

        if self._reading is not None:
            self._reading.cancel()
        self.states.loading()
        self._reading = self._context.tasks.read(fetch, self.show_found, self.show_error, owner=self)

    def show_found(self, found: EvaluationView) -> None:
        """Show these figures; the slot that was chosen stays so."""
        self._lines = found.lines
        self.measured.setText(model_words.measured(found))
        self.set_subtitle(model_words.of_what(found))
        chosen = self.slots.currentData()
        there = [slot for slot in Slot if any(line.slot is slot for line in found.lines)]
        self.slots.blockSignals(True)
        while self.slots.count() > 1:
            self.slots.removeItem(1)
        for slot in there:
            self.slots.addItem(TITLES[slot], slot.value)
        self.slots.setCurrentIndex(max(0, self.slots.findData(chosen)))
        self.slots.blockSignals(False)
        self._narrow()
        self.states.content()

    def show_error(self, error: ApiError) -> None:
        """Say that there are no figures, or that they could not be read; what is shown stays."""
        if self._lines:
            self.states.content()
            self._context.messages.notify(Level.WARNING, f"Not refreshed: {error.what_happened}")
        elif isinstance(error, NotFound):
            text = "Scores of this server are shown without a word on how far they can be trusted."
            self.states.empty("search", "There is no evaluation", text)
        else:
            told = Problem(
                what_happened=error.what_happened, what_was_kept="", what_to_do=error.to_do_oneself
            )
            self.states.failed(told)

    def _narrow(self) -> None:
        wanted = self.slots.currentData()
        self.model.set_rows(line for line in self._lines if wanted is None or line.slot.value == wanted)

    def _copy(self) -> None:
        rows = self.model.shown()
        clipboard.put(separated(self.table.shown_columns(), rows, "\t", titles=True))
        self._context.messages.notify(Level.SUCCESS, f"{self.exporting.count(len(rows))} copied")
