"""Wire types of operations: health, jobs and the doctor's findings."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from server.kit.wire import Frozen


class Health(Frozen):
    """The process answers and reaches its database."""

    status: Literal["ok"] = "ok"
    version: str


class JobKind(StrEnum):
    RECURRING = "recurring"
    DURABLE = "durable"


class JobState(StrEnum):
    IDLE = "idle"
    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


class Job(Frozen):
    """A recurring job, or all remembered runs of a durable one, which the counts are about.

    `last_run_at`, `duration_ms` and `error` are the last run's; a job that failed is in the state `failed`.
    """

    name: str
    kind: JobKind
    state: JobState
    last_run_at: datetime | None
    duration_ms: int | None
    next_run_at: datetime | None
    error: str | None
    waiting: int = 0
    running: int = 0
    failed: int = 0
    done: int = 0


class Jobs(Frozen):
    items: list[Job]


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(Frozen):
    """One finding of the doctor, and what to do about it (empty when all is well)."""

    name: str
    level: Level
    finding: str
    advice: str = ""


class Findings(Frozen):
    """`level` is the worst of the checks."""

    level: Level
    checks: list[Check]
