"""The list of jobs (recurring ones from their schedules, durable ones from their history), and marks."""

from __future__ import annotations

from sqlalchemy import select

from server.kit import clock, job_history
from server.kit.db import AnySession
from server.kit.job_history import WorkflowHistory
from server.kit.ticker import JobSchedule, Ticker
from server.ops.models import DEMO, DEMO_FILLED, KEYS, Mark
from server.ops.schemas import Job, JobKind, JobState


def is_demo(s: AnySession) -> bool:
    """Whether this database holds demo accounts, whose passwords everyone knows."""
    return s.get(Mark, DEMO) is not None


def is_demo_filled(s: AnySession) -> bool:
    """Whether the demo was filled to its end."""
    return s.get(Mark, DEMO_FILLED) is not None


def keys_fingerprint(s: AnySession) -> str | None:
    """The fingerprint of the keys that this database was used with; None when it never met any."""
    return s.scalar(select(Mark.value).where(Mark.name == KEYS))


def jobs(s: AnySession, ticker: Ticker) -> list[Job]:
    """Recurring jobs first, each kind by name. One that never ran is there, due now."""
    rows = {row.name: row for row in s.scalars(select(JobSchedule))}
    recurring = [_recurring(name, rows.get(name)) for name in sorted(ticker.jobs)]
    return recurring + [_durable(history) for history in job_history.histories(s)]


def _recurring(name: str, row: JobSchedule | None) -> Job:
    if row is None:
        row = JobSchedule(name=name, next_at=clock.now())
    running = row.running(clock.now())
    state = JobState.RUNNING if running else JobState.FAILED if row.error else JobState.IDLE
    return Job(
        name=name,
        kind=JobKind.RECURRING,
        state=state,
        last_run_at=row.started_at,
        duration_ms=None if running else row.duration_ms,
        next_run_at=None if running else row.next_at,
        error=row.error,
        running=int(running),
    )


def _durable(history: WorkflowHistory) -> Job:
    state = (
        JobState.RUNNING
        if history.running
        else JobState.WAITING
        if history.waiting
        else JobState.FAILED
        if history.error
        else JobState.IDLE
    )
    return Job(
        name=history.name,
        kind=JobKind.DURABLE,
        state=state,
        last_run_at=history.last_started_at,
        duration_ms=history.last_duration_ms,
        next_run_at=None,
        error=history.error,
        waiting=history.waiting,
        running=history.running,
        failed=history.failed,
        done=history.done,
    )
