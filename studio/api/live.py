"""The live feed: `GET /v1/live` kept open, resumed after every break, told as plain callbacks."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import httpx

from studio.api.backoff import Backoff
from studio.api.client import CONNECT_S, Api, broken_protocol
from studio.api.errors import ApiError, Unauthorised
from studio.api.lines import LineSplitter, LineTooLong
from studio.api.sse import Event, EventParser

PATH = "/v1/live"
MAX_LINE_BYTES = 256 * 1024
SILENCE_S = 40.0  # the server sends a heartbeat comment every 15 s: two lost and some slack

log = logging.getLogger(__name__)


class Connection(StrEnum):
    """State of the connection to the server, as the status line shows it."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed on the server: the `version` of `id` in `topic` is new."""

    topic: str
    id: str
    version: int


class Live:
    """Client of the server's event stream.

    `on_changes` gets the changes of one network read together, in order; `on_resync` means that
    changes may have been missed and whatever is shown must be fetched anew; `on_state` is called
    only when the state differs from the last one. Callbacks run on the event loop.

    What is read before `run` is given to `read_early`: the first connection starts where that was read.
    """

    def __init__(
        self,
        api: Api,
        *,
        on_changes: Callable[[Sequence[Change]], None],
        on_resync: Callable[[], None],
        on_state: Callable[[Connection], None],
        backoff: Backoff | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._api = api
        self._on_changes = on_changes
        self._on_resync = on_resync
        self._on_state = on_state
        self._backoff = backoff or Backoff(base_s=0.5, cap_s=30.0)
        self._timeout = httpx.Timeout(silence_s, connect=CONNECT_S)
        self._state: Connection | None = None
        self._last_id = ""
        self._early: str | None = None
        self._running = False
        self._missed = False
        self._attempt = 0
        self._retry_s = 0.0
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises Unauthorised, after which only a new sign-in helps; every other failure is waited
        out, also Forbidden: a role may be given back.
        """
        self._running = True
        if self._early is not None:
            self._last_id, self._missed = self._early, True
        while True:
            self._hurry.clear()
            self._enter(Connection.CONNECTING)
            try:
                await self._listen()
            except Unauthorised:
                self._enter(Connection.OFFLINE)
                raise
            except ApiError as error:
                log.info("live feed lost: %s", error)
            self._missed = True
            self._enter(Connection.OFFLINE)
            await self._pause()

    def hurry(self) -> None:
        """Try again now instead of waiting out the backoff (the person asked, or a request got
        through)."""
        self._hurry.set()

    def read_early(self, position: str) -> None:
        """Something was read at this `position` of the feed ("": unknown) by a request sent before `run`."""
        before, self._early = self._early, position if self._early is None else _older(self._early, position)
        if self._running and (not position or self._early != before):
            self._missed = True
            self._on_resync()  # the connection began later than that

    async def _listen(self) -> None:
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        parser = EventParser(self._last_id)
        splitter = LineSplitter(max_bytes=MAX_LINE_BYTES)
        async with self._api.open("GET", PATH, headers=headers, timeout=self._timeout) as response:
            self._enter(Connection.ONLINE)
            if self._missed and not self._last_id:
                self._on_resync()  # nothing to resume from: what happened meanwhile is unknown
            self._missed = False
            async for chunk in response.aiter_bytes():
                self._attempt = 0
                self._take(chunk, splitter, parser)

    def _take(self, chunk: bytes, splitter: LineSplitter, parser: EventParser) -> None:
        try:
            lines = splitter.feed(chunk)
        except LineTooLong as error:
            raise broken_protocol(str(error)) from error
        self._deliver([event for line in lines if (event := parser.feed(line)) is not None])
        # Only now: an id is remembered when its change has been handed on, not before.
        self._last_id = parser.last_id
        if parser.retry_ms is not None:
            self._retry_s = parser.retry_ms / 1000

    def _deliver(self, events: Sequence[Event]) -> None:
        changes: list[Change] = []
        resync = False
        for event in events:
            if event.name == "change" and (change := _change(event)) is not None:
                changes.append(change)
            elif event.name in ("change", "resync"):
                resync = True  # a change that cannot be read is a missed one
        if resync:
            self._on_resync()
        elif changes:
            self._on_changes(changes)

    def _enter(self, state: Connection) -> None:
        if state is not self._state:
            self._state = state
            self._on_state(state)

    async def _pause(self) -> None:
        delay_s = self._backoff.delay_s(self._attempt, at_least_s=self._retry_s)
        self._attempt += 1
        # Not wait_for: before Python 3.12 it can lose a cancellation.
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()


def _older(one: str, other: str) -> str:
    """The older of two positions; "", from which nothing can be resumed, when that cannot be told."""
    (epoch, _, number), (other_epoch, _, other_number) = one.rpartition("-"), other.rpartition("-")
    if epoch != other_epoch or not (number.isdecimal() and other_number.isdecimal()):
        return ""
    return min(one, other, key=lambda position: int(position.rpartition("-")[2]))


def _change(event: Event) -> Change | None:
    try:
        data = json.loads(event.data)
        return Change(topic=str(data["topic"]), id=str(data["id"]), version=int(data["version"]))
    except (ValueError, TypeError, KeyError):
        log.warning("unreadable change event; asking for a resync")
        return None
