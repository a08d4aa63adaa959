"""A database quotes the values that it refuses: they reach neither the log nor what is kept of a failure."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from server.kit import jobs
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.errors import told
from server.kit.events import Bus, Delivery, Event
from server.kit.jobs import Context
from server.kit.ticker import JobSchedule, Ticker
from server.settings import Settings
from tests.server.kit.test_jobs import wait_for

NAME = "Erika Mustermann"


def clash(s: WriteSession, _event: Event | None = None) -> None:
    """Write a name a second time; PostgreSQL says which one it was."""
    s.execute(sa.text("INSERT INTO names VALUES (:name)"), {"name": NAME})


@jobs.transaction
def clash_in_a_step(s: WriteSession) -> None:
    clash(s)


@jobs.workflow("test.clash")
def clash_in_a_workflow(_: int) -> None:
    clash_in_a_step()


@pytest.fixture
def context(db: Database, keys: Keys) -> Context:
    with db.write() as s:
        s.execute(sa.text("CREATE TABLE names (name TEXT PRIMARY KEY)"))
        clash(s)
    return Context(db, Settings(), keys)


def test_the_value_would_be_told_of(context: Context) -> None:
    with pytest.raises(sa.exc.IntegrityError) as met, context.db.write() as s:
        clash(s)
    assert (NAME in str(met.value)) is not context.db.sqlite
    assert "[SQL parameters hidden" in str(met.value)


def test_of_a_delivery(context: Context, written: Path) -> None:
    bus = Bus()
    bus.on("t", clash)
    with context.db.write() as s:
        bus.emit(s, "t", "x")
    bus.deliver_due(context.db)
    with context.db.read() as s:
        assert s.scalars(sa.select(Delivery.error)).one() == "IntegrityError"
    assert "IntegrityError" in written.read_text()
    assert "Mustermann" not in written.read_text()


def test_of_a_recurring_job(context: Context, written: Path) -> None:
    def run(given: Context) -> None:
        with given.db.write() as s:
            clash(s)

    ticker = Ticker()
    ticker.every("test.clash", timedelta(minutes=1), run)
    with context.db.write() as s:
        ticker.start(s)
    ticker.tick(context)
    with context.db.read() as s:
        assert s.get_one(JobSchedule, "test.clash").error == "IntegrityError"
    assert "IntegrityError" in written.read_text()
    assert "Mustermann" not in written.read_text()


def test_of_a_durable_job(context: Context, written: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """DBOS keeps errors in tables of its own, and logs them for itself."""
    jobs.launch(context)
    try:
        with context.db.write() as s:
            jobs.enqueue(s, "test.clash", 1)
        wait_for(context.db, [("test.clash", "ERROR")])
    finally:
        jobs.stop()
    schema = "" if context.db.sqlite else "dbos."
    with context.db.read() as s:
        kept = [
            str(row)
            for table in ("workflow_status", "workflow_output", "operation_outputs")
            for row in s.execute(sa.text(f"SELECT * FROM {schema}{table}"))
        ]
    assert sum("StepFailed" in row for row in kept) == 2
    assert "StepFailed" in written.read_text()
    said = "".join(capfd.readouterr())
    for seen in (*kept, written.read_text(), said):
        assert "Mustermann" not in seen


class Named(BaseModel):
    age: int


def test_of_a_check(written: Path) -> None:
    with pytest.raises(ValueError, match="Mustermann") as met:
        Named.model_validate({"age": NAME})
    assert told(met.value) == "ValidationError"


def test_what_looks_personal_is_struck_out_of_any_other() -> None:
    assert told(OSError("no mailbox of ann@example.org\nat all")) == "OSError: no mailbox of [struck out]"
