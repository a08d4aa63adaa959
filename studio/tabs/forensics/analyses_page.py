"""The analyses of all videos: what runs, what failed, stopping one and asking again."""

from __future__ import annotations

from uuid import UUID, uuid4

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.rules import OPEN, AnalysisState
from server.forensics.schemas import AnalysisView
from studio.api.errors import ApiError
from studio.messages import Level
from studio.paged_list import PagedList
from studio.tab import Context
from studio.tabs.forensics import rows
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView


class AnalysesPage(QWidget):
    """Newest first. The buttons act on the selected row."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.model: RowModel[AnalysisView] = RowModel(
            rows.analyses(context.ticker.now),
            row_id=lambda a: a.id,
            search=lambda a: str(a.video_id),
            parent=self,
        )
        self.table = TableView(self.model, "Analyses", context.keymap)
        self.list = PagedList(
            context,
            self.table,
            self.model,
            path="/v1/forensics/analyses",
            row=AnalysisView,
            nouns=("analysis", "analyses"),
        )
        self.state = QComboBox()
        self.state.setAccessibleName("State")
        self.state.addItem("Any state", None)
        for each in AnalysisState:
            self.state.addItem(rows.STATES[each][0], each.value)
        self.stop = Button("Stop", icon="stop", tip="Stop the selected analysis")
        self.again = Button("Analyse again", icon="refresh", tip="Have its video looked at once more")
        self.detail = Label("", "caption", wrap=True)
        worn = style.tokens()
        top = QHBoxLayout()
        top.setSpacing(worn.space_2)
        top.addWidget(self.state)
        top.addStretch(1)
        top.addWidget(self.stop)
        top.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, worn.space_3, 0, 0)
        column.setSpacing(worn.space_3)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addWidget(self.detail)
        self.state.currentIndexChanged.connect(lambda _: self.apply())
        self.table.current.connect(lambda _: self._tell())
        self.list.emptied.connect(self._say_empty)
        self.list.arrived.connect(lambda _: self._tell())
        self.list.states.acted.connect(lambda: self.state.setCurrentIndex(0))
        self.stop.clicked.connect(self._stop)
        self.again.clicked.connect(self._ask_again)
        self.setFocusProxy(self.table)
        self._tell()

    def refresh(self) -> None:
        """Read the list, or again what is shown of it."""
        if self.list.count:
            self.list.reload()
        else:
            self.apply()

    def apply(self) -> None:
        """Read the list for the state that is chosen."""
        state = self.state.currentData()
        self.list.load({"state": state} if state else {})

    def current(self) -> AnalysisView | None:
        """The selected analysis."""
        return self.model.get(self.table.current_id())

    # Inside

    def _say_empty(self) -> None:
        if self.state.currentData() is None:
            text = "A video is analysed as soon as it is uploaded."
            self.list.states.empty("shield", "No analyses yet", text)
        else:
            self.list.states.empty("search", "None in this state", "", "Show all")

    def _tell(self) -> None:
        shown = self.current()
        self.stop.setEnabled(shown is not None and shown.state in OPEN)
        self.again.setEnabled(shown is not None and shown.state not in OPEN)
        parts: list[str] = []
        if shown is not None:
            by = ", ".join(f"{name} {version}" for name, version in sorted(shown.detectors.items()))
            parts = [f"Video {shown.video_id}", shown.method or "", f"detectors {by}" if by else ""]
        self.detail.setText(" · ".join(part for part in parts if part))

    def _stop(self) -> None:
        shown = self.current()
        if shown is not None:
            self._do(f"/v1/forensics/analyses/{shown.id}/cancel", None, "The analysis was stopped")

    def _ask_again(self) -> None:
        shown = self.current()
        if shown is not None:
            path = f"/v1/forensics/videos/{shown.video_id}/analyses"
            self._do(path, {"kind": shown.kind.value}, "It is analysed again")

    def _do(self, path: str, body: dict[str, str] | None, told: str) -> None:
        key = str(uuid4()) if body is not None else None

        async def ask() -> AnalysisView:
            answer = await self._context.api.post(path, json=body, idempotency_key=key)
            return answer.model(AnalysisView)

        def took(now: AnalysisView) -> None:
            self._context.messages.notify(Level.SUCCESS, told)
            self.model.upsert([now])
            self.model.flush()
            self._tell()

        def refused(error: ApiError) -> None:
            self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)
            self.list.reload()

        self._context.tasks.read(ask, took, refused, owner=self)

    def select(self, analysis: UUID) -> None:
        """Select a row that is here."""
        self.table.select([analysis], analysis)
