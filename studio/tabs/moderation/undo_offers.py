"""The decisions of the last seconds: what it takes to go back to each, and the toast that offers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from server.moderation.schemas import Claim
from studio.api.errors import ApiError, Offline
from studio.messages import Level
from studio.tab import Context
from studio.tabs.moderation.decision_outbox import GRACE_S, DecisionOutbox, Sent
from studio.tabs.moderation.decision_state import Draft
from studio.tabs.moderation.naming import name_of
from studio.tabs.moderation.review_bundle import Bundle
from studio.tabs.moderation.review_media import Fetch
from studio.tabs.moderation.review_view import View


@dataclass(frozen=True)
class Decided:
    """A decision that can still be undone, with all that it takes to go back to its item. `said` tells it."""

    sent: Sent
    bundle: Bundle
    draft: Draft
    fetch: Fetch | None
    said: str
    until: datetime

    def drop(self) -> None:
        """Let go of its video."""
        if self.fetch is not None:
            self.fetch.drop()


class UndoOffers:
    """Holds each decision, and the copy of its video, for as long as it can be undone.

    One is offered at a time, the newest; when it has been taken back, the one before it is.
    """

    def __init__(self, view: View, context: Context, *, undo: Callable[[UUID], object]) -> None:
        self._view, self._context, self._undo = view, context, undo
        self._decided: dict[UUID, Decided] = {}
        self._offered: Callable[[], object] | None = None
        self._soon: asyncio.Handle | None = None

    def offer(self, sent: Sent, bundle: Bundle, draft: Draft, fetch: Fetch | None, said: str) -> None:
        """Tell of a decision and offer to take it back by `undo`."""
        if fetch is not None and fetch.media is None:
            fetch.drop()  # what is still on its way is not worth keeping
        until = self._context.ticker.now() + timedelta(seconds=GRACE_S)
        self._decided[sent.id] = Decided(sent, bundle, draft, fetch, said, until)
        self._withdraw()
        # The next item is painted before the toast is made.
        self._soon = asyncio.get_running_loop().call_soon(self.offer_newest)

    def take(self, decision_id: UUID | None) -> Decided | None:
        """Hand over a decision, the last one unless another is named; None when it is too late."""
        wanted = decision_id or self._newest
        decided = self._decided.pop(wanted, None) if wanted is not None else None
        if decided is not None:
            self._withdraw()
        return decided

    async def take_back(self, decided: Decided, outbox: DecisionOutbox) -> Claim | None:
        """Undo a decision that was taken; None, and told, when that could not be done."""
        try:
            return await outbox.undo(decided.sent)
        except ApiError as error:
            if isinstance(error, Offline):
                self._put_back(decided)
            else:
                decided.drop()
            self._context.messages.notify(Level.WARNING, error.what_happened, error.what_to_do)
            return None
        except Exception:
            self._put_back(decided)
            raise

    def _put_back(self, decided: Decided) -> None:
        """It was not taken back, and still may be: when the server is there again, or the disk takes it."""
        self._decided[decided.sent.id] = decided

    def offer_newest(self) -> None:
        """Offer the decision that would be undone next, if there is one."""
        self._withdraw()
        newest = self._newest
        if newest is None:
            return
        decided = self._decided[newest]
        others = len(self._decided) - 1
        more = f" · after it {others} more can be undone" if others else ""
        self._offered = partial(self._undo, newest)
        self._context.messages.notify(
            Level.SUCCESS,
            decided.said,
            f"{name_of(decided.bundle.review.item)}{more}",
            undo=self._offered,
            seconds=max((decided.until - self._context.ticker.now()).total_seconds(), 1),
        )

    def expire(self, now: datetime) -> None:
        """Let go of what cannot be undone any more at `now`."""
        for decided in [each for each in self._decided.values() if each.until <= now]:
            self._forget(decided)

    def drop_videos(self) -> None:
        """Let go of the videos: after an undo they are fetched again."""
        for decided in self._decided.values():
            decided.drop()

    def forget_all(self) -> None:
        """Let go of everything: the person leaves."""
        for decided in list(self._decided.values()):
            self._forget(decided)

    def refused(self, decision_id: UUID) -> str:
        """Withdraw the offer of a decision that was not accepted; answers the name of its item."""
        decided = self._decided.get(decision_id)
        if decided is None:
            return ""
        self._forget(decided)
        return name_of(decided.bundle.review.item)

    @property
    def _newest(self) -> UUID | None:
        return next(reversed(self._decided), None)

    def _forget(self, decided: Decided) -> None:
        if decided.sent.id == self._newest:
            self._withdraw()
        del self._decided[decided.sent.id]
        decided.drop()

    def _withdraw(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        offered, self._offered = self._offered, None
        if offered is not None:
            self._view.withdraw_offer(offered)
