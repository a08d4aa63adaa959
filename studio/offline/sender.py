"""Empties the outbox: one edit after the other, in order, as the connection allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.errors import ApiError, Busy, Conflict, Offline, ServerFault, Unauthorised
from studio.offline.changes import Answered, Broadcast, Changes
from studio.offline.edits import EditState, Entry, Refusal
from studio.offline.outbox import KIND, Outbox

FAULTS = 10  # so many server errors about one edit, and a person is asked


@dataclass(frozen=True, slots=True)
class _Faults:
    """How many server errors an edit met, and until when (monotonic seconds) it is left alone."""

    count: int
    rest_until: float


class Sender:
    """Sends the edits of an outbox for as long as `run` runs.

    Each edit goes with its idempotency key, so sending it again after a lost answer or a crash
    does it once. Offline and busy hold up everything; a server error holds up only the edit it is
    about, and refuses it in the end. `on_signed_out` is called when the server no longer knows
    the person; sending goes on after `wake`. `on_trouble` is told once of a disk that does not do
    its part, which is tried again for ever, and `on_unreadable` of each edit that was put aside.
    """

    def __init__(
        self,
        outbox: Outbox,
        api: Api,
        broadcast: Broadcast,
        *,
        on_signed_out: Callable[[], None],
        on_trouble: Callable[[Exception], object] = lambda _error: None,
        on_unreadable: Callable[[Entry], object] = lambda _entry: None,
        backoff: Backoff | None = None,
    ) -> None:
        self._outbox = outbox
        self._api = api
        self._broadcast = broadcast
        self._on_signed_out = on_signed_out
        self._on_trouble, self._on_unreadable = on_trouble, on_unreadable
        self._backoff = backoff or Backoff(base_s=0.5, cap_s=60.0)
        self._failures = 0
        self._faults: dict[UUID, _Faults] = {}
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        broadcast.subscribe(self._heard)

    async def run(self) -> None:
        """Send until cancelled; an edit being sent at that moment is sent again next time."""
        troubles = 0
        while True:
            try:
                # Also after trouble: an edit may still be marked as being sent.
                await asyncio.to_thread(self._outbox.recover)
                while True:
                    await self._send_next()
                    troubles = 0
            except Exception as error:  # whatever it is, the edits behind must not wait for a restart
                if troubles == 0:
                    self._on_trouble(error)
                await _wait(self._hurry, self._backoff.delay_s(troubles))
                troubles += 1

    def wake(self) -> None:
        """Try at once: the connection is back, or the person has signed in."""
        self._faults.clear()
        self._work.set()
        self._hurry.set()

    async def _send_next(self) -> None:
        self._work.clear()
        self._hurry.clear()
        resting = self._resting()
        entry = await asyncio.to_thread(self._outbox.take, resting=resting)
        if entry is None:
            held_s = await asyncio.to_thread(self._outbox.held_s)
            due = [*resting.values(), *([] if held_s is None else [held_s])]
            await _wait(self._work, min(due, default=None))
        elif entry.state is EditState.REFUSED:
            self._broadcast.send(Changes(kinds=frozenset({KIND}), ids=frozenset({str(entry.edit.id)})))
            self._on_unreadable(entry)
        else:
            await self._send(entry)

    async def _send(self, entry: Entry) -> None:
        edit = entry.edit
        try:
            answer = await self._api.request(
                edit.method,
                edit.path,
                json=edit.body,
                idempotency_key=str(entry.key),
                if_match=edit.if_match,
                attempts=1,
            )
        except Unauthorised:
            await self._settle(self._outbox.put_back, entry, uncertain=False)
            self._on_signed_out()
            await _wait(self._hurry, None)
        except (Offline, Busy) as error:
            uncertain = isinstance(error, Offline) and error.may_have_arrived
            await self._settle(self._outbox.put_back, entry, uncertain=uncertain)
            retry_after_s = error.problem.retry_after_s
            delay_s = self._backoff.delay_s(self._failures, at_least_s=retry_after_s)
            self._failures += 1
            await _wait(self._hurry, delay_s)
        except ServerFault as error:
            await self._rest_or_refuse(entry, error)
        except ApiError as error:
            await self._settle(self._outbox.refuse, entry, refusal=_refusal(error))
        else:
            self._failures = 0
            self._faults.pop(edit.id, None)
            accepted = await asyncio.to_thread(self._outbox.accept, entry)
            self._broadcast.send(replace(accepted, answered=Answered(edit, answer)))

    async def _rest_or_refuse(self, entry: Entry, error: ServerFault) -> None:
        so_far = self._faults.pop(entry.edit.id, _Faults(0, 0.0)).count
        if so_far + 1 == FAULTS:
            await self._settle(self._outbox.refuse, entry, refusal=_refusal(error))
            return
        rest_until = time.monotonic() + self._backoff.delay_s(so_far)
        self._faults[entry.edit.id] = _Faults(so_far + 1, rest_until)
        await self._settle(self._outbox.put_back, entry, uncertain=True)

    async def _settle(self, method: Callable[..., Changes], entry: Entry, **arguments: object) -> None:
        self._broadcast.send(await asyncio.to_thread(method, entry, **arguments))

    def _resting(self) -> dict[UUID, float]:
        """Return the seconds each edit still has to rest after a server error."""
        now = time.monotonic()
        left = {edit_id: faults.rest_until - now for edit_id, faults in self._faults.items()}
        return {edit_id: seconds for edit_id, seconds in left.items() if seconds > 0}

    def _heard(self, changes: Changes) -> None:
        if changes.touches(KIND):
            self._work.set()


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    # Not wait_for: before Python 3.12 it can lose a cancellation.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _refusal(error: ApiError) -> Refusal:
    return Refusal(
        code=error.code,
        what_happened=error.what_happened,
        what_to_do=error.what_to_do,
        current=error.current if isinstance(error, Conflict) else None,
    )
