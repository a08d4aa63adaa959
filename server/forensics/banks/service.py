"""Banks and their entries: each change names in its WHERE the state that it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, func, or_, select, true, update

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics.banks import scans
from server.forensics.banks.looks import BROKE_OFF
from server.forensics.banks.models import Bank, BankEntry, BankHashes, Fingerprint
from server.forensics.banks.record import (
    LIVE_BANK,
    bank_changed,
    banks,
    entries,
    entry_changed,
    index_changed,
)
from server.forensics.banks.rules import (
    KEPT,
    NEIGHBOURS,
    OURS,
    STOPPED_MAX,
    TRIES,
    TWO_PEOPLE,
    BankKind,
    EntrySeverity,
    EntryState,
    needs_second,
    sources_of,
    target_of,
)
from server.forensics.banks.schemas import BankEdit, NewBank, NewEntry
from server.kit import clock, jobs, live
from server.kit.access import SYSTEM, Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Stale
from server.kit.upsert import insert_ignoring

if TYPE_CHECKING:
    from server.forensics.hashing.index import Rows

HASH = "forensics.hash_entry"
"""The job that hashes what an entry is about, with all the crops that a bank keeps."""
_WORD = {
    "activate": "activated",
    "quarantine": "quarantined",
    "deconfirm": "deconfirmed",
    "expire": "expired",
}


def create_bank(s: WriteSession, *, actor: Actor, body: NewBank) -> UUID:
    """Make a bank. Raises Conflict `name_taken`, Invalid `bank_policy` for one that would flag nothing."""
    _check_policy(body.kind, body.policy)
    bank_id = uuid4()
    values = body.model_dump() | {"id": bank_id, "created_at": clock.now(), "version": 1}
    if not insert_ignoring(s, Bank, values):
        raise Conflict("There is a bank of this name.", code="name_taken")
    bank_changed(s, actor, "created", bank_id, values=body.model_dump(mode="json"))
    return bank_id


def edit_bank(s: WriteSession, *, actor: Actor, bank_id: UUID, version: int, body: BankEdit) -> None:
    """Change what is given of a bank that is still at `version`. One that is taken into use again, or allows
    more bits, is looked for in the library. Raises NotFound, Stale, and as `create_bank` does."""
    bank = s.execute(select(banks).where(banks.c.id == bank_id).with_for_update()).one_or_none()
    if bank is None:
        raise NotFound("There is no such bank.")
    if bank.version != version:
        raise Stale("This bank was changed in the meantime. Nothing of yours was applied.")
    values = body.model_dump(exclude_none=True)
    _check_policy(BankKind(bank.kind), values.get("policy", bank.policy))
    if "name" in values:
        other = select(banks.c.id).where(banks.c.name == values["name"], banks.c.id != bank_id)
        if s.scalar(other) is not None:
            raise Conflict("There is a bank of this name.", code="name_taken")
    s.execute(update(banks).where(banks.c.id == bank_id).values(version=version + 1, **values))
    bank_changed(s, actor, "edited", bank_id, values=body.model_dump(mode="json", exclude_none=True))
    more = not bank.enabled or values.get("distance", bank.distance) > bank.distance
    if more and values.get("enabled", bank.enabled):
        _search_for_all(s, bank_id)


def _search_for_all(s: WriteSession, bank_id: UUID) -> None:
    active = (entries.c.bank_id == bank_id, entries.c.state == EntryState.ACTIVE)
    numbers = (func.min(entries.c.number), func.max(entries.c.number))
    first, last = s.execute(select(*numbers).where(*active)).one()
    if first is not None:
        scans.begin(s, bank_id=bank_id, first=first, last=last)


def _check_policy(kind: BankKind, policy: str | None) -> None:
    if kind is not BankKind.NEGATIVE and policy is None:
        raise Invalid("Say under which policy the matches of this bank are flagged.", code="bank_policy")


def add_entry(
    s: WriteSession,
    *,
    actor: Actor,
    bank_id: UUID,
    body: NewEntry,
    decision_id: UUID | None = None,
    two_people: bool = False,
) -> UUID:
    """Let a bank recognise a video from now on, or a part of it; answers the entry.

    An entry of low or medium severity is active at once, and so is any that `two_people` agreed on. What is
    known of how the video looks is searchable as soon as the entry is active; its crops follow by a job. A
    decision may be about a video that is deleted.

    Raises NotFound, Conflict `not_ready`, `bank_disabled`, `already_banked`, Invalid `empty_part`.
    """
    bank = s.execute(select(banks).where(banks.c.id == bank_id)).one_or_none()
    if bank is None:
        raise NotFound("There is no such bank.")
    if not bank.enabled:
        raise Conflict("This bank is out of use.", code="bank_disabled")
    video = s.execute(
        select(Video.sha256, Video.state, Video.deleted_at, Video.duration_ms).where(
            Video.id == body.video_id
        )
    ).one_or_none()
    gone = video is not None and video.deleted_at is not None
    if video is None or (gone and decision_id is None):
        raise NotFound("There is no such video.")
    if video.state is not VideoState.READY or video.sha256 is None:
        raise Conflict("This video is not ready: there is nothing to be banked.", code="not_ready")
    if body.start_ms and video.duration_ms is not None and body.start_ms >= video.duration_ms:
        raise Invalid("This part begins where the video has ended.", code="empty_part")
    whole = body.start_ms is None and body.end_ms is None
    row = _insert(
        s,
        actor,
        bank_id=bank_id,
        severity=body.severity,
        policy=body.policy,
        source_video_id=body.video_id,
        start_ms=body.start_ms,
        end_ms=body.end_ms,
        sha256=video.sha256 if whole else None,
        algorithm=OURS,
        reason=body.reason,
        decision_id=decision_id,
        expires_at=body.expires_at,
    )
    if row is None:
        raise Conflict("This bank has an entry of this video.", code="already_banked")
    entry_changed(s, actor, "added", row, severity=str(row.severity), reason=body.reason)
    _bank_what_is_known(s, row)
    _queue_hash(s, row.id, 1)
    if two_people or not needs_second(EntrySeverity(row.severity)):
        move(s, actor=actor, entry_id=row.id, event="activate", reason=body.reason, seconded=True)
    return UUID(str(row.id))


def _insert(s: WriteSession, actor: Actor, **values: Any) -> Any | None:
    """A new entry; None where the bank has one of this video."""
    entry_id = uuid4()
    common = {"id": entry_id, "proposed_by": actor.ref, "created_at": clock.now(), "tags": []}
    if not insert_ignoring(s, BankEntry, common | values):
        return None
    return s.execute(select(entries).where(entries.c.id == entry_id)).one()


def _bank_what_is_known(s: WriteSession, row: Any) -> None:
    from server.forensics.banks import packing

    seen = s.execute(
        select(Fingerprint.packed).where(
            Fingerprint.video_id == row.source_video_id, Fingerprint.algorithm == OURS
        )
    ).scalar()
    if seen:
        found = packing.banked(seen, row.number, start_ms=row.start_ms, end_ms=row.end_ms)
        keep_hashes(s, entry=row.number, algorithm=OURS, rows=found)


def keep_hashes(s: WriteSession, *, entry: int, algorithm: str, rows: Rows) -> None:
    """Keep the rows of an entry in place of those before."""
    from server.forensics.banks import packing

    packed = packing.rows_packed(rows)
    mine = (BankHashes.entry == entry, BankHashes.algorithm == algorithm)
    if not insert_ignoring(s, BankHashes, {"entry": entry, "algorithm": algorithm, "packed": packed}):
        s.changed(update(BankHashes).where(*mine).values(packed=packed))
    s.execute(update(entries).where(entries.c.number == entry).values(hashes=len(rows.hashes), fault=None))


def hashed(s: WriteSession, *, actor: Actor, entry_id: UUID, rows: Rows) -> bool:
    """Take what a job has hashed into an entry, and look for it in the library where the entry is active;
    False for an entry that is not wanted any more."""
    row = s.execute(
        select(entries).where(entries.c.id == entry_id, entries.c.state.in_(KEPT)).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    keep_hashes(s, entry=row.number, algorithm=OURS, rows=rows)
    s.execute(update(entries).where(entries.c.id == entry_id).values(job=None))
    entry_changed(s, actor, "hashed", row, hashes=len(rows.hashes))
    if row.state is EntryState.ACTIVE:
        index_changed(s, row.number, live=True)
        scans.begin(s, bank_id=row.bank_id, first=row.number, last=row.number)
    return True


def not_hashed(s: WriteSession, *, actor: Actor, entry_id: UUID, code: str) -> None:
    """Say why an entry has no crops. It is recognised by its file, where the whole of it is banked, and by
    what was known of how its video looks; whoever activates it anew has it hashed once more."""
    values = {"fault": code[:40], "job": None}
    row = s.execute(
        update(entries).where(entries.c.id == entry_id).values(values).returning(*entries.c)
    ).one_or_none()
    if row is not None:
        entry_changed(s, actor, "not_hashed", row, code=code[:40])


def hash_died(s: WriteSession, *, entry_id: UUID, code: str) -> None:
    """Say how a worker ended over an entry: it still waits, and the sweep gives it another job."""
    mine = (entries.c.id == entry_id, entries.c.job.is_not(None))
    s.changed(update(entries).where(*mine).values(fault=code[:40]))


def postpone_hash(s: WriteSession, *, entry_id: UUID) -> None:
    """Have an entry hashed by another job, since this process ends; that counts for no failure."""
    tries = s.scalar(select(entries.c.tries).where(entries.c.id == entry_id))
    _queue_hash(s, entry_id, tries or 1)


def go_on_hashing(s: WriteSession, entry_id: UUID, job: str) -> bool:
    """Have an entry hashed by another job in place of one that ended, or say that it cannot be; False when it
    has one."""
    mine = (entries.c.id == entry_id, entries.c.job == job, entries.c.state.in_(KEPT))
    row = s.execute(select(entries).where(*mine).with_for_update()).one_or_none()
    if row is None:
        return False
    if row.tries < TRIES:
        _queue_hash(s, entry_id, row.tries + 1)
    else:
        not_hashed(s, actor=SYSTEM, entry_id=entry_id, code=row.fault or BROKE_OFF)
    return True


def _queue_hash(s: WriteSession, entry_id: UUID, tries: int) -> None:
    job = f"{HASH} {uuid4()}"
    jobs.enqueue(s, HASH, entry_id, workflow_id=job)
    s.changed(update(entries).where(entries.c.id == entry_id).values(job=job, tries=tries))


def move(
    s: WriteSession,
    *,
    actor: Actor,
    entry_id: UUID,
    event: str,
    reason: str,
    seconded: bool = False,
) -> None:
    """Do what `event` of the machine says. `seconded`: that somebody else agrees has been seen to.

    Raises NotFound, Conflict `entry_state`, Forbidden `own_entry` where a second person is asked for, and
    `own_content` where somebody would let go of a video of theirs.
    """
    row = _changed(s, actor, entry_id, event, seconded=seconded)
    if row is None:
        raise _refusal(s, entry_id, event)
    _moved(s, actor, event, [row], reason)


def move_all(
    s: WriteSession, *, actor: Actor, entry_ids: Sequence[UUID], event: str, reason: str
) -> dict[UUID, DomainError]:
    """Do to each of several entries of one bank what `move` does to one, in the order in which they are
    named; answers what `move` would have raised for those that stay as they were."""
    moved: list[Any] = []
    refused: dict[UUID, DomainError] = {}
    for entry_id in entry_ids:
        row = _changed(s, actor, entry_id, event)
        if row is None:
            refused[entry_id] = _refusal(s, entry_id, event)
        else:
            moved.append(row)
    _moved(s, actor, event, moved, reason)
    return refused


def stop(s: WriteSession, *, entry_id: UUID, why: str) -> None:
    """Let an entry take itself out of use, and tell who keeps the banks."""
    row = _changed(s, SYSTEM, entry_id, "quarantine", stopped=why[:STOPPED_MAX])
    if row is None:
        raise _refusal(s, entry_id, "quarantine")
    _moved(s, SYSTEM, "quarantine", [row], why)
    live.publish(s, LIVE_BANK, row.bank_id, row.version)


def _changed(
    s: WriteSession,
    actor: Actor,
    entry_id: UUID,
    event: str,
    *,
    seconded: bool = False,
    stopped: str | None = None,
) -> Any | None:
    """The entry as it is once `event` has happened to it; None where it may not."""
    after, now = target_of(event), clock.now()
    another: ColumnElement[bool] = true()
    if event != "activate" and actor.id is not None:
        another = ~exists().where(Video.id == entries.c.source_video_id, Video.owner_id == actor.id)
    if event == "activate" and not seconded:
        another = or_(
            entries.c.state != EntryState.PROPOSED,
            entries.c.severity.not_in(TWO_PEOPLE),
            entries.c.proposed_by != actor.ref,
        )
    values: dict[str, Any] = {"state": after, "stopped": stopped, "version": entries.c.version + 1}
    if event == "activate":
        values |= {"activated_at": now, "flooded": False}
    return s.execute(
        update(entries)
        .where(entries.c.id == entry_id, entries.c.state.in_(sources_of(event)), another)
        .values(values)
        .returning(*entries.c)
    ).one_or_none()


def _moved(s: WriteSession, actor: Actor, event: str, rows: Sequence[Any], reason: str) -> None:
    """See to what follows from a change of entries, all of which are in the same state now."""
    active = [row for row in rows if row.state is EntryState.ACTIVE]
    for run in _runs(active):
        scans.begin(s, bank_id=run[0].bank_id, first=run[0].number, last=run[-1].number)
    if len(active) < len(rows):
        scans.cancel_of(s, entries=[row.number for row in rows])
    for row in active:
        if row.fault is not None and row.job is None:
            _queue_hash(s, row.id, 1)
    for row in rows:
        index_changed(s, row.number, live=row.state is EntryState.ACTIVE)
        entry_changed(s, actor, _WORD[event], row, reason=reason)


def _runs(rows: Sequence[Any]) -> list[list[Any]]:
    """Entries whose numbers lie close together: each look reads the whole library, so a list of hundreds is
    looked for in one go."""
    runs: list[list[Any]] = []
    for row in sorted(rows, key=lambda row: int(row.number)):
        if runs and row.number - runs[-1][-1].number <= NEIGHBOURS:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _refusal(s: WriteSession, entry_id: UUID, event: str) -> DomainError:
    state = s.scalar(select(entries.c.state).where(entries.c.id == entry_id))
    if state is None:
        return NotFound("There is no such entry.")
    if state in sources_of(event) and event != "activate":
        return Forbidden(
            "This entry is about a video of yours: someone else takes it out.", code="own_content"
        )
    if state in sources_of(event):
        return Forbidden("You proposed this entry: someone else says that it is right.", code="own_entry")
    return Conflict(f"This entry is {state}: that cannot be done to it.", code="entry_state")


def deconfirm_of(s: WriteSession, *, actor: Actor, decision_id: UUID, reason: str) -> int:
    """Take out what a decision had added, now that it does not stand any more; answers how many entries."""
    return _end(s, actor, "deconfirm", reason, entries.c.decision_id == decision_id)


def expire(s: WriteSession, *, limit: int) -> int:
    """Take out entries whose time is over; answers how many."""
    over = select(BankEntry.number).where(
        BankEntry.state.in_(KEPT), BankEntry.expires_at.is_not(None), BankEntry.expires_at <= clock.now()
    )
    return _end(
        s, SYSTEM, "expire", "its time is over", entries.c.number.in_(over.limit(limit).scalar_subquery())
    )


def _end(s: WriteSession, actor: Actor, event: str, reason: str, which: ColumnElement[bool]) -> int:
    ended = s.execute(
        update(entries)
        .where(which, entries.c.state.in_(sources_of(event)))
        .values(state=target_of(event), stopped=None, version=entries.c.version + 1)
        .returning(*entries.c)
    ).all()
    _moved(s, actor, event, ended, reason)
    return len(ended)
