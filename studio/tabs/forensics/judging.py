"""Saying of a match whether it is right: it lies in the outbox for six seconds, to be taken back."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from server.forensics.banks.rules import MatchVerdict
from server.forensics.schemas import MatchView, NewVerdict
from studio.messages import Level
from studio.offline.changes import Changes
from studio.offline.edits import HELD, Edit, EditKind, EditState, Entry
from studio.offline.outbox import KIND, Outbox, TooLate
from studio.tab import Context
from studio.tabs.forensics.matches import VERDICTS
from studio.tasks import off_thread

GRACE: Final = HELD[EditKind.VERDICT]
_SOON_MS: Final = 50


@dataclass(frozen=True)
class _Held:
    """A verdict that can still be taken back."""

    edit: Edit
    verdict: MatchVerdict
    until: datetime


class Judging(QObject):
    """Puts each verdict into the outbox at once: whatever happens to the window, it is sent when its time has
    come and the server answers. Until then it can be taken back.

    `changed` carries the id of the match whose verdict was chosen, sent, taken back or refused.
    """

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._held: dict[UUID, _Held] = {}
        self._waiting: dict[UUID, MatchVerdict] = {}
        self._known: dict[UUID, MatchView] = {}
        self._own: set[UUID] = set()
        self._looking = asyncio.Lock()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        context.changes.subscribe(self._heard)
        context.tasks.spawn(self._look(), self)

    def verdict_of(self, match: MatchView) -> MatchVerdict:
        """What is said of a match now, sent or not."""
        if match.id in self._held:
            return self._held[match.id].verdict
        if match.id in self._waiting:
            return self._waiting[match.id]
        known = self._known.get(match.id)
        return known.verdict if known is not None and known.version > match.version else match.verdict

    def as_said(self, match: MatchView) -> MatchView:
        """A match with what is said of it now."""
        verdict = self.verdict_of(match)
        return match if verdict is match.verdict else match.model_copy(update={"verdict": verdict})

    def holds(self, match_id: UUID) -> bool:
        """Whether the verdict on a match can still be taken back."""
        return match_id in self._held

    def judge(self, match: MatchView, verdict: MatchVerdict) -> None:
        """Say what a match is; a notice offers to take it back. What is held of it already is replaced."""
        edit = Edit(
            kind=EditKind.VERDICT,
            method="POST",
            path=f"/v1/forensics/matches/{match.id}/verdict",
            body=NewVerdict(verdict=verdict).model_dump(mode="json"),
            subject=_subject(match.id),
        )
        before = self._held.get(match.id)
        held = _Held(edit, verdict, self._context.ticker.now() + GRACE)
        self._held[match.id] = held
        self._own.add(edit.id)
        store = partial(_put, self._context.outbox, edit, before.edit.id if before is not None else None)
        self._context.tasks.write(store, on_failed=partial(self._drop, match.id, edit.id), owner=self)
        self._context.messages.notify(
            Level.SUCCESS,
            f"{VERDICTS[verdict][0]}: {match.bank_name}",
            undo=partial(self._undo, match.id, edit.id),
            seconds=GRACE.total_seconds(),
            offered=partial(self._offers, match.id, edit.id),
        )
        self._expire()
        self.changed.emit(match.id)

    def take_back(self, match_id: UUID) -> None:
        """Take the verdict on a match out of the outbox, unless it was sent."""
        held = self._held.pop(match_id, None)
        if held is None:
            self._too_late()
            return

        def remove() -> Changes | None:
            try:
                return self._context.outbox.undo(held.edit.id)
            except TooLate:
                late.append(held)
                return None

        def removed() -> None:
            if late:
                self._too_late()
                self._look_again()

        late: list[_Held] = []
        self._waiting.pop(match_id, None)
        self._context.tasks.write(remove, removed, owner=self)
        self.changed.emit(match_id)

    # Inside

    def _undo(self, match_id: UUID, edit_id: UUID) -> None:
        if self._offers(match_id, edit_id):
            self.take_back(match_id)

    def _offers(self, match_id: UUID, edit_id: UUID) -> bool:
        """Whether this very verdict can be taken back; a toast may outlive its page."""
        held = self._held.get(match_id)
        there = held is not None and held.edit.id == edit_id and shiboken6.isValid(self)
        return there and held is not None and self._context.ticker.now() < held.until

    def _too_late(self) -> None:
        self._context.messages.notify(Level.INFO, "It was sent already. Say the other verdict instead.")

    def _drop(self, match_id: UUID, edit_id: UUID) -> None:
        """The disk did not take it, which is told elsewhere, or it has left the outbox."""
        held = self._held.get(match_id)
        if held is not None and held.edit.id == edit_id:
            del self._held[match_id]
        self.changed.emit(match_id)

    def _expire(self) -> None:
        """Offer nothing any more whose time is over."""
        now = self._context.ticker.now()
        over = [match_id for match_id, held in self._held.items() if held.until <= now]
        for match_id in over:
            self._waiting[match_id] = self._held.pop(match_id).verdict
        if self._held:
            left: timedelta = min(held.until for held in self._held.values()) - now
            self._timer.start(max(round(left.total_seconds() * 1000), _SOON_MS))
        for match_id in over:
            self.changed.emit(match_id)

    def _heard(self, changes: Changes) -> None:
        answered = changes.answered
        if answered is not None and answered.edit.kind is EditKind.VERDICT:
            match = answered.answer.model(MatchView)
            self._known[match.id] = match
            self._waiting.pop(match.id, None)
            self._own.discard(answered.edit.id)
            self._drop(match.id, answered.edit.id)
        elif changes.touches(KIND) and any(name.startswith(_PREFIX) for name in changes.ids):
            self._look_again()

    def _look_again(self) -> None:
        self._context.tasks.spawn(self._look(), self)

    async def _look(self) -> None:
        """Find what waits, also of an earlier run or another page, and tell of what was refused."""
        async with self._looking:
            entries = await self._context.tasks.after_writes(partial(_verdicts, self._context.outbox))
            waiting = {
                _match_of(entry.edit): MatchVerdict(entry.edit.body["verdict"])
                for entry in entries
                if entry.state is not EditState.REFUSED
            }
            before, self._waiting = self._waiting, waiting
            for match_id in before.keys() | waiting.keys():
                if before.get(match_id) is not waiting.get(match_id):
                    self.changed.emit(match_id)
            for entry in entries:
                if entry.state is EditState.REFUSED and entry.edit.id in self._own:
                    await self._tell_refused(entry)

    async def _tell_refused(self, entry: Entry) -> None:
        self._own.discard(entry.edit.id)
        try:
            changes = await off_thread(self._context.outbox.discard, entry.edit.id)
        except TooLate:
            return  # it was sent again from the list of waiting edits
        self._context.changes.send(changes)
        refusal = entry.refusal
        assert refusal is not None
        text = f"The verdict was not taken: {refusal.what_happened}"
        self._context.messages.notify(Level.WARNING, text, refusal.what_to_do)
        self._drop(_match_of(entry.edit), entry.edit.id)


_PREFIX: Final = "match:"


def _subject(match_id: UUID) -> str:
    return f"{_PREFIX}{match_id}"


def _match_of(edit: Edit) -> UUID:
    return UUID(edit.subject.removeprefix(_PREFIX))


def _verdicts(outbox: Outbox) -> list[Entry]:
    return [entry for entry in outbox.entries() if entry.edit.kind is EditKind.VERDICT]


def _put(outbox: Outbox, edit: Edit, before: UUID | None) -> Changes:
    """Store a verdict; the one that it replaces goes, unless it is on its way already."""
    if before is not None:
        with suppress(TooLate):
            outbox.undo(before)
    return outbox.add(edit)
