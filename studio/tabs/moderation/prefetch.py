"""The item after the present one: claimed ahead, loaded ahead, given back when nobody comes to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.moderation.schemas import Claim
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim, claim_ahead
from studio.tabs.moderation.review_bundle import Bundle, Loader
from studio.tabs.moderation.review_media import Fetch, Spawn
from studio.tabs.moderation.review_state import is_video

RENEW: Final = timedelta(seconds=40)
"""The claim ahead holds for 60 s, and is asked for again in good time."""


@dataclass(frozen=True)
class Ready:
    """An item that can be shown at once; its video may still be on its way. `fetch` is None for texts."""

    bundle: Bundle
    held: HeldClaim
    fetch: Fetch | None

    @property
    def prepared(self) -> bool:
        """Whether nothing of it has to be waited for any more."""
        return self.fetch is None or self.fetch.settled

    def drop(self) -> None:
        """Let go of its video."""
        if self.fetch is not None:
            self.fetch.drop()


class Prefetch:
    """Keeps at most one item ready. `on_ready` is called when its video may be opened out of sight.

    `tick` is to be called about once a second while somebody works; when nobody does, the claim lapses.
    """

    def __init__(
        self, api: Api, loader: Loader, *, spawn: Spawn, on_ready: Callable[[Ready], object]
    ) -> None:
        self._api, self._loader, self._spawn = api, loader, spawn
        self._on_ready = on_ready
        self._settled = asyncio.Event()
        self._settled.set()
        self._ask_at: datetime | None = None
        self.ready: Ready | None = None

    @property
    def under_way(self) -> bool:
        """Whether an item is on its way."""
        return not self._settled.is_set()

    @property
    def prepared(self) -> bool:
        """Whether the next item is there with all that belongs to it."""
        return self.ready is not None and self.ready.prepared

    def tick(self, now: datetime) -> None:
        """Claim ahead, or keep what is claimed, when that is due at `now`."""
        if self.ready is not None and not self.ready.held.ahead:
            self.ready.held.touch(now)
            self.ready.held.tick(now)
        elif not self.under_way and (self._ask_at is None or now >= self._ask_at):
            self._settled.clear()
            self._ask_at = now + RENEW
            self._spawn(self._ask(now))

    def follow(self, present: HeldClaim, now: datetime) -> None:
        """`tick`, where the item in hand is one's own and being worked on."""
        if present.phase is ClaimPhase.HELD and not present.pausing and not present.ahead:
            self.tick(now)

    async def go_on(self, shown: Ready, now: Callable[[], datetime]) -> None:
        """An item is shown: make its claim a full one; once its video is there, ask for the next."""
        if shown.held.ahead:
            await shown.held.beat(now())
        if shown.fetch is not None:
            await shown.fetch.wait()
        self.follow(shown.held, now())

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        await self._settled.wait()

    def take(self, now: datetime) -> Ready | None:
        """Hand over the item that is ready, if its claim still holds; the next one is asked for anew."""
        ready, self.ready = self.ready, None
        self._ask_at = None
        if ready is not None and not (ready.held.phase is ClaimPhase.HELD and ready.held.left(now)):
            ready.drop()
            return None
        return ready

    def put(self, ready: Ready) -> None:
        """Keep an item that has been shown as the next one; what was ready before is given back."""
        before = self.ready
        if before is not None:
            before.drop()
            self._spawn(before.held.give_up())
        self._keep(ready)

    async def release(self) -> None:
        """Give back what is claimed ahead: the person leaves. An answer still on its way is waited for."""
        await self._settled.wait()
        ready, self.ready = self.ready, None
        self._ask_at = None
        if ready is not None:
            ready.drop()
            await ready.held.give_up()

    async def _ask(self, now: datetime) -> None:
        try:
            await self._renew_or_load(now)
        except ApiError:
            pass  # nobody waits for it: the next `tick` that is due asks again
        finally:
            self._settled.set()

    async def _renew_or_load(self, now: datetime) -> None:
        claim = await claim_ahead(self._api)
        ready = self.ready
        held = HeldClaim(self._api, claim, now=now, spawn=self._spawn, ahead=True) if claim else None
        if ready is not None and ready.held.ahead:
            if claim is not None and ready.held.claim == _same_lease(claim, ready.held):
                ready.held.lease_until = claim.lease_until
                return
            self.ready = None
            ready.drop()
        if held is None:
            return
        bundle = await self._loader.load(held.claim) if self.ready is None else None
        if self.ready is not None or bundle is None:  # an item that was set aside meanwhile comes first
            await held.give_up()
            return
        video = is_video(bundle.review)
        self._keep(Ready(bundle, held, Fetch(self._loader.videos, bundle, self._spawn) if video else None))

    def _keep(self, ready: Ready) -> None:
        self.ready = ready
        if ready.fetch is not None:
            self._spawn(self._prepare(ready, ready.fetch))

    async def _prepare(self, ready: Ready, fetch: Fetch) -> None:
        await fetch.wait()
        if self.ready is ready and fetch.media is not None:
            self._on_ready(ready)


def _same_lease(claim: Claim, held: HeldClaim) -> Claim:
    return claim.model_copy(update={"lease_until": held.claim.lease_until})
