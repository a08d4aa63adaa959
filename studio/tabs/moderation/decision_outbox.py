"""Decisions on their way: into the outbox, to the server, undone while that is possible, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from server.moderation.schemas import Claim, NewDecision, NewNote, Reclaim, SubjectRef
from studio.api.client import Api
from studio.api.errors import NotFound
from studio.messages import Problem
from studio.offline.changes import Broadcast, Changes
from studio.offline.edits import Edit, EditKind, EditState, Entry
from studio.offline.outbox import KIND, Outbox, TooLate
from studio.tabs.moderation.claims import reclaimed
from studio.tabs.moderation.review_bundle import decision_key, item_of, note_key, refused_key
from studio.tasks import Tasks, off_thread

GRACE_S: Final = 10
"""How long a decision can be undone after it was taken; the server counts from when it accepts it."""

PATIENCE_S: Final = 0.03
"""How long the screen stands still for a decision to be stored, which takes 2 ms: the next item is what the
person waits for, and it shall not come after all the other events that are due."""


@dataclass(frozen=True)
class Sent:
    """A decision that is in the outbox, on the item of `claim`."""

    id: UUID
    claim: Claim


class DecisionOutbox:
    """Sends decisions under the id that the client made, so that each can be found again by it.

    A decision that the server did not accept, also one of an earlier run, is given to `keep` (off the thread
    of the event loop; it has to be stored when that returns), leaves the outbox, since it can only be
    taken anew, and is given to `on_refused`.
    """

    def __init__(
        self,
        outbox: Outbox,
        api: Api,
        tasks: Tasks,
        changes: Broadcast,
        *,
        keep: Callable[[Entry], object],
        on_refused: Callable[[Entry], object],
    ) -> None:
        self._outbox, self._api, self._tasks, self._changes = outbox, api, tasks, changes
        self._keep, self._on_refused = keep, on_refused
        self._collecting = asyncio.Lock()
        self._moved = asyncio.Event()
        changes.subscribe(self._heard)
        tasks.spawn(self._collect_refused())

    def send(
        self,
        claim: Claim,
        decision: NewDecision,
        *,
        on_stored: Callable[[Sent], object],
        on_failed: Callable[[], object],
    ) -> None:
        """Hand a decision over; its drafts are forgotten. Raises ValueError for one without an id."""
        if decision.id is None:
            raise ValueError("a decision is sent under an id of its own")
        edit = Edit(
            kind=EditKind.DECISION,
            method="POST",
            path=f"/v1/moderation/items/{claim.item_id}/decisions",
            body=decision.model_dump(mode="json"),
            subject=f"item:{claim.item_id}",
            id=decision.id,
        )
        store = partial(
            self._outbox.add, edit, drafts=(decision_key(claim.item_id), refused_key(claim.item_id))
        )
        stored = partial(on_stored, Sent(decision.id, claim))
        self._tasks.write(store, stored, on_failed, patience_s=PATIENCE_S)

    def send_note(self, item_id: UUID, text: str, stored: Callable[[bool], object]) -> None:
        """Hand a note over; its draft is forgotten. `stored` is told whether it is stored."""
        store = partial(self._outbox.add, note_edit(item_id, text), drafts=(note_key(item_id),))
        self._tasks.write(store, partial(stored, True), partial(stored, False))

    async def undo(self, sent: Sent) -> Claim:
        """Take a decision back, and return the claim that one then has.

        One that has not left is dropped, and the claim is the one it was made under; of any other the server
        is asked. Raises ApiError: Conflict `grace_over` when it is too late.
        """
        while True:
            self._moved.clear()
            try:
                self._changes.send(await off_thread(self._outbox.undo, sent.id))
            except TooLate:
                pass
            else:
                return sent.claim
            # Looked up before the question: what arrives while it is asked was on its way, too.
            on_its_way = await off_thread(self._entry, sent.id) is not None
            try:
                return await self._ask_back(sent)
            except NotFound:
                if not on_its_way:
                    raise
            await self._moved.wait()

    async def _ask_back(self, sent: Sent) -> Claim:
        answer = await self._api.post(
            f"/v1/moderation/decisions/{sent.id}/undo", json={}, idempotency_key=f"undo-{sent.id}"
        )
        subject = SubjectRef.model_validate(sent.claim.subject)
        return reclaimed(answer.model(Reclaim), subject)

    def _entry(self, edit_id: UUID) -> Entry | None:
        return next((entry for entry in self._outbox.entries() if entry.edit.id == edit_id), None)

    def _heard(self, changes: Changes) -> None:
        if changes.touches(KIND):
            self._moved.set()
            self._tasks.spawn(self._collect_refused())

    async def _collect_refused(self) -> None:
        async with self._collecting:
            for entry in await off_thread(self._refused):
                await off_thread(self._keep, entry)
                try:
                    changes = await off_thread(self._outbox.discard, entry.edit.id)
                except TooLate:
                    continue  # discarded or sent again from the list of waiting edits meanwhile
                self._changes.send(changes)
                self._on_refused(entry)

    def _refused(self) -> list[Entry]:
        return [
            entry
            for entry in self._outbox.entries()
            if entry.edit.kind is EditKind.DECISION and entry.state is EditState.REFUSED
        ]


def note_edit(item_id: UUID, text: str) -> Edit:
    """A note on an item, for the outbox."""
    note = NewNote(id=uuid4(), body=text)
    return Edit(
        kind=EditKind.NOTE,
        method="POST",
        path=f"/v1/moderation/items/{item_id}/notes",
        body=note.model_dump(mode="json"),
        subject=f"note:{note.id}",
    )


def told(entry: Entry, title: str) -> Problem:
    """What a person is told of a refused decision on the item called `title`, empty = not known."""
    refusal = entry.refusal
    assert refusal is not None
    item = f"“{title}”" if title else "an item"
    return Problem(
        what_happened=f"The decision on {item} was not accepted. {refusal.what_happened}",
        what_was_kept="The whole decision: it is there when you open the item again.",
        what_to_do=f"{refusal.what_to_do} The item is {item_of(entry)}.".strip(),
    )
