"""The account page of a creator: strikes, decisions, flags received and what is open."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import CreatorPage, DecisionRow
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.tab import Context
from studio.tabs.moderation import account_state, account_tables, rows
from studio.tabs.moderation.account_state import Moment
from studio.tabs.moderation.account_tables import TableCard
from studio.tabs.moderation.count_bar import CountBar, line_up
from studio.tabs.moderation.snapshot import QueueRow, row_of
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label, tooltip
from studio.widgets.page_header import PageHeader
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

SIDE: Final = 320
MOST_FLAGS: Final = 6
"""Policies shown with a bar: a long list would push the history out of sight."""


class AccountPage(QWidget):
    """`left` goes back to where one came from; `item_wanted` opens an item by its id."""

    left = Signal()
    item_wanted = Signal(str)

    def __init__(self, context: Context, titles: rows.Titles) -> None:
        super().__init__()
        self.setAccessibleName("Account of a creator")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._context, self._titles = context, titles
        self._person: UUID | None = None
        worn = style.tokens()
        self.back = Button("Back", icon="chevron-left", tip="Back (Esc)")
        self.back.clicked.connect(self.left)
        self.header = PageHeader("")
        head = QHBoxLayout()
        head.setSpacing(worn.space_3)
        head.addWidget(self.back)
        head.addWidget(self.header, 1)
        self.decisions = RowModel[DecisionRow](
            account_tables.decision_columns(titles),
            row_id=lambda d: d.id,
            search=lambda d: d.facts or "",
            parent=self,
        )
        self.open_items = self._item_model()
        self.states = StateStack(self._content())
        self.states.retried.connect(self.refresh)
        page = QVBoxLayout(self)
        page.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        page.setSpacing(worn.space_3)
        page.addLayout(head)
        page.addWidget(self.states, 1)

    def _content(self) -> QWidget:
        worn = style.tokens()
        content = QWidget()
        columns = QHBoxLayout(content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(worn.space_3)
        main = QVBoxLayout()
        main.setSpacing(worn.space_3)
        self._bio = Label("", "muted", wrap=True)
        main.addWidget(self._bio)
        self._figures = {name: Label("", "heading") for name in FIGURES}
        figures = QHBoxLayout()
        figures.setSpacing(worn.space_3)
        for name, figure in self._figures.items():
            figures.addWidget(_figure(figure, name), 1)
        main.addLayout(figures)
        self.decision_table = TableView(self.decisions, "Decisions", self._context.keymap)
        self.decision_table.sort_by("when")
        self.decision_table.opened.connect(self._open_decided)
        self.item_table = TableView(self.open_items, "Open items", self._context.keymap)
        self.item_table.sort_by("due")
        self.item_table.opened.connect(lambda name: self.item_wanted.emit(str(name)))
        for table, nothing, nouns in (
            (self.decision_table, "No decision has been made yet.", ("decision", "decisions")),
            (self.item_table, "Nothing of this account waits.", ("item", "items")),
        ):
            card = TableCard(self._context, table, nothing, nouns)
            # As the rows are, so the room: neither list scrolls while the other has an empty half.
            card.counted.connect(lambda rows, card=card: main.setStretchFactor(card, max(1, rows)))
            main.addWidget(card, 1)
        main.addStretch(0)
        columns.addLayout(main, 1)
        columns.addWidget(self._side())
        return content

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_3)
        self.flags = QVBoxLayout()
        flags = Card("Flags received")
        flags.body.addLayout(self.flags)
        self.history = QVBoxLayout()
        self.history.setSpacing(style.tokens().space_3)
        inner = QWidget()
        inner.setProperty("surface", "clear")
        lines = QVBoxLayout(inner)
        lines.setContentsMargins(0, 0, style.tokens().space_2, 0)
        lines.addLayout(self.history)
        lines.addStretch(1)
        history = Card("History")
        history.body.addWidget(ScrollPane("History", inner), 1)
        column.addWidget(flags)
        column.addWidget(history, 1)
        return side

    def _item_model(self) -> RowModel[QueueRow]:
        wanted = ("severity", "title", "due", "policy", "holder")
        made = rows.columns(now=self._now, titles=self._titles, me=self._context.me.handle)
        by_id = {column.id: column for column in made}
        return RowModel[QueueRow](
            [by_id[name] for name in wanted],
            row_id=lambda row: row.id,
            search=lambda row: row.title,
            parent=self,
        )

    def _now(self) -> int:
        return int(self._context.ticker.now().timestamp() * 1000)

    # What is shown

    def open(self, person: UUID) -> None:
        """Show the record of a person."""
        self._person = person
        self.header.set_title("")
        self.header.set_subtitle("")
        self.refresh()

    def refresh(self) -> None:
        """Read the record anew."""
        if (person := self._person) is None:
            return
        self.states.loading()

        async def fetch() -> CreatorPage:
            return (await self._context.api.get(f"/v1/moderation/creators/{person}")).model(CreatorPage)

        self._context.tasks.read(fetch, self.show_record, self._failed, owner=self)

    def show_record(self, page: CreatorPage) -> None:
        """Show a record, unless another person has been asked for since."""
        creator = page.creator
        if creator.id != self._person:
            return
        self.header.set_title(creator.name or f"@{creator.handle}")
        self.header.set_subtitle(account_state.subtitle(page))
        for name, field in FIGURES.items():
            value = getattr(creator, field)
            self._figures[name].setText(f"{value:,}" if value < 1000 else "1,000+")
        self._bio.setText(creator.bio)
        self._bio.setVisible(bool(creator.bio))
        _clear(self.flags)
        shares = account_state.flag_shares(page.flags)
        most = shares[:MOST_FLAGS]
        bars = [CountBar(self._titles(each.policy), each.share, f"{each.count:,}") for each in most]
        line_up(bars)
        for bar in bars:
            self.flags.addWidget(bar)
        if others := [f"{self._titles(each.policy)}: {each.count:,}" for each in shares[MOST_FLAGS:]]:
            more = Label(f"and {len(others)} more {'policy' if len(others) == 1 else 'policies'}", "muted")
            more.setToolTip(tooltip("\n".join(others)))
            self.flags.addWidget(more)
        if not shares:
            self.flags.addWidget(Label("Nobody has flagged this account.", "muted"))
        _clear(self.history)
        for moment in account_state.history(page, self._titles):
            self.history.addWidget(_moment(moment))
        self.decisions.set_rows(page.decisions)
        self.open_items.set_rows([row_of(item) for item in page.items])
        self.states.content()

    def _failed(self, error: ApiError) -> None:
        self.states.failed(
            Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
        )

    def _open_decided(self, name: object) -> None:
        decision = self.decisions.get(name)
        if decision is not None:
            self.item_wanted.emit(str(decision.item_id))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


FIGURES: Final = {
    "Strike points": "strike_points",
    "Violations": "violations",
    "Allowed": "allowed",
    "Open items": "open_items",
}
"""The figures at the top and the fields of the record that they show."""


def _figure(value: Label, name: str) -> Card:
    card = Card()
    card.body.setSpacing(0)
    card.body.addWidget(value)
    card.body.addWidget(Label(name, "muted"))
    card.setAccessibleName(name)
    card.setMaximumHeight(92)
    return card


def _moment(moment: Moment) -> QWidget:
    entry = QWidget()
    row = QHBoxLayout(entry)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(style.tokens().space_2)
    role = "text_muted" if moment.tone == "neutral" else moment.tone
    row.addWidget(IconLabel(moment.icon, role), 0, Qt.AlignmentFlag.AlignTop)
    lines = QVBoxLayout()
    lines.setSpacing(0)
    lines.addWidget(Label(moment.text, wrap=True))
    when = f"{moment.at.astimezone():%Y-%m-%d}"
    lines.addWidget(Label(f"{when} · {moment.detail}" if moment.detail else when, "muted", wrap=True))
    row.addLayout(lines, 1)
    return entry


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()
