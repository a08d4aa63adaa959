"""The decisions of the last seconds: what it takes to go back to each, and the toast that offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from studio.messages import Level
from studio.tab import Context
from studio.tabs.moderation.decision_outbox import GRACE_S, Sent
from studio.tabs.moderation.decision_state import Draft
from studio.tabs.moderation.review_bundle import Bundle, Loader, Media
from studio.tabs.moderation.review_view import View


@dataclass(frozen=True)
class Decided:
    """A decision that can still be undone, with all that it takes to go back to its item."""

    sent: Sent
    bundle: Bundle
    draft: Draft
    media: Media | None
    until: datetime
    take_back: Callable[[], object]


class UndoOffers:
    """Holds each decision, and the copy of its video, for as long as it can be undone."""

    def __init__(
        self, view: View, context: Context, loader: Loader, *, undo: Callable[[UUID], object]
    ) -> None:
        self._view, self._context, self._loader, self._undo = view, context, loader, undo
        self._decided: dict[UUID, Decided] = {}

    def offer(self, sent: Sent, bundle: Bundle, draft: Draft, media: Media | None, said: str) -> None:
        """Tell of a decision and offer to take it back by `undo`."""
        for earlier in self._decided.values():
            self._view.withdraw_offer(earlier.take_back)  # it can still be undone by key, after this one
        take_back = partial(self._undo, sent.id)
        until = self._context.ticker.now() + timedelta(seconds=GRACE_S)
        self._decided[sent.id] = Decided(sent, bundle, draft, media, until, take_back)
        title = bundle.review.item.title
        self._context.messages.notify(Level.SUCCESS, said, title, undo=take_back, seconds=GRACE_S)

    def take(self, decision_id: UUID | None) -> Decided | None:
        """Hand over a decision, the last one unless another is named; None when it is too late."""
        wanted = decision_id or next(reversed(self._decided), None)
        return self._decided.pop(wanted, None) if wanted is not None else None

    def put_back(self, decided: Decided) -> None:
        """It was not taken back after all, but still may be."""
        self._decided[decided.sent.id] = decided

    def expire(self, now: datetime) -> None:
        """Let go of what cannot be undone any more at `now`."""
        for decided in [each for each in self._decided.values() if each.until <= now]:
            self._forget(decided)

    def forget_all(self) -> None:
        """Let go of everything: the person leaves."""
        for decided in list(self._decided.values()):
            self._forget(decided)

    def refused(self, decision_id: UUID) -> str:
        """Withdraw the offer of a decision that was not accepted; answers the title of its item."""
        decided = self._decided.get(decision_id)
        if decided is None:
            return ""
        self._forget(decided)
        self._view.withdraw_offer(decided.take_back)
        return decided.bundle.review.item.title

    def _forget(self, decided: Decided) -> None:
        del self._decided[decided.sent.id]
        self._loader.drop(decided.media)
