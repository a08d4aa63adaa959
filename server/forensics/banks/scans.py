"""Looks through the library for what a bank has only just begun to recognise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from server.forensics.banks.models import Fingerprint, Scan
from server.forensics.banks.record import scan_changed, scan_moved, scans
from server.forensics.banks.rules import OURS, TRIES, ScanState
from server.kit import clock, jobs
from server.kit.access import SYSTEM, Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.upsert import insert_ignoring

SCAN = "forensics.scan_library"
"""The job that makes one look."""
_TOLD = (scans.c.id, scans.c.first, scans.c.last, scans.c.version)


def begin(s: WriteSession, *, bank_id: UUID, first: int, last: int) -> UUID:
    """Look through the library for the entries numbered `first` to `last`, in place of a look for the same
    that has not ended: it knew less of them."""
    _end(s, ScanState.CANCELLED, scans.c.first == first, scans.c.last == last)
    scan_id = uuid4()
    total = s.scalar(select(func.count()).where(Fingerprint.algorithm == OURS)) or 0
    values = {
        "id": scan_id,
        "bank_id": bank_id,
        "first": first,
        "last": last,
        "state": ScanState.RUNNING,
        "done": 0,
        "total": total,
        "found": 0,
        "started_at": clock.now(),
        "version": 1,
    }
    if not insert_ignoring(s, Scan, values):
        raise Conflict("The library is being searched for this just now. Ask again.", code="conflict")
    _queue(s, scan_id, 1)
    scan_moved(s, s.execute(select(*_TOLD).where(scans.c.id == scan_id)).one())
    return scan_id


def postpone(s: WriteSession, *, scan_id: UUID) -> None:
    """Give a look to another job, since this process ends; that counts for no failure."""
    tries = s.scalar(select(scans.c.tries).where(scans.c.id == scan_id))
    _queue(s, scan_id, tries or 0)


def go_on(s: WriteSession, scan_id: UUID, job: str | None) -> bool:
    """Give a look that has not ended another job in place of one that did, or park it where the last ones
    came no further; False when it has one."""
    mine = (scans.c.id == scan_id, scans.c.state == ScanState.RUNNING, scans.c.job.is_not_distinct_from(job))
    row = s.execute(select(scans).where(*mine).with_for_update()).one_or_none()
    if row is None:
        return False
    if row.tries < TRIES:
        _queue(s, scan_id, row.tries + 1)
        return True
    for ended in _end(s, ScanState.PARKED, *mine):
        scan_changed(s, SYSTEM, "parked", ended, tries=row.tries)
    return True


def _queue(s: WriteSession, scan_id: UUID, tries: int) -> None:
    job = f"{SCAN} {uuid4()}"
    jobs.enqueue(s, SCAN, scan_id, workflow_id=job)
    s.changed(update(scans).where(scans.c.id == scan_id).values(job=job, tries=tries))


def progress(s: WriteSession, *, scan_id: UUID, after: UUID, done: int, found: int) -> bool:
    """Say how far a look has come; False when it is not wanted any more."""
    now = s.execute(
        update(scans)
        .where(scans.c.id == scan_id, scans.c.state == ScanState.RUNNING)
        .values(
            after=after,
            done=scans.c.done + done,
            found=scans.c.found + found,
            tries=0,
            version=scans.c.version + 1,
        )
        .returning(*_TOLD)
    ).one_or_none()
    if now is not None:
        scan_moved(s, now)
    return now is not None


def finish(s: WriteSession, *, scan_id: UUID) -> bool:
    """End a look that has seen everything."""
    return bool(_end(s, ScanState.DONE, scans.c.id == scan_id))


def cancel_of(s: WriteSession, *, entries: Sequence[int]) -> None:
    """Stop looking for entries that are not active any more."""
    _end(s, ScanState.CANCELLED, scans.c.first == scans.c.last, scans.c.first.in_(entries))


def cancel(s: WriteSession, *, actor: Actor, scan_id: UUID) -> None:
    """Stop a look. Raises NotFound, and Conflict `not_open` when it has ended."""
    for row in _end(s, ScanState.CANCELLED, scans.c.id == scan_id):
        scan_changed(s, actor, "cancelled", row)
        return
    if s.scalar(select(scans.c.id).where(scans.c.id == scan_id)) is None:
        raise NotFound("There is no such search.")
    raise Conflict("This search has ended: there is nothing to be cancelled.", code="not_open")


def _end(s: WriteSession, state: ScanState, *which: Any) -> Sequence[Any]:
    ended = s.execute(
        update(scans)
        .where(*which, scans.c.state == ScanState.RUNNING)
        .values(state=state, finished_at=clock.now(), version=scans.c.version + 1)
        .returning(*_TOLD)
    ).all()
    for row in ended:
        scan_moved(s, row)
    return ended
