"""Work that recurs: each job runs once per period, in one of the processes, and its last run is kept.

Durable work is queued with `server.kit.jobs`; a recurring job that dies is simply due again. Measured on
SQLite, one firing of a DBOS schedule costs 9 ms of processor, 85 kB of log and a row that stays for weeks;
here it costs 3 ms, 9 kB and no row. Sweeps that run every few seconds would drown the history of real work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import clock
from server.kit.db import WriteSession
from server.kit.errors import Busy, Conflict, NotFound, told
from server.kit.jobs import Context
from server.kit.models import Base
from server.kit.upsert import insert_ignoring

log = logging.getLogger(__name__)

GIVE_UP = timedelta(minutes=2)
"""A run that has not ended after this long is taken for dead, and the job becomes due again."""
FINISH_ATTEMPTS = 20
"""Turns waited for to write down the end of a run; without it the job would pause for `GIVE_UP`."""
IDLE_S = 30.0
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


class JobSchedule(Base):
    """When a recurring job is due and how its last run went."""

    __tablename__ = "job_schedules"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(300))

    def running(self, now: datetime) -> bool:
        """Whether a process is at it: started, not ended, and not so long ago that it must be dead."""
        ended = self.started_at is None or (self.ended_at is not None and self.ended_at >= self.started_at)
        return not ended and self.next_at > now


@dataclass(frozen=True)
class Recurring:
    """A registered job. `run` is short (the others wait for it): what takes longer queues a workflow."""

    name: str
    period: timedelta
    run: Callable[[Context], object]

    def due_after(self, at: datetime) -> datetime:
        """The first aligned instant after `at`, the same in every process."""
        return _EPOCH + ((at - _EPOCH) // self.period + 1) * self.period


class Ticker:
    """Knows the recurring jobs and runs what is due."""

    def __init__(self) -> None:
        self._jobs: dict[str, Recurring] = {}
        self._wake = threading.Event()

    def every(self, name: str, period: timedelta, run: Callable[[Context], object]) -> None:
        """Run `run` once per `period` (aligned to UTC: a day starts at midnight); what was missed while no
        process ran is made up for once, at start. `name` is `<domain>.<what>`."""
        if name in self._jobs:
            raise ValueError(f"there are two recurring jobs named {name}")
        self._jobs[name] = Recurring(name, period, run)

    @property
    def jobs(self) -> dict[str, Recurring]:
        return dict(self._jobs)

    def register(self, s: WriteSession) -> None:
        """Write the schedule rows that are missing; a job that never ran is due at once."""
        known = set(s.scalars(select(JobSchedule.name)))
        for name in self._jobs.keys() - known:
            insert_ignoring(s, JobSchedule, {"name": name, "next_at": clock.now()})

    def start(self, s: WriteSession) -> None:
        """Register, and make due what died with the last process: known at once only on SQLite, where
        this process is the only one; elsewhere after `GIVE_UP`."""
        self.register(s)
        if s.get_bind().dialect.name == "sqlite":
            now = clock.now()
            for row in s.scalars(select(JobSchedule)):
                if row.running(now):
                    row.next_at = now

    def run_now(self, s: WriteSession, name: str) -> None:
        """Make a job due at once. Raises NotFound for an unknown name, Conflict while the job runs."""
        if name not in self._jobs:
            raise NotFound("No recurring job has this name.")
        self.register(s)
        now = clock.now()
        idle = s.changed_one(
            update(JobSchedule)
            .where(JobSchedule.name == name)
            .where(
                JobSchedule.started_at.is_(None)
                | (JobSchedule.ended_at >= JobSchedule.started_at)
                | (JobSchedule.next_at <= now)
            )
            .values(next_at=now)
        )
        if not idle:
            raise Conflict("This job is running now.", code="job_running")
        s.after_commit(self._wake.set)

    def tick(self, given: Context) -> list[str]:
        """Run what is due and not taken by another process; answers the names of what ran."""
        now = clock.now()
        with given.db.read() as s:
            due = s.execute(
                select(JobSchedule.name, JobSchedule.next_at)
                .where(JobSchedule.next_at <= now, JobSchedule.name.in_(self._jobs))
                .order_by(JobSchedule.next_at)
            ).all()
        return [name for name, next_at in due if self._run(given, self._jobs[name], next_at)]

    def _run(self, given: Context, job: Recurring, seen: datetime) -> bool:
        began = clock.now()
        with given.db.write() as s:
            taken = s.changed_one(
                update(JobSchedule)
                .where(JobSchedule.name == job.name, JobSchedule.next_at == seen)
                .values(next_at=began + GIVE_UP, started_at=began)
            )
            if not taken:
                return False
        clocked, error = time.monotonic(), None
        try:
            job.run(given)
        except Exception as caught:
            log.exception("recurring job %s failed", job.name)
            error = told(caught)
        self._finish(given, job, began, spent_s=time.monotonic() - clocked, error=error)
        return True

    def _finish(
        self, given: Context, job: Recurring, began: datetime, *, spent_s: float, error: str | None
    ) -> None:
        done = (
            update(JobSchedule)
            .where(JobSchedule.name == job.name, JobSchedule.started_at == began)
            .values(
                next_at=job.due_after(began),
                ended_at=clock.now(),
                duration_ms=round(spent_s * 1000),
                error=error,
            )
        )
        for _ in range(FINISH_ATTEMPTS):
            with suppress(Busy), given.db.write() as s:
                s.execute(done)
                return

    def run(self, given: Context, stopped: threading.Event) -> None:
        """Run due jobs until `stopped` is set (and `wake` called)."""
        started = False
        while not stopped.is_set():
            self._wake.clear()
            try:
                if not started:
                    with given.db.write() as s:
                        self.start(s)
                    started = True
                self.tick(given)
            except Exception:
                log.exception("recurring jobs are paused")
            self._wake.wait(self._idle_s())

    def _idle_s(self) -> float:
        now = clock.now()
        waits = [(job.due_after(now) - now).total_seconds() for job in self._jobs.values()]
        return min([IDLE_S, *waits])

    def wake(self) -> None:
        """Let `run` look again now (also used to stop it without a wait)."""
        self._wake.set()


ticker = Ticker()
