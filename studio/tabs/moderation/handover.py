"""Claims that change hands: to whom one can give an item, taking one over, and what became of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from server.accounts.schemas import Me
from server.kit.wire import Page
from server.moderation.rules import HANDED_OVER, TAKEN_OVER, ItemState
from server.moderation.schemas import Claim, Colleague, Review
from studio.api.client import Api
from studio.api.errors import ApiError, NotFound
from studio.messages import Action, Level
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.moderation.claims import HeldClaim, Loss
from studio.tabs.moderation.snapshot import QueueRow

TOPICS: Final = frozenset({"moderation.handover", "moderation.restricted_handover"})
LEAD: Final = "moderation.lead"
TAB: Final = "moderation"
TOLD_S: Final = 60
"""A notice of an item that is one's own from now on stays longer than others: its lease runs."""


async def colleagues(api: Api, item_id: UUID) -> Sequence[Colleague]:
    """Those who could take an item. Raises ApiError."""
    answer = await api.get(f"/v1/moderation/items/{item_id}/colleagues")
    return answer.model(Page[Colleague]).items


async def take_over(api: Api, item_id: str, reason: str) -> Claim:
    """Take an item from whoever has it. Raises ApiError."""
    answer = await api.post(f"/v1/moderation/items/{item_id}/take-over", json={"reason": reason})
    return answer.model(Claim)


def may_take_over(row: QueueRow | None, me: Me) -> bool:
    """Whether somebody else has the item, or has set it aside, and `me` is a lead."""
    taken = row is not None and row.state in (ItemState.CLAIMED, ItemState.ON_HOLD)
    return row is not None and taken and row.claimed_by not in (None, me.handle) and LEAD in me.permissions


async def look(api: Api, held: HeldClaim, me: str) -> Review | None:
    """Ask what is known of an item that is `me`'s; None when that cannot be had, or the claim has gone."""
    try:
        review = (await api.get(f"/v1/moderation/items/{held.claim.item_id}")).model(Review)
    except NotFound:
        held.lost(Loss())
    except ApiError:
        pass  # what is shown stays; the next word of the server brings the next attempt
    else:
        if review.claim_token == held.token:
            return review
        held.lost(loss_of(review, me))
    return None


def loss_of(review: Review, me: str) -> Loss:
    """Who has an item that was `me`'s, and how it came to them."""
    owner = review.item.claimed_by_handle
    if owner in (None, me):
        return Loss()
    for note in reversed(review.notes):
        if note.author_handle == owner and (why := _said(note.body, TAKEN_OVER, me)) is not None:
            return Loss(owner, "taken", why)
        if note.author_handle == me and (why := _said(note.body, HANDED_OVER, owner)) is not None:
            return Loss(owner, "handed", why)
    return Loss(owner)


def handed_by(review: Review, me: str) -> tuple[str, str] | None:
    """Who handed `me` the item that is mine now, and why; None when it came by another way."""
    if review.claim_token is None:
        return None
    said = ((note.author_handle, _said(note.body, HANDED_OVER, me)) for note in reversed(review.notes))
    return next(((who, why) for who, why in said if why is not None), None)


def _said(body: str, how: str, whom: str | None) -> str | None:
    start = f"{how} @{whom}: "
    return body.removeprefix(start) if body.startswith(start) else None


class HandedNotices:
    """Tells, in whatever tab a person is, that an item was handed to them, and offers to open it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.changes.subscribe(self.on_changes)

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast, which does not say to whom an item went: that is asked for."""
        if changes.kinds & TOPICS and "moderation.claim" in self._context.me.permissions:
            for item_id in changes.ids:
                self._context.tasks.spawn(self._look(item_id))

    async def _look(self, item_id: str) -> None:
        try:
            review = (await self._context.api.get(f"/v1/moderation/items/{item_id}")).model(Review)
        except ApiError:
            return  # it stands in the queue as one's own, whether or not it is told
        handed = handed_by(review, self._context.me.handle)
        if handed is not None:
            who, why = handed
            self._context.messages.notify(
                Level.INFO,
                f"@{who} handed you “{review.item.title}”",
                why,
                action=Action("Open", lambda: self._context.go(TAB, claim=item_id)),
                seconds=TOLD_S,
            )
