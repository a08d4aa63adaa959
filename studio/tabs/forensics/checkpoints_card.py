"""What lies in the model folder of the server, and how a checkpoint gets there."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.forensics.checkpoints.schemas import CheckpointView, ModelsView
from studio.api.errors import ApiError
from studio.messages import Level, Problem
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.forensics import model_words
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import IconButton
from studio.widgets.card import Card
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView


class CheckpointsCard(Card):
    """Checkpoints by name, with what keeps each from being used."""

    def __init__(self, context: Context) -> None:
        super().__init__("Checkpoints", "Trained models, used in place of the signals that ship")
        self._context = context
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
        column.addWidget(self.table, 1)
        column.addWidget(TableExport(context, self.table, nouns=("checkpoint", "checkpoints")))
        self.states = StateStack(inside)
        self.states.retried.connect(self.refresh)
        self.states.acted.connect(self.copy_command)
        self.body.addWidget(self.states, 1)
        self.body.addWidget(self.due)
        self.due.hide()
        self.setFocusProxy(self.table)

    def refresh(self) -> None:
        """Read the folder."""

        async def fetch() -> ModelsView:
            return (await self._context.api.get("/v1/forensics/models")).model(ModelsView)

        self.states.loading()
        self._context.tasks.read(fetch, self.show_models, self.show_error, owner=self)

    def show_models(self, found: ModelsView) -> None:
        """Show what lies there."""
        self.model.set_rows(found.checkpoints)
        self.due.setText(model_words.due(found))
        self.due.show()
        if found.checkpoints:
            self.states.content()
            return
        text = f"Scores come from signals alone. On the machine of the server: {model_words.ADD}"
        self.states.empty("shield", "No checkpoint is installed", text, "Copy the command")

    def show_error(self, error: ApiError) -> None:
        """Say that the folder could not be read; what is shown stays."""
        if self.model.rowCount():
            self.states.content()
            self._context.messages.notify(Level.WARNING, f"Not refreshed: {error.what_happened}")
            return
        told = Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
        self.due.hide()
        self.states.failed(told)

    def copy_command(self) -> None:
        """Put the command that adds a checkpoint on the clipboard."""
        clipboard.put(model_words.ADD)
        self._context.messages.notify(Level.SUCCESS, "The command was copied", model_words.ADD)
