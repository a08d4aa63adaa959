"""Claims that change hands: to whom one can give an item, taking one over, and what became of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from server.accounts.schemas import Me
from server.kit.wire import Page
from server.moderation.rules import HANDED_OVER, TAKEN_OVER, ItemState
from server.moderation.schemas import Claim, Colleague, Handover, Review
from studio.api.client import Api
from studio.api.errors import ApiError, NotFound
from studio.messages import Action, Level
from studio.offline.changes import Changes
from studio.offline.store import Store
from studio.tab import Context
from studio.tabs.moderation.claims import HeldClaim, Loss
from studio.tabs.moderation.naming import name_handed
from studio.tabs.moderation.snapshot import QueueRow
from studio.tasks import off_thread
from studio.workplace import RESYNC

TOPICS: Final = frozenset({"moderation.handover", "moderation.restricted_handover"})
LEAD: Final = "moderation.lead"
TAB: Final = "moderation"
TOLD: Final = "moderation.handed"
"""In the store: the ids of the hand-overs that one has been told of. They say nothing of the item."""
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


def _said(body: str, how: str, whom: str | None) -> str | None:
    start = f"{how} @{whom}: "
    return body.removeprefix(start) if body.startswith(start) else None


class HandedNotices:
    """Tells, in whatever tab a person is, once of each item that was handed to them, and offers to open it.

    It asks also when one signs in and after an interruption: what came meanwhile nobody has announced.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._one_at_a_time = asyncio.Lock()
        self._told: frozenset[str] | None = None
        if "moderation.claim" in context.me.permissions:
            context.changes.subscribe(self.on_changes)
            context.tasks.spawn(self._look())

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast, which does not say to whom an item went: that is asked for."""
        if changes.kinds & (TOPICS | {RESYNC}):
            self._context.tasks.spawn(self._look())

    async def _look(self) -> None:
        async with self._one_at_a_time:
            try:
                answer = await self._context.api.get("/v1/moderation/handovers")
            except ApiError:
                return  # it stands in the queue as one's own, whether or not it is told
            handed = {str(each.id): each for each in answer.model(Page[Handover]).items}
            if self._told is None:
                self._told = await off_thread(_told, self._context.store)
            for each in handed.keys() - self._told:
                self._tell(handed[each])
            if handed.keys() != self._told:
                self._told = frozenset(handed)
                kept = " ".join(self._told).encode()
                self._context.tasks.copy(partial(self._context.store.put, TOLD, kept))

    def _tell(self, handed: Handover) -> None:
        self._context.messages.notify(
            Level.INFO,
            f"@{handed.by_handle} handed you {name_handed(handed)}",
            handed.reason,
            action=Action("Open", lambda: self._context.go(TAB, claim=str(handed.item_id))),
            seconds=TOLD_S,
        )


def _told(store: Store) -> frozenset[str]:
    kept = store.get(TOLD)
    return frozenset(kept.value.decode(errors="replace").split()) if kept is not None else frozenset()
