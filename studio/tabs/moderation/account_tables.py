"""The two lists of an account page: what was decided, and what is open. Each is as high as its rows."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QSizePolicy, QWidget

from server.moderation.schemas import DecisionRow
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.moderation import account_state, rows
from studio.theme import style
from studio.widgets.card import Card
from studio.widgets.label import Label
from studio.widgets.table import ChipLook, Column
from studio.widgets.table_view import TableView
from studio.widgets.time_label import exact

LEAST_ROWS: Final = 3
"""However little room there is, so many rows of a list are seen."""


class TableCard(Card):
    """A titled table that takes no more height than its rows need; `counted` carries how many there are."""

    counted = Signal(int)

    def __init__(self, context: Context, table: TableView, nothing: str, nouns: tuple[str, str]) -> None:
        super().__init__()
        worn = style.tokens()
        self.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
        self.body.setSpacing(0)
        self._table = table
        table.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._count = Label("", "muted")
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(worn.space_3, worn.space_3, worn.space_3, worn.space_1)
        line.setSpacing(worn.space_2)
        line.addWidget(Label(table.accessibleName(), "title"))
        line.addWidget(self._count)
        line.addStretch(1)
        self._nothing = Label(nothing, "muted")
        self._nothing.setContentsMargins(worn.space_3, 0, worn.space_3, worn.space_3)
        exporting = TableExport(context, table, nouns=nouns)
        exporting.layout().setContentsMargins(worn.space_3, 0, worn.space_3, worn.space_2)  # type: ignore[union-attr]
        self.body.addWidget(head)
        self.body.addWidget(exporting)
        self.body.addWidget(self._nothing)
        self.body.addWidget(table, 1)
        table.rows.counted.connect(self._fit)
        self._fit(0, 0)

    def _fit(self, shown: int, _held: int) -> None:
        self._nothing.setVisible(not shown)
        self._table.setVisible(bool(shown))
        self._count.setText(f"{shown:,}" if shown else "")
        row, head = self._table.verticalHeader().defaultSectionSize(), self._table.horizontalHeader()
        around = head.sizeHint().height() + 2
        self._table.setMaximumHeight(around + row * max(1, shown))
        self._table.setMinimumHeight(around + row * min(max(1, shown), LEAST_ROWS))
        self.counted.emit(shown)


def decision_columns(titles: rows.Titles) -> list[Column[DecisionRow]]:
    """The newest decision comes first; `titles` are those of policies by code."""
    return [
        Column(
            id="when",
            title="When",
            width=122,
            text=lambda d: f"{d.decided_at.astimezone():%Y-%m-%d}",
            key=lambda d: -d.decided_at.timestamp(),
            tooltip=lambda d: exact(d.decided_at),
        ),
        Column(
            id="outcome",
            title="Outcome",
            width=108,
            text=lambda d: d.outcome.value.capitalize(),
            key=lambda d: d.outcome.value,
            chip=lambda d: ChipLook(account_state.OUTCOME_TONES[d.outcome], d.outcome.value),
        ),
        Column(
            id="policy",
            title="Policy",
            width=130,
            stretch=3,
            text=lambda d: titles(d.policy) if d.policy else "",
            key=lambda d: titles(d.policy) if d.policy else "",
            tooltip=lambda d: d.facts or (titles(d.policy) if d.policy else ""),
        ),
        Column(
            id="type",
            title="Of",
            width=78,
            text=lambda d: d.content_type.value.capitalize(),
            key=lambda d: d.content_type.value,
            tone="text_muted",
        ),
        Column(
            id="measures",
            title="Measures",
            width=112,
            stretch=2,
            text=lambda d: account_state.measures_text(d.actions),
            tooltip=lambda d: account_state.measures_text(d.actions),
            tone="text_muted",
        ),
        Column(
            id="by",
            title="By",
            width=80,
            stretch=1,
            text=lambda d: f"@{d.decider_handle}{account_state.standing(d)}",
            key=lambda d: d.decider_handle,
            tooltip=lambda d: f"@{d.decider_handle}{account_state.standing(d)}",
            tone="text_muted",
        ),
    ]
