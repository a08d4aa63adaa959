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


class Named(BaseModel):
    age: int


def check() -> None:
    """Check a name as if it were an age; the refusal says which one it was."""
    Named.model_validate({"age": NAME})


def check_in_other_words() -> None:
    """As many a caller does: the words are those of the error that it came from."""
    try:
        check()
    except ValueError as error:
        raise RuntimeError(f"refused: {error}") from error


@jobs.transaction
def clash_in_a_step(s: WriteSession) -> None:
    clash(s)


check_in_a_step = jobs.step(check)
check_in_other_words_in_a_step = jobs.step(check_in_other_words)
WAYS = {
    "clash": clash_in_a_step,
    "check": check_in_a_step,
    "check in other words": check_in_other_words_in_a_step,
    "check outside a step": check,
}


@jobs.workflow("test.quote")
def quote_in_a_workflow(way: str) -> None:
    WAYS[way]()


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
            for way in WAYS:
                jobs.enqueue(s, "test.quote", way)
        wait_for(context.db, [("test.quote", "ERROR")] * len(WAYS))
    finally:
        jobs.stop()
    schema = "" if context.db.sqlite else "dbos."
    with context.db.read() as s:
        kept = [
            str(row)
            for table in ("workflow_status", "workflow_output", "operation_outputs")
            for row in s.execute(sa.text(f"SELECT * FROM {schema}{table}"))
        ]
    in_steps = len(WAYS) - 1
    assert sum("StepFailed" in row for row in kept) == len(WAYS) + in_steps
    assert sum("StepFailed" in row and "RuntimeError" in row for row in kept) == 2
    assert "StepFailed" in written.read_text()
    said = "".join(capfd.readouterr())
    for seen in (*kept, written.read_text(), said):
        assert "Mustermann" not in seen


def test_what_is_tried_again_is_still_tried_again_but_quotes_nothing() -> None:
    def run() -> None:
        try:
            check()
        except ValueError as error:
            raise OSError(f"no room for {error}") from error

    with pytest.raises(OSError, match=r"^OSError$") as met:
        jobs._quoting_nothing(run)()
    assert met.value.__cause__ is met.value.__context__ is None


def test_of_a_check(written: Path) -> None:
    with pytest.raises(ValueError, match="Mustermann") as met:
        Named.model_validate({"age": NAME})
    assert told(met.value) == "ValidationError"


def test_what_looks_personal_is_struck_out_of_any_other() -> None:
    assert told(OSError("no mailbox of ann@example.org\nat all")) == "OSError: no mailbox of [struck out]"
