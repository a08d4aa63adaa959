"""How far the banks are with each video: asked for, searched for, refused, parked.

A video that waits has a job. Where that ended without a word the sweep gives it another, a few times; then
the video is left alone, and the audit log says so.
"""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, update

from server.audit import service as audit
from server.forensics.banks.models import Look
from server.forensics.banks.rules import TRIES, LookState
from server.forensics.record import is_restricted
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.upsert import insert_ignoring

MATCH: Final = "forensics.match_video"
"""The job that looks at a video and searches for it in all banks."""
BROKE_OFF: Final = "job_failed"
"""The fault of what no worker has said a word about."""
looks = cast(Table, Look.__table__)
_WAITS = looks.c.state == LookState.WAITING


def ask(s: WriteSession, video_id: UUID) -> None:
    """Queue a look at a video and a search for it, whatever became of those before."""
    _queue(s, video_id, 1, fault=None, asked_at=clock.now())


def ask_again(s: WriteSession, video_id: UUID) -> None:
    """The same for a video that a search could make nothing of; not where it is parked for that."""
    state = s.scalar(looks.select().with_only_columns(looks.c.state).where(looks.c.video_id == video_id))
    if state is not LookState.PARKED:
        ask(s, video_id)


def postpone(s: WriteSession, video_id: UUID) -> None:
    """Give a video to another job, since this process ends; that counts for no failure."""
    tries = s.scalar(looks.select().with_only_columns(looks.c.tries).where(looks.c.video_id == video_id))
    _queue(s, video_id, tries or 1)


def died(s: WriteSession, video_id: UUID, code: str) -> None:
    """Say how a worker ended over a video: it still waits, and the sweep gives it another job."""
    s.changed(update(looks).where(looks.c.video_id == video_id, _WAITS).values(fault=code[:40]))


def refused(s: WriteSession, video_id: UUID, code: str) -> None:
    """Say that the file of a video cannot be read."""
    _end(s, video_id, LookState.REFUSED, fault=code[:40])


def searched(s: WriteSession, video_id: UUID) -> None:
    """Say that a video was searched for in all banks."""
    _end(s, video_id, LookState.SEARCHED, fault=None, searched_at=clock.now())


def go_on(s: WriteSession, video_id: UUID, job: str) -> bool:
    """Give a video that waits another job in place of one that ended, or park it; False when it has one."""
    mine = (looks.c.video_id == video_id, looks.c.job == job, _WAITS)
    row = s.execute(looks.select().where(*mine).with_for_update()).one_or_none()
    if row is None:
        return False
    if row.tries < TRIES:
        _queue(s, video_id, row.tries + 1)
        return True
    code = row.fault or BROKE_OFF
    _end(s, video_id, LookState.PARKED, fault=code)
    audit.record(
        s,
        actor=SYSTEM,
        action="forensics.look_parked",
        target=f"video:{video_id}",
        restricted=is_restricted(s, video_id),
        code=code,
        tries=row.tries,
    )
    return True


def _queue(s: WriteSession, video_id: UUID, tries: int, **more: Any) -> None:
    job = f"{MATCH} {uuid4()}"
    jobs.enqueue(s, MATCH, video_id, workflow_id=job)
    values: dict[str, Any] = {"state": LookState.WAITING, "job": job, "tries": tries, **more}
    if not insert_ignoring(s, Look, {"asked_at": clock.now(), **values, "video_id": video_id}):
        s.changed(update(looks).where(looks.c.video_id == video_id).values(values))


def _end(s: WriteSession, video_id: UUID, state: LookState, **values: Any) -> None:
    s.changed(update(looks).where(looks.c.video_id == video_id).values(state=state, **values))
