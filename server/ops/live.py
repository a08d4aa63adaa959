"""The live feed as server-sent events: who may hear what, heartbeats, and the end of a revoked session."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import cast
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from server.kit.access import Actor, Resolver, require
from server.kit.errors import TooMany
from server.kit.live import Change, broadcaster

HEARTBEAT_S = 15.0
PER_SESSION = 4
"""Streams one session may have open: what a client needs while it reconnects, not what would exhaust us."""

TOPICS = {
    "accounts.person": "people.read",
    "content.feed": "content.watch",
    "content.restricted_video": "moderation.restricted",
    "content.video": "content.review",
    "forensics.analysis": "forensics.read",
    "forensics.bank": "forensics.banks",
    "forensics.match": "forensics.read",
    "forensics.restricted_match": "moderation.restricted",
    "forensics.restricted_scan": "moderation.restricted",
    "forensics.scan": "forensics.banks",
    "forensics.opinion": "forensics.read",
    "forensics.restricted_analysis": "moderation.restricted",
    "moderation.handover": "moderation.claim",
    "moderation.item": "moderation.read",
    "moderation.queue": "moderation.read",
    "moderation.restricted_handover": "moderation.restricted",
    "moderation.restricted_item": "moderation.restricted",
    "ops.job": "ops.read",
    "sparks.changed": "sparks.read",
    "sparks.draft": "sparks.edit",
    "sparks.judged": "sparks.edit",
}
"""The permission that each topic needs. What is not listed is heard by nobody.

Of every video only reviewers hear: whoever knows the id of an unlisted one may watch it. Viewers hear of
those that are or were in the feed, but for the owner: they hear of theirs by `OWN`, which does not name the
video and is the same for every class.
"""
OWN = "content.own_videos"
"""Heard by the person alone whose id it carries."""


def may_hear(actor: Actor, change: Change) -> bool:
    """Whether `actor` is told of a change; of one to themselves or to what is theirs, everyone is."""
    if change.not_to is not None and change.not_to == str(actor.id):
        return False
    if change.topic == OWN:
        return change.id == str(actor.id)
    permission = TOPICS.get(change.topic)
    return permission is not None and (actor.can(permission) or _about(actor, change))


def _about(actor: Actor, change: Change) -> bool:
    return change.topic == "accounts.person" and change.id == str(actor.id)


class Places:
    """Counts the open streams of each session in this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken: Counter[UUID | None] = Counter()

    @contextmanager
    def take(self, session_id: UUID | None) -> Iterator[None]:
        """One place for as long as the block runs. Raises TooMany when the session has them all."""
        with self._guard:
            if self._taken[session_id] >= PER_SESSION:
                raise TooMany(
                    f"This session listens {PER_SESSION} times already. Close one of its streams.",
                    retry_after_s=math.ceil(HEARTBEAT_S),
                )
            self._taken[session_id] += 1
        try:
            yield
        finally:
            with self._guard:
                self._taken[session_id] -= 1
                if not self._taken[session_id]:
                    del self._taken[session_id]


places = Places()


async def listener(actor: Actor = require("live.listen", in_use=False)) -> AsyncIterator[Actor]:
    """The dependency of the live route: who listens, with a place of their own until the stream ends."""
    with places.take(actor.session_id):
        yield actor


class Listening:
    """A person at the other end of a stream, looked up anew when their account may have changed."""

    def __init__(self, actor: Actor, resolve: Resolver, token: str) -> None:
        self._actor = actor
        self._resolve = resolve
        self._token = token

    def wants(self, change: Change) -> bool:
        return may_hear(self._actor, change)

    def is_told_of_themselves(self, changes: tuple[tuple[str, Change], ...]) -> bool:
        return any(_about(self._actor, change) for _, change in changes)

    async def may_stay(self) -> bool:
        """Read the session again; False once it was revoked, expired or lost the permission."""
        actor = await run_in_threadpool(self._resolve, self._token)
        if actor is None or not actor.can("live.listen"):
            return False
        self._actor = actor
        return True


async def stream(request: Request, actor: Actor, last_event_id: str | None) -> AsyncIterator[bytes]:
    """The body of the answer. Ends with the session, with the server, or when the client goes."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # a writer must not fail because a listener's loop has closed
            loop.call_soon_threadsafe(woken.set)

    _, _, token = request.headers["Authorization"].partition(" ")
    person = Listening(actor, cast(Resolver, request.app.state.peek_actor), token.strip())
    position = broadcaster.position
    with broadcaster.subscribe(wants=person.wants, wake=wake, last_event_id=last_event_id) as subscription:
        # Someone who comes back keeps their own id until they were told what they missed.
        first = f"id: {position}\n" if last_event_id is None else ""
        yield f"retry: 2000\n{first}: connected\n\n".encode()
        look_again = loop.time() + HEARTBEAT_S
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), max(look_again - loop.time(), 0))
            idle = not woken.is_set()
            woken.clear()
            position = broadcaster.position
            batch = subscription.take()
            if batch.ended:
                return
            # Where much happens there is no idle moment, and an order to read anew hides what was dropped.
            if batch.resync or loop.time() >= look_again or person.is_told_of_themselves(batch.changes):
                if not await person.may_stay():
                    return
                look_again = loop.time() + HEARTBEAT_S
            if idle:
                yield b": heartbeat\n\n"
            if batch.resync:
                yield _event("resync", position, {})
            for event_id, change in batch.changes:
                yield _event("change", event_id, change.told())


def _event(name: str, event_id: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\nid: {event_id}\ndata: {json.dumps(data)}\n\n".encode()
