"""Who may do what: the whole role x permission matrix."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.accounts.schemas import RoleMatrix
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.people import rows
from studio.tabs.people.state import Grant, grants
from studio.theme import style
from studio.widgets.card import Card
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView


class RolesPage(QWidget):
    """Read when first shown: the matrix is part of the server's program and changes with it only."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        worn = style.tokens()
        self.model: RowModel[Grant] = RowModel(
            rows.matrix(),
            row_id=lambda g: g.permission,
            search=lambda g: f"{g.permission} {g.allows}",
            parent=self,
        )
        self.table = TableView(self.model, "Roles and permissions", context.keymap)
        card = Card()
        card.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
        card.body.addWidget(self.table)
        self.states = StateStack(card)
        self.states.retried.connect(self.refresh)
        said = "Roles are granted under Accounts. What nobody has a tick for, nobody may do."
        page = QVBoxLayout(self)
        page.setContentsMargins(0, worn.space_3, 0, 0)
        page.setSpacing(worn.space_3)
        page.addWidget(Label(said, "muted", wrap=True))
        page.addWidget(TableExport(context, self.table, nouns=("permission", "permissions")))
        page.addWidget(self.states, 1)
        self.setFocusProxy(self.table)

    def refresh(self) -> None:
        """Read the matrix."""

        async def fetch() -> RoleMatrix:
            return (await self._context.api.get("/v1/accounts/roles")).model(RoleMatrix)

        def show(matrix: RoleMatrix) -> None:
            self.model.set_rows(grants(matrix))
            self.states.content()

        def failed(error: ApiError) -> None:
            if not self.model.rowCount():
                told = Problem(
                    what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do
                )
                self.states.failed(told)

        self.states.loading()
        self._context.tasks.read(fetch, show, failed, owner=self)
