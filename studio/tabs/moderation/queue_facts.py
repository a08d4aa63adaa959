"""What only the server knows of an item, read when it is asked for and shown over the queue."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from server.moderation.schemas import MyStats, Review
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.moderation import rows
from studio.tabs.moderation.ask_popover import AskPopover
from studio.tabs.moderation.handover_popover import TakeOverPopover
from studio.tabs.moderation.queue_feed import QueueFeed
from studio.tabs.moderation.queue_peek import Peek
from studio.tabs.moderation.snapshot import QueueRow
from studio.tabs.moderation.why import WhyPopover

Then = Callable[[Review], object]


class ItemFacts:
    """Reads on behalf of `owner`, and shows over its window."""

    def __init__(self, context: Context, feed: QueueFeed, owner: QWidget) -> None:
        self._context, self._feed, self._owner = context, feed, owner

    def read(self, item_id: str, then: Then, on_error: Callable[[ApiError], object] | None = None) -> None:
        """Call `then` when the facts have come; a failure is reported unless `on_error` takes it."""

        async def fetch() -> Review:
            return (await self._context.api.get(f"/v1/moderation/items/{item_id}")).model(Review)

        self._context.tasks.read(fetch, then, on_error, owner=self._owner)

    def read_stats(self, then: Callable[[MyStats], object]) -> None:
        """Call `then` with one's own figures, if one has any; they are an extra, so no failure is told."""
        if "moderation.decide" not in self._context.me.permissions:
            return

        async def fetch() -> MyStats:
            return (await self._context.api.get("/v1/moderation/stats/me")).model(MyStats)

        self._context.tasks.read(fetch, then, pass_over, owner=self._owner)

    def peek(self, review: Review) -> None:
        """Show flags, decisions and notes of an item, in the queue or not."""
        Peek(review, self._feed.titles.__getitem__, self._owner.window()).open()

    def ask_take_over(self, row: QueueRow, anchor: QWidget, then: Callable[[AskPopover], object]) -> None:
        """Ask why an item is taken from whoever has it, and call `then`, which has to answer."""
        ask = TakeOverPopover(row.claimed_by or "", self._owner.window())
        ask.confirmed.connect(then)
        ask.open_at(anchor)

    def explain(self, review: Review, anchor: QWidget) -> None:
        """Show beside `anchor` why an item stands where it stands."""
        held = self._feed.rows
        row = held.get(str(review.item.id))
        order = rows.queue_order
        place = 1 + sum(order(each) < order(row) for each in held.values()) if row else None
        why = WhyPopover(review.item.priority_why, self._owner.window(), place=place, of=len(held))
        why.open_at(anchor)


def pass_over(_error: ApiError) -> None:
    """Let a failure be: what is shown says enough, and the feed tells when something is wrong."""
