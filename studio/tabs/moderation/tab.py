"""The Queue tab: the queue, the review of one item, and the account of a creator, one over the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QStackedLayout, QWidget

from studio.api.errors import ApiError, Conflict, Offline
from studio.api.live import Connection
from studio.messages import Level
from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.widgets.command_palette import Search
from studio.workplace import RESYNC

if TYPE_CHECKING:
    from server.moderation.schemas import Claim
    from studio.tabs.moderation.account_page import AccountPage
    from studio.tabs.moderation.ask_popover import AskPopover
    from studio.tabs.moderation.claims import Refused
    from studio.tabs.moderation.snapshot import QueueRow

ITEMS: Final = frozenset({"moderation.item", "moderation.restricted_item"})


class ReviewPage(Protocol):
    """What the tab needs of the review page, which is a QWidget.

    `left` is emitted when the claim has been given back and nothing is open; `wants_next` when the next
    item is to be claimed; `account_wanted` with the UUID of a creator; `front_wanted` when an item came back.
    """

    left: SignalInstance
    wants_next: SignalInstance
    account_wanted: SignalInstance
    front_wanted: SignalInstance

    def open(self, claim: Claim) -> None:
        """Show the claimed item."""

    def turn_to(self, claim: Claim) -> None:
        """Show an item that was handed over; what is open comes after it."""

    def on_connection(self, connection: Connection) -> None:
        """The connection to the server changed."""

    def claim_failed(self, error: ApiError) -> None:
        """The next item, which it asked for, could not be claimed."""

    async def leave(self) -> None:
        """Give the claim back and keep what was typed."""


class ModerationTab(Tab):
    """Loads its pages when it is made, so that naming the tab in the navigation costs nothing."""

    id = "moderation"
    title = "Queue"
    icon = "queue"
    section = "Moderation"
    permission = "moderation.read"
    kinds = ITEMS | {RESYNC}

    def __init__(self, context: Context, *, review: Callable[[Context], Any]) -> None:
        """`review` makes the review page (a `ReviewPage`) when the first item is opened."""
        from studio.tabs.moderation.queue_page import QueuePage

        super().__init__(context)
        self._make_review = review
        self._review: Any = None
        self._account: AccountPage | None = None
        self._claiming = False
        self._came_from: QWidget | None = None
        self.queue = QueuePage(context)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.queue)
        self.queue.next_wanted.connect(self.claim_next)
        self.queue.claim_wanted.connect(self.claim)
        self.queue.account_wanted.connect(self.open_account)
        self.queue.take_over_wanted.connect(self.take_over)
        context.tasks.spawn(self.queue.feed.run(), self)
        self.setFocusProxy(self.queue)

    @property
    def account(self) -> AccountPage:
        """The page of a creator, made when it is first wanted."""
        from studio.tabs.moderation.account_page import AccountPage

        if self._account is None:
            self._account = AccountPage(self.context, self.queue.title_of)
            self._account.left.connect(self._back)
            self._account.item_wanted.connect(self.open_item)
            self._stack.addWidget(self._account)
        return self._account

    # Live

    def refresh(self) -> None:
        self.queue.feed.refresh()
        if self._account is not None and self._stack.currentWidget() is self._account:
            self._account.refresh()

    def on_changes(self, changes: Changes) -> None:
        if changes.kinds & ITEMS and changes.ids:
            self.queue.feed.announce(changes.ids)
            if self.isVisible():
                self.queue.feed.hurry()
        elif changes.kinds & self.kinds:
            self.mark_dirty()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.queue.feed.hurry()

    def on_connection(self, connection: Connection) -> None:
        self.queue.on_connection(connection)
        if self._review is not None:
            self._review.on_connection(connection)

    # Claims

    def claim_next(self) -> None:
        """Claim what comes first and open its review."""
        from studio.tabs.moderation.queue_claim import claim_next

        async def work() -> None:
            claim = await claim_next(self.context.api)
            if claim is not None:
                self.open_review(claim)
            else:
                self.context.messages.notify(Level.INFO, "Nothing waits for you now.")
                self.show_queue()

        self._take(work)

    def _bring_review(self) -> None:
        self.context.go(self.id)
        self._show(self._review)

    def claim(self, row: QueueRow) -> None:
        """Claim an item, or go on with it, and open its review."""
        from studio.tabs.moderation.queue_claim import take

        async def work() -> None:
            self.open_review(await take(self.context.api, row, self.context.me.handle))

        self._take(work, row)

    def take_over(self, row: QueueRow, ask: AskPopover) -> None:
        """Take an item from whoever has it, for the reason that `ask` was told, and open its review."""
        from studio.tabs.moderation.handover import take_over

        async def work() -> None:
            claim = await take_over(self.context.api, row.id, reason)
            ask.done()
            self.open_review(claim)

        if not self._claiming:
            reason = ask.why()
            ask.wait()
            self._take(work, row, ask.refuse)

    def take_up(self, item_id: str) -> None:
        """Go on with an item that was handed over; a review that is open comes after it."""
        from studio.tabs.moderation.queue_claim import go_on

        async def work() -> None:
            self.open_review(await go_on(self.context.api, item_id), aside=True)

        self._take(work)

    def _take(
        self, work: Callable[[], Any], row: QueueRow | None = None, told: Refused = lambda _error: False
    ) -> None:
        """Run one claim at a time: N pressed twice must not take two items."""
        if self._claiming:
            return
        self._claiming = True

        async def once() -> None:
            try:
                await work()
            except ApiError as error:
                self._refused(error, row, told)
            finally:
                self._claiming = False

        self.context.tasks.spawn(once(), self)

    def _refused(self, error: ApiError, row: QueueRow | None, told: Refused) -> None:
        review = self._review
        if row is None and review is not None and self._stack.currentWidget() == review:
            review.claim_failed(error)  # the page says it in full, and offers to try again
            return
        if isinstance(error, Offline):
            what, then = "Items cannot be claimed while the server is out of reach.", "The queue stays here."
        else:
            what, then = error.what_happened, error.what_to_do
        if not told(error):
            self.context.messages.notify(Level.WARNING, what, then)
        if row is not None and isinstance(error, Conflict):
            self.queue.feed.announce({row.id})
            self.queue.feed.hurry()

    # Pages

    def open_review(self, claim: Claim, *, aside: bool = False) -> None:
        """Show the review of a claimed item; what is open is given back, or with `aside` comes after it."""
        if self._review is None:
            self._review = self._make_review(self.context)
            self._review.left.connect(self.show_queue)
            self._review.wants_next.connect(self.claim_next)
            self._review.account_wanted.connect(self.open_account)
            self._review.front_wanted.connect(self._bring_review)
            self._stack.addWidget(self._review)
        (self._review.turn_to if aside else self._review.open)(claim)
        self._show(self._review)

    def open_account(self, person: UUID) -> None:
        """Show the account of a creator; back leads to where one was."""
        here = self._stack.currentWidget()
        if here is not self.account:
            self._came_from = here
        self.account.open(person)
        self._show(self.account)

    def open_item(self, item_id: str) -> None:
        """Select an item in the queue; what is not in the queue any more is only looked at."""
        self.show_queue()
        if not self.queue.go_to(item_id):
            self.queue.look_up(item_id)

    def open(self, **what: Any) -> None:
        """`item=UUID`, `creator=UUID`, or `claim=UUID` for an item that is one's own."""
        match what:
            case {"claim": item, **rest} if not rest:
                self.take_up(str(item))
            case {"item": item, **rest} if not rest:
                self.open_item(str(item))
            case {"creator": creator, **rest} if not rest:
                self.open_account(UUID(str(creator)))
            case _:
                super().open(**what)

    def _back(self) -> None:
        self._show(self._came_from or self.queue)

    def show_queue(self) -> None:
        """Show the queue, whatever page was open."""
        self._show(self.queue)

    def _show(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        self.setFocusProxy(page)
        page.setFocus()

    # What is remembered

    def save_state(self) -> Mapping[str, Any]:
        return self.queue.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.queue.restore_state(state)

    @classmethod
    def watch(cls, context: Context) -> object:
        from studio.tabs.moderation.handover import HandedNotices

        return HandedNotices(context)

    @classmethod
    def searches(cls, context: Context) -> Sequence[tuple[str, Search]]:
        from studio.tabs.moderation.search import ModerationSearch

        search = ModerationSearch(
            context.api,
            context.tasks,
            open_item=lambda item: context.go(cls.id, item=item),
            open_creator=lambda person: context.go(cls.id, creator=person),
        )
        return [("Found on the server", search)]

    async def leave(self) -> None:
        if self._review is not None:
            await self._review.leave()
        await self.queue.leave()
