"""What lies in the model folder of the server, and how a checkpoint gets there."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from server.forensics.checkpoints.schemas import CheckpointView, ModelsView
from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.forensics import model_words
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button, IconButton
from studio.widgets.card import Card
from studio.widgets.label import Label, tooltip
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView


class CheckpointsCard(Card):
    """Checkpoints by name, with what keeps each from being used."""

    def __init__(self, context: Context) -> None:
        super().__init__("Checkpoints", "Trained models, used in place of the signals that ship")
        self._context = context
        self._reading: asyncio.Task[None] | None = None
        self.model: RowModel[CheckpointView] = RowModel(
            model_words.checkpoints(), row_id=lambda c: c.name, search=lambda c: c.name, parent=self
        )
        self.table = TableView(self.model, "Checkpoints", context.keymap)
        again = IconButton("refresh", "Read the model folder again")
        again.clicked.connect(self.refresh)
        self.add_tool(again)
        self.due = Label("", "caption", wrap=True)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        self.none = self._none()
        self.fault = self._fault()
        column.addWidget(self.none)
        column.addWidget(self.fault)
        column.addWidget(self.table, 1)
        column.addWidget(TableExport(context, self.table, nouns=("checkpoint", "checkpoints")))
        self.states = StateStack(inside)
        self.body.addWidget(self.states, 1)
        self.body.addWidget(self.due)
        self.due.hide()
        self._hold(self.table)
        self.setFocusProxy(self.table)

    def _none(self) -> QWidget:
        """How to add the first one. Lower than an empty state, since the figures are what is left to read."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        column.addWidget(Label("No checkpoint is installed", "strong"))
        text = "Scores come from the signals alone. This adds one on the machine of the server:"
        column.addWidget(Label(text, "muted", wrap=True))
        command = QLineEdit(model_words.ADD)
        command.setReadOnly(True)
        command.setAccessibleName("Command that adds a checkpoint")
        command.setMaximumWidth(380)
        copy = Button("Copy", icon="copy", tip="Copy the command")
        copy.clicked.connect(self.copy_command)
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_2)
        row.addWidget(command, 1)
        row.addWidget(copy)
        row.addStretch(1)
        column.addLayout(row)
        return box

    def _fault(self) -> QWidget:
        """That the folder could not be read: as low, so that it fits a low window."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        self._what = Label("", "danger", wrap=True)
        self._to_do = Label("", "muted", wrap=True)
        again = Button("Try again", icon="refresh")
        again.clicked.connect(self.refresh)
        column.addWidget(self._what)
        column.addWidget(self._to_do)
        column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        return box

    def _hold(self, shown: QWidget) -> None:
        """Show one of the three; what is no list takes no more height than it needs."""
        for each in (self.none, self.fault, self.table):
            each.setVisible(each is shown)
        height = QSizePolicy.Policy.Preferred if shown is self.table else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, height)

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return self._reading is None or self._reading.done()

    def refresh(self) -> None:
        """Read the folder."""

        async def fetch() -> ModelsView:
            return (await self._context.api.get("/v1/forensics/models")).model(ModelsView)

        if self._reading is not None:
            self._reading.cancel()
        self.states.loading()
        self._reading = self._context.tasks.read(fetch, self.show_models, self.show_error, owner=self)

    def show_models(self, found: ModelsView) -> None:
        """Show what lies there, or how to put something there."""
        self.model.set_rows(found.checkpoints)
        self.due.setText(model_words.due(found))
        self.due.setToolTip(tooltip(model_words.detectors(found)))
        self.due.show()
        self._hold(self.table if found.checkpoints else self.none)
        self.states.content()

    def show_error(self, error: ApiError) -> None:
        """Say that the folder could not be read; what is shown stays."""
        if not self.due.isHidden():
            self.states.content()
            self._context.messages.notify(Level.WARNING, f"Not refreshed: {error.what_happened}")
            return
        self._what.setText(error.what_happened)
        self._to_do.setText(error.to_do_oneself)
        self._hold(self.fault)
        self.states.content()

    def copy_command(self) -> None:
        """Put the command that adds a checkpoint on the clipboard."""
        clipboard.put(model_words.ADD)
        self._context.messages.notify(Level.SUCCESS, "The command was copied", model_words.ADD)
