"""The moderation queue: what waits, how long still, who has it, and the way into the review."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import MyStats, Review
from studio.api.errors import ApiError, Offline
from studio.api.live import Connection
from studio.key_binding import bind
from studio.key_hints import hint
from studio.messages import Problem
from studio.stamps import stamp
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.moderation import queue_state, rows, snapshot
from studio.tabs.moderation.handover import may_take_over
from studio.tabs.moderation.queue_bar import QueueBar
from studio.tabs.moderation.queue_facts import ItemFacts, Then, pass_over
from studio.tabs.moderation.queue_feed import QueueFeed
from studio.tabs.moderation.queue_preview import NARROW, WIDE, Preview
from studio.tabs.moderation.queue_state import QueueCounts, QueueFilter
from studio.tabs.moderation.snapshot import QueueRow
from studio.tabs.moderation.stale_bar import StaleBar
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.page_header import PageHeader
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

LOOK_MS: Final = 120
"""Arrow keys held down pass by: only where they rest is asked for."""
MENU: Final = ("queue.open", "queue.peek", "queue.why", "queue.account", "queue.take-over")
LIVE: Final = ("due", "holder", "age")
HIDDEN: Final = ("age", "type", "priority")
"""Columns for those who want them: the table's menu shows them."""
BY_THEMSELVES: Final = "New flags appear here by themselves."
ROOMY: Final = 1150
"""The width of the page in px from which the card beside the table is wide."""


class QueuePage(QWidget):
    """Listens to a `QueueFeed` and shows it. What is to be done with an item is for the tab."""

    next_wanted = Signal()
    claim_wanted = Signal(object)
    """The `QueueRow` to review."""
    account_wanted = Signal(object)
    """The UUID of a creator."""
    take_over_wanted = Signal(object, object)
    """The `QueueRow` to take from whoever has it, and the `AskPopover` that asked why."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Moderation queue")
        self._context = context
        self._me = context.me.handle
        self._may_claim = "moderation.claim" in context.me.permissions
        self.feed = QueueFeed(context.api, context.store, self)
        self.title_of = self.feed.titles.__getitem__
        self._facts = ItemFacts(context, self.feed, self)
        self._counts = QueueCounts()
        self._let_through: tuple[int, ...] = ()
        self._wanted_id: str | None = None
        self._at = 0
        self._as_of: datetime | None = None
        self._painted = False
        self.model = RowModel[QueueRow](
            rows.columns(now=self._now, titles=self.title_of, me=self._me),
            row_id=lambda row: row.id,
            search=rows.search_text(self.title_of),
            parent=self,
        )
        self._lay_out()
        self._look = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._look.timeout.connect(self._fetch_review)
        self.model.counted.connect(self._show_state)
        self.table.current.connect(self._select)
        self.table.opened.connect(lambda _id: self._open())
        self.table.ordered.connect(self._show_order)
        self.bar.changed.connect(self._narrow)
        self.bar.order_wanted.connect(self.table.fill_order_menu)
        self.bar.line.down.connect(self.table.enter)
        self._show_order()
        context.ticker.second.connect(self._tick)
        self._bind()

    def _lay_out(self) -> None:
        worn = style.tokens()
        keymap = self._context.keymap
        self.header = PageHeader("Moderation queue")
        claim = Button("Claim the next item", kind="primary", icon="review")
        self.next = hint(keymap, claim, "queue.claim-next")
        self.next.setEnabled(self._may_claim)
        self.next.clicked.connect(self._claim_next)
        self.header.add_tool(self.next)
        self.bar = QueueBar(self._context.settings, person=self._context.me.id, keymap=keymap)
        self.bar.saved.connect(lambda: self._context.tasks.write(self._context.settings.save))
        self.stale = StaleBar()
        self.stale.retried.connect(self.feed.refresh)
        self.table = TableView(self.model, "Moderation queue", keymap)
        for name in HIDDEN:
            self.table.setColumnHidden(self.model.column_number(name), True)
        self.table.sort_by("priority")
        self.table.viewport().installEventFilter(self)
        self.exporting = TableExport(self._context, self.table, nouns=("item", "items"))
        self.states = StateStack(self.table)
        self.states.retried.connect(self.feed.refresh)
        self.states.acted.connect(self.bar.clear)
        card = Card()
        card.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
        card.body.addWidget(self.states)
        self.preview = Preview(keymap, now=self._now, titles=self.title_of, me=self._context.me)
        self.preview.take_over_wanted.connect(self.take_over)
        self.preview.claim_wanted.connect(self._open)
        self.preview.peek_wanted.connect(self.peek)
        self.preview.why_wanted.connect(self.show_why)
        self.preview.account_wanted.connect(self._open_account)
        columns = QHBoxLayout()
        columns.setSpacing(worn.space_3)
        columns.addWidget(card, 1)
        columns.addWidget(self.preview)
        page = QVBoxLayout(self)
        page.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        page.setSpacing(worn.space_3)
        page.addWidget(self.header)
        page.addWidget(self.bar)
        page.addWidget(self.stale)
        page.addWidget(self.exporting)
        page.addLayout(columns, 1)
        self.setFocusProxy(self.table)

    def _bind(self) -> None:
        self._actions = bind(
            self._context.keymap,
            self,
            "queue",
            {
                "queue.claim-next": self._claim_next,
                "queue.open": self._open,
                "queue.why": self.show_why,
                "queue.peek": self.peek,
                "queue.account": self._open_account,
                "queue.take-over": self.take_over,
            },
        )
        self.table.menu_filling.connect(lambda menu: menu.addActions([self._actions[n] for n in MENU]))
        bind(self._context.keymap, self, "global", {"filter": self.bar.line.focus})

    def _now(self) -> int:
        return int(self._context.ticker.now().timestamp() * 1000)

    # What the feed tells

    def loading(self, rows: int) -> None:
        if not self.feed.rows:
            self.header.set_subtitle(f"Loading · {rows:,} items so far" if rows else "Loading")
            self.states.loading()

    def replaced(self, rows: Sequence[QueueRow], kept_at: datetime | None) -> None:
        self.bar.set_titles(self.feed.titles)
        self._count()
        if self.bar.filter().passing:
            self._apply(self.bar.filter())
        self.model.set_rows(rows)
        self._as_of = kept_at
        if kept_at is None:
            self._keep()
        if self._wanted_id is not None:
            self.go_to(self._wanted_id)

    def changed(self, rows: Sequence[QueueRow], gone: Collection[str]) -> None:
        names = {row.id for row in rows} | set(gone)
        before = [row for name in names if (row := self.model.get(name)) is not None]
        self._counts.change(before, rows, self._me)
        self.model.upsert(rows)
        self.model.remove(gone)
        now = self.table.current_id()
        if any(row.id == now for row in rows):
            self._select(now)

    def fresh(self) -> None:
        self._as_of = None
        self.stale.hide()

    def failed(self, error: ApiError) -> None:
        if self.feed.rows:
            self._grow_old(error.what_happened)
        else:
            self.header.set_subtitle("")
            kept = "Nothing is lost: the queue is on the server."
            problem = Problem(
                what_happened=error.what_happened, what_was_kept=kept, what_to_do=error.what_to_do
            )
            self.states.failed(problem)

    def on_connection(self, connection: Connection) -> None:
        """Say that what is shown grows old, and catch up when the server is back."""
        if connection is Connection.OFFLINE and self.feed.rows:
            self._grow_old(Offline.happened)
        elif connection is Connection.ONLINE:
            self.feed.hurry()

    def _grow_old(self, why: str) -> None:
        self._as_of = self._as_of or self._context.ticker.now()
        self.stale.tell(why, self._as_of)

    def _keep(self) -> Task[None]:
        rows = list(self.feed.rows.values())
        keep = partial(snapshot.keep, self._context.store, rows, self.feed.titles)
        return self._context.tasks.copy(keep)

    # What is shown

    def _narrow(self, wanted: QueueFilter) -> None:
        self._apply(wanted)
        self._show_state(self.model.rowCount(), len(self.feed.rows))

    def _apply(self, wanted: QueueFilter) -> None:
        now = self._now()
        self._let_through = self._counts.passed(wanted, now)
        self.model.set_filter(wanted.words, *wanted.checks(now=now, me=self._me))

    def _count(self) -> None:
        self._counts.count(self.feed.rows.values(), self._me)
        self._show_counts()

    def _show_counts(self) -> None:
        now = self._now()
        shown = self.model.rowCount() if self.bar.filter() != QueueFilter() else None
        self.header.set_subtitle(queue_state.headline(self._counts, now, shown))
        over = self._counts.due_before(now)
        self.bar.line.set_count(queue_state.OVER, f"Over SLA · {over:,}" if over else "Over SLA")

    def _show_state(self, shown: int, held: int) -> None:
        if self.feed.rows:
            self._show_counts()
        if shown:
            self.states.content()
            self._settle()
        elif held and self.feed.rows:
            advice = queue_state.nothing_found(self.bar.filter())
            self.states.empty("search", "Nothing matches", advice, "Clear the filter")
        elif self.feed.read_once and not self.feed.rows:
            self.states.empty("check", "The queue is clear", BY_THEMSELVES)
            self._facts.read_stats(self._show_stats)

    def _show_order(self) -> None:
        now = self.model.sorted_by
        self.bar.show_order(self.table.order_title(), descending=now is not None and now[1])

    def _tick(self, _now: datetime) -> None:
        if not self.isVisible():
            return
        if self.feed.rows or self.feed.read_once:
            self._show_counts()
        wanted = self.bar.filter()
        if wanted.passing and self._counts.passed(wanted, self._now()) != self._let_through:
            self._apply(wanted)
        viewport = self.table.viewport()
        for name in LIVE:
            number = self.model.column_number(name)
            left, width = self.table.columnViewportPosition(number), self.table.columnWidth(number)
            viewport.update(left, 0, width, viewport.height())
        self.preview.tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.preview.setFixedWidth(WIDE if self.width() >= ROOMY else NARROW)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        first = event.type() == QEvent.Type.Paint and not self._painted and self.model.rowCount() > 0
        if first and watched is self.table.viewport():
            self._painted = True
            QTimer.singleShot(0, partial(stamp, "queue"))
        return False

    # The selected item

    def current(self) -> QueueRow | None:
        """The row that the keyboard is on."""
        name = self.table.current_id()
        return None if name is None else self.feed.rows.get(str(name))

    def go_to(self, item_id: str) -> bool:
        """Select an item, clearing the filter that hides it; False when it is not in the queue."""
        self._wanted_id = None
        if item_id not in self.feed.rows:
            if not self.feed.read_once:
                self._wanted_id = item_id
            return self._wanted_id is not None
        if not self.model.numbers([item_id]):
            self.bar.clear()
            self.model.flush()
        self.table.select([item_id], item_id)
        self.table.setFocus()
        return True

    def _select(self, _name: object) -> None:
        row = self.current()
        self._actions["queue.take-over"].setVisible(may_take_over(row, self._context.me))
        self.preview.show_row(row)
        if row is not None:
            self._at = self.table.currentIndex().row()
            self._look.start()
        else:
            QTimer.singleShot(0, self, self._settle)

    def _settle(self) -> None:
        """Go to the row that stands where the one stood that has left the queue."""
        last = self.model.rowCount() - 1
        if last >= 0 and self.table.current_id() is None:
            self.table.selectRow(min(self._at, last))

    def _fetch_review(self) -> None:
        if self.isVisible() and (row := self.current()) is not None:
            self._facts.read(row.id, self.preview.show_review, pass_over)

    def _with_review(self, then: Then) -> None:
        """Call `then` with what the server knows of the current item, at once or when it has come."""
        row, known = self.current(), self.preview.review
        if row is None:
            return
        if known is not None:
            then(known)
        else:
            self._facts.read(row.id, then)

    def _claim_next(self) -> None:
        if self._may_claim:
            self.next_wanted.emit()

    def _open(self) -> None:
        if (row := self.current()) is not None and self._may_claim:
            self.claim_wanted.emit(row)

    def _open_account(self) -> None:
        def go(review: Review) -> None:
            if review.creator is not None:
                self.account_wanted.emit(review.creator.id)

        self._with_review(go)

    def peek(self) -> None:
        """Show what is known of the current item without claiming it."""
        self._with_review(self._facts.peek)

    def take_over(self) -> None:
        """Ask why the current item is taken from whoever has it; only a lead can."""
        row = self.current()
        if row is not None and may_take_over(row, self._context.me):
            self._facts.ask_take_over(row, self.preview.take_over, partial(self.take_over_wanted.emit, row))

    def look_up(self, item_id: str) -> None:
        """Show what is known of an item that is not in the queue."""
        self._facts.read(item_id, self._facts.peek)

    def show_why(self) -> None:
        """Explain the place of the current item."""
        self._with_review(lambda review: self._facts.explain(review, self.preview.why))

    def _show_stats(self, stats: MyStats) -> None:
        if not self.feed.rows and stats.decided_today:
            self.states.empty(
                "check", "The queue is clear", f"{queue_state.done_today(stats)} {BY_THEMSELVES}"
            )

    # What stays

    def save_state(self) -> dict[str, Any]:
        """Columns, order and filter."""
        return {"columns": self.table.save_columns(), "filter": self.bar.state()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        if columns := state.get("columns"):
            with suppress(AttributeError, TypeError, ValueError):
                self.table.restore_columns(columns)
        self.bar.restore(state.get("filter"))

    async def leave(self) -> None:
        """Keep the queue for an offline start."""
        if self.feed.rows and self.feed.read_once:
            await self._keep()
