"""The claim on an item: kept alive while somebody works on it, given back, or lost. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from server.moderation.schemas import Claim, ClaimState, Reclaim, Review, SubjectRef
from studio.api.client import Api
from studio.api.errors import ApiError, Conflict, NotFound, ProblemDetails

PAUSE: Final = timedelta(minutes=5)
"""Without a sign of life for this long a claim is no longer extended."""
WARN: Final = timedelta(seconds=60)
"""So long before the pause the person is told."""
RETRY: Final = timedelta(seconds=5)
GONE: Final = "You no longer have this item. What you asked for was not done."

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class ClaimPhase(StrEnum):
    """HELD: one's own. LOST: somebody else may have it. ENDED: decided or given back by oneself."""

    HELD = "held"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True)
class Loss:
    """Who has an item that one had, by handle, and how and why it came to them; as far as is known."""

    by: str = ""
    how: Literal["", "taken", "handed"] = ""
    why: str = ""


class HeldClaim:
    """One's claim on one item.

    `tick` is to be called about once a second with the server's time: it sends a heartbeat when a third of
    the lease has gone by, unless `touch` (a sign of life) has not come for `PAUSE`. `on_change` is called
    when `phase`, `lease_until` or `pausing` changed. `ahead`: it is claimed for a minute only, and is what
    the server hands out as the next item, until the first heartbeat makes that a full claim.
    """

    def __init__(
        self,
        api: Api,
        claim: Claim,
        *,
        now: datetime,
        spawn: Spawn,
        on_change: Callable[[], object] = lambda: None,
        ahead: bool = False,
    ) -> None:
        self._api, self._spawn = api, spawn
        self.on_change = on_change
        self.claim = claim
        self.ahead = ahead
        self.phase = ClaimPhase.HELD
        self.loss: Loss | None = None
        self.lease_until = claim.lease_until
        self.pausing = False
        self._lease = max(claim.lease_until - now, timedelta(seconds=1))
        self._beat_at = now + self._lease / 3
        self._touched = now
        self._beating = False

    @property
    def token(self) -> int:
        """The fencing token that every use of the claim names."""
        return self.claim.claim_token

    def left(self, now: datetime) -> timedelta:
        """How long the lease still runs; never below zero."""
        return max(self.lease_until - now, timedelta())

    def touch(self, now: datetime) -> None:
        """Take a sign of life; after a pause the claim is extended at once."""
        self._touched = now
        if self.pausing:
            self.pausing = False
            self._beat_at = now
            self.tick(now)
            self.on_change()

    def tick(self, now: datetime) -> None:
        """Do what is due at `now`."""
        if self.phase is not ClaimPhase.HELD:
            return
        if now >= self.lease_until:
            self._end(ClaimPhase.LOST)
            return
        idle = now - self._touched
        if idle >= PAUSE - WARN and not self.pausing:
            self.pausing = True
            self.on_change()
        if now >= self._beat_at and idle < PAUSE and not self._beating:
            self._beating = True
            self._spawn(self.beat(now))

    async def beat(self, now: datetime) -> None:
        """Extend the lease; without an answer it is tried again soon."""
        self._beating = True
        self._beat_at = now + RETRY
        try:
            state = (await self._post("heartbeat", attempts=1)).model(ClaimState)
        except (Conflict, NotFound):
            self._end(ClaimPhase.LOST)
        except ApiError:
            pass  # the lease still runs, and `_beat_at` has the next attempt
        else:
            self.ahead = False
            if self.phase is ClaimPhase.HELD and state.lease_until is not None:
                self.lease_until = state.lease_until
                self._lease = max(state.lease_until - now, timedelta(seconds=1))
                self._beat_at = now + self._lease / 3
                self.on_change()
        finally:
            self._beating = False

    async def release(self) -> None:
        """Give the item back. Raises ApiError, but not when the claim had gone already."""
        if self.phase is not ClaimPhase.HELD:
            return
        try:
            await self._post("release")
        except Conflict as error:
            if error.code != "lease_lost":
                raise
        self._end(ClaimPhase.ENDED)

    async def give_up(self) -> None:
        """Give the item back if the server can be reached; else the lease runs out by itself."""
        with suppress(ApiError):
            await self.release()

    async def skip(self, reason: str) -> None:
        """Give the item back for good, with a reason. Raises ApiError: Conflict when the claim had gone."""
        await self._part("skip", reason=reason)

    async def hold(self, reason: str, seconds: int) -> None:
        """Set the item aside for oneself. Raises ApiError: Conflict when the claim had gone."""
        await self._part("hold", reason=reason, seconds=seconds)

    def decided(self) -> None:
        """The item has been decided: nothing is extended any more."""
        self._end(ClaimPhase.ENDED)

    def not_decided(self) -> None:
        """The decision was not taken after all: the item is one's own as before."""
        self.phase = ClaimPhase.HELD
        self.on_change()

    async def transfer(self, person: UUID, reason: str) -> None:
        """Give the item to a colleague. Raises ApiError: Conflict when they cannot take it."""
        await self._part("transfer", person_id=str(person), reason=reason)

    def lost(self, loss: Loss | None = None) -> None:
        """It is known from elsewhere that somebody else has the item; to whom it was lost may follow."""
        if self.phase is ClaimPhase.HELD or (self.phase is ClaimPhase.LOST and loss != self.loss):
            self.loss = loss
            self._end(ClaimPhase.LOST)

    async def _part(self, verb: str, **more: Any) -> None:
        """Do what counts only if it was done: with a claim that is over it is refused, never passed over."""
        if self.phase is not ClaimPhase.HELD:
            raise gone()
        try:
            await self._post(verb, **more)
        except Conflict as error:
            if error.code == "lease_lost":
                self.lost()
            raise
        self._end(ClaimPhase.ENDED)

    async def _post(self, verb: str, *, attempts: int = 4, **more: Any) -> Any:
        path = f"/v1/moderation/items/{self.claim.item_id}/{verb}"
        body = {"claim_token": self.token, **more}
        return await self._api.request("POST", path, json=body, attempts=attempts)

    def _end(self, phase: ClaimPhase) -> None:
        self.phase = phase
        self.pausing = False
        self.on_change()


def gone() -> Conflict:
    """What is told to who parts with an item that is no longer theirs."""
    return Conflict(ProblemDetails(409, "lease_lost", detail=GONE))


Parting = Callable[[HeldClaim], Coroutine[Any, Any, None]]
"""A way to part with an item: to skip it, hold it or hand it over. Raises ApiError."""
Refused = Callable[[ApiError], bool]
"""Hears why something was refused, and answers whether the person has been told."""


async def claim_again(api: Api, claim: Claim) -> Claim:
    """Claim the item of a lost claim anew, or go on with it where it was not lost after all.

    Raises ApiError: Conflict when somebody else has it.
    """
    body = {"item_id": str(claim.item_id)}
    try:
        answer = await api.post("/v1/moderation/claims", json=body, idempotency_key=str(uuid4()))
    except Conflict:
        item = (await api.get(f"/v1/moderation/items/{claim.item_id}")).model(Review)
        if item.claim_token is None or item.item.lease_until is None:
            raise
        mine = {"claim_token": item.claim_token, "lease_until": item.item.lease_until}
        return claim.model_copy(update=mine)
    return answer.model(Claim)


async def claim_ahead(api: Api) -> Claim | None:
    """Claim the item after the present one for a minute, or keep the one claimed so. Raises ApiError."""
    answer = await api.post("/v1/moderation/claims/prefetch", json={}, idempotency_key=str(uuid4()))
    return None if answer.status == 204 else answer.model(Claim)


def reclaimed(back: Reclaim, subject: SubjectRef) -> Claim:
    """The claim that an undo gave back, as any other claim."""
    return Claim(
        item_id=back.item_id, claim_token=back.claim_token, lease_until=back.lease_until, subject=subject
    )
