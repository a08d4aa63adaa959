"""The history of durable work, as DBOS's tables hold it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.kit import clock, job_history
from server.kit.db import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ran(
    db: Database,
    name: str,
    status: str,
    *,
    started: datetime | None = None,
    took: timedelta | None = None,
    error: str | None = None,
    version: str | None = "1",
) -> None:
    began = int(started.timestamp() * 1000) if started else None
    with db.write() as s:
        schema = "" if db.sqlite else "dbos."
        table = f"{schema}workflow_status"
        count = s.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
        s.execute(
            sa.text(
                f"INSERT INTO {table} (workflow_uuid, name, status, created_at, updated_at, priority,"
                " started_at_epoch_ms, completed_at, application_version)"
                " VALUES (:id, :name, :status, :made, 0, 0, :began, :ended, :version)"
            ),
            {
                "id": f"w{count}",
                "name": name,
                "status": status,
                "made": int(NOW.timestamp() * 1000) + count,
                "began": began,
                "ended": began + round(took.total_seconds() * 1000) if began is not None and took else None,
                "version": version,
            },
        )
        if error is not None:
            s.execute(
                sa.text(
                    f"INSERT INTO {schema}workflow_output (workflow_uuid, error, retention_timestamp)"
                    " VALUES (:id, :error, 0)"
                ),
                {"id": f"w{count}", "error": error},
            )


def histories(db: Database) -> list[job_history.WorkflowHistory]:
    with db.read() as s:
        return job_history.histories(s)


def test_runs_are_counted_and_the_last_one_is_described(db: Database) -> None:
    error = json.dumps({"name": "ValueError", "message": "the file is broken"})
    ran(db, "test.a", "SUCCESS", started=NOW, took=timedelta(seconds=1))
    ran(db, "test.a", "ERROR", started=NOW + timedelta(minutes=1), took=timedelta(seconds=2), error=error)
    ran(db, "test.a", "ENQUEUED")
    ran(db, "test.b", "PENDING", started=NOW)
    ran(db, "_dbos_internal", "SUCCESS")
    first, second = histories(db)
    assert (first.name, first.done, first.failed, first.waiting, first.running) == ("test.a", 1, 1, 1, 0)
    assert (first.last_started_at, first.last_duration_ms) == (NOW + timedelta(minutes=1), 2000)
    assert first.error == "ValueError: the file is broken"
    assert (second.name, second.running, second.last_duration_ms) == ("test.b", 1, None)


@pytest.mark.parametrize("error", ["", "{", "[]", "3", '{"name": 1}', "gASV"])
def test_an_error_in_another_form_does_no_harm(db: Database, error: str) -> None:
    ran(db, "test.a", "ERROR", started=NOW, error=error)
    assert histories(db)[0].error in (None, "unreadable")


def test_nothing_ran_yet(db: Database) -> None:
    assert histories(db) == []


def test_work_that_another_version_began_is_counted(db: Database) -> None:
    ran(db, "test.a", "PENDING", version="0")
    ran(db, "test.a", "ENQUEUED", version=None)
    ran(db, "test.a", "SUCCESS", version="0")
    with db.read() as s:
        assert job_history.waiting_for_other_versions(s, "1") == 1


def test_failures_are_counted_within_a_time(db: Database) -> None:
    ran(db, "test.a", "ERROR")
    with db.read() as s:
        with clock.held(NOW + timedelta(hours=1)):
            assert job_history.failed_since(s, timedelta(days=1)) == 1
        with clock.held(NOW + timedelta(hours=25)):
            assert job_history.failed_since(s, timedelta(days=1)) == 0
