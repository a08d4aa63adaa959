"""What became of durable work, read from DBOS's own tables (without loading DBOS)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.kit import clock
from server.kit.db import AnySession

WAITING = ("ENQUEUED", "DELAYED")
FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_COLUMNS = [
    "workflow_uuid",
    "name",
    "status",
    "created_at",
    "started_at_epoch_ms",
    "completed_at",
    "application_version",
]


@dataclass(frozen=True)
class WorkflowHistory:
    """All runs of one workflow that are still remembered; `error` is the last run's."""

    name: str
    waiting: int
    running: int
    failed: int
    done: int
    last_started_at: datetime | None
    last_duration_ms: int | None
    error: str | None


def _runs(s: AnySession) -> Any:
    return _table(s, "workflow_status", *_COLUMNS).c


def _table(s: AnySession, name: str, *columns: str) -> sa.TableClause:
    schema = None if s.get_bind().dialect.name == "sqlite" else "dbos"
    return sa.table(name, *[sa.column(column) for column in columns], schema=schema)


def histories(s: AnySession) -> list[WorkflowHistory]:
    """One entry for each workflow that ever ran, by name; DBOS's own are left out."""
    run = _runs(s)
    ours = sa.not_(run.name.startswith("_dbos", autoescape=True))
    counts: dict[str, dict[str, int]] = {}
    for name, status, count in s.execute(
        sa.select(run.name, run.status, sa.func.count()).where(ours).group_by(run.name, run.status)
    ):
        counts.setdefault(name, {})[status] = count
    newest = sa.func.row_number().over(
        partition_by=run.name, order_by=(run.created_at.desc(), run.workflow_uuid)
    )
    ranked = sa.select(
        run.workflow_uuid, run.name, run.started_at_epoch_ms, run.completed_at, newest.label("rank")
    ).where(ours, run.started_at_epoch_ms.is_not(None))
    runs, ended = ranked.subquery(), _table(s, "workflow_output", "workflow_uuid", "error")
    told = (
        sa.select(runs, ended.c.error)
        .outerjoin(ended, ended.c.workflow_uuid == runs.c.workflow_uuid)
        .where(runs.c.rank == 1)
    )
    last = {row.name: row for row in s.execute(told)}
    return [_history(name, by_status, last.get(name)) for name, by_status in sorted(counts.items())]


def _history(name: str, by_status: dict[str, int], last: Any) -> WorkflowHistory:
    started = last.started_at_epoch_ms if last else None
    ended = last.completed_at if last else None
    return WorkflowHistory(
        name=name,
        waiting=sum(by_status.get(status, 0) for status in WAITING),
        running=by_status.get("PENDING", 0),
        failed=sum(by_status.get(status, 0) for status in FAILED),
        done=by_status.get("SUCCESS", 0),
        last_started_at=datetime.fromtimestamp(started / 1000, UTC) if started else None,
        last_duration_ms=max(ended - started, 0) if started and ended else None,
        error=_readable(last.error) if last and last.error else None,
    )


def _readable(error: str) -> str:
    """The portable serializer writes errors as JSON with a name and a message."""
    try:
        found = json.loads(error)
        return f"{found['name']}: {found['message']}"[:300]
    except (ValueError, KeyError, TypeError):
        return "unreadable"


def unfinished(s: AnySession, workflow_ids: Sequence[str]) -> set[str]:
    """Those of the workflows that still wait or run; the others ended, in whatever way, or are forgotten."""
    run = _runs(s)
    found: set[str] = set()
    for start in range(0, len(workflow_ids), 500):
        some = workflow_ids[start : start + 500]
        found |= set(
            s.scalars(
                sa.select(run.workflow_uuid).where(
                    run.workflow_uuid.in_(some), run.status.in_([*WAITING, "PENDING"])
                )
            )
        )
    return found


def waiting(s: AnySession, name: str) -> int:
    """How many runs of this workflow are queued and have not begun."""
    run = _runs(s)
    return s.execute(sa.select(sa.func.count()).where(run.name == name, run.status.in_(WAITING))).scalar_one()


def waiting_for_other_versions(s: AnySession, version: str) -> int:
    """Unfinished work that only another version of the program may finish."""
    run = _runs(s)
    return s.execute(
        sa.select(sa.func.count()).where(
            run.status.in_([*WAITING, "PENDING"]),
            run.application_version.is_not(None),
            run.application_version != version,
        )
    ).scalar_one()


def failed_since(s: AnySession, age: timedelta) -> int:
    """Workflows that failed within `age`."""
    run = _runs(s)
    since = int((clock.now() - age).timestamp() * 1000)
    return s.execute(
        sa.select(sa.func.count()).where(run.status.in_(FAILED), run.created_at >= since)
    ).scalar_one()
