"""Work is queued with the transaction that asked for it, and run by DBOS on our own database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from server.kit import job_slots, jobs
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.job_history import histories
from server.kit.jobs import Context, JobCheckpoint
from server.settings import Settings

WAIT_S = 20

arrived: list[str] = []
came = threading.Event()


@jobs.step
def first(name: str) -> dict[str, str]:
    return {"greeting": f"hello {name}"}


@jobs.transaction
def second(s: sa.orm.Session, greeting: str) -> str:
    s.execute(sa.text("CREATE TABLE IF NOT EXISTS said (what TEXT)"))
    s.execute(sa.text("INSERT INTO said VALUES (:what)"), {"what": greeting})
    return greeting


@jobs.workflow("test.greet")
def greet(name: str) -> None:
    arrived.append(second(first(name)["greeting"]))
    came.set()


@jobs.step
def break_down() -> None:
    raise ValueError("the file is broken")


@jobs.workflow("test.fail")
def fail(_: int) -> None:
    try:
        break_down()
    finally:
        came.set()


@pytest.fixture
def context(db: Database, keys: Keys) -> Context:
    return Context(db, Settings(), keys)


@pytest.fixture
def running(context: Context) -> Iterator[Context]:
    """Durable jobs run in this process."""
    arrived.clear()
    came.clear()
    jobs.launch(context)
    yield context
    jobs.stop()


def queued(db: Database) -> list[tuple[str, str]]:
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    with db.read() as s:
        rows = s.execute(sa.text(f"SELECT name, status FROM {table} ORDER BY created_at")).all()
    return [(row[0], row[1]) for row in rows]


def wait_for(db: Database, expected: list[tuple[str, str]]) -> None:
    """The last write of a workflow is its status, which only the database can tell."""
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        if queued(db) == expected:
            return
        pause.wait(0.05)
    assert queued(db) == expected


def test_work_is_queued_only_when_the_transaction_commits(db: Database) -> None:
    def roll_back() -> None:
        with db.write() as s:
            jobs.enqueue(s, "test.greet", "lost")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        roll_back()
    assert queued(db) == []
    with db.write() as s:
        jobs.enqueue(s, "test.greet", uuid4())
    assert queued(db) == [("test.greet", "ENQUEUED")]


def test_an_unknown_workflow_cannot_be_queued(db: Database) -> None:
    with pytest.raises(KeyError, match=r"test\.nothing"), db.write() as s:
        jobs.enqueue(s, "test.nothing")


def test_two_workflows_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match=r"test\.greet"):
        jobs.workflow("test.greet")(greet)


def test_queued_work_runs_and_its_transaction_is_checkpointed(running: Context) -> None:
    name = UUID(int=7)
    with running.db.write() as s:
        jobs.enqueue(s, "test.greet", name)
    assert came.wait(WAIT_S)
    wait_for(running.db, [("test.greet", "SUCCESS")])
    assert arrived == [f"hello {name}"]
    with running.db.read() as s:
        assert s.scalars(sa.select(JobCheckpoint.output)).all() == [f"hello {name}"]
        assert s.execute(sa.text("SELECT what FROM said")).scalars().all() == [f"hello {name}"]


def test_a_failed_workflow_says_why(running: Context) -> None:
    with running.db.write() as s:
        jobs.enqueue(s, "test.fail", 1)
    assert came.wait(WAIT_S)
    wait_for(running.db, [("test.fail", "ERROR")])
    with running.db.read() as s:
        assert [each.error for each in histories(s)] == ["ValueError: the file is broken"]


def test_the_writer_is_shared_with_competing_writers(running: Context) -> None:
    """Four threads write through the sessions while workflows run: nothing is lost, nobody fails."""
    db = running.db
    with db.write() as s:
        s.execute(sa.text("CREATE TABLE tally (n INTEGER)"))
        s.execute(sa.text("INSERT INTO tally VALUES (0)"))
        s.execute(sa.text("CREATE TABLE IF NOT EXISTS said (what TEXT)"))
    faults: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(25):
                with db.write() as s:
                    s.execute(sa.text("UPDATE tally SET n = n + 1"))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(10):
        with db.write() as s:
            jobs.enqueue(s, "test.greet", n)
    for thread in threads:
        thread.join()
    wait_for(db, [("test.greet", "SUCCESS")] * 10)
    assert faults == []
    assert sorted(arrived) == [f"hello {n}" for n in range(10)]
    with db.read() as r:
        assert r.execute(sa.text("SELECT n FROM tally")).scalar() == 100
        assert r.execute(sa.text("SELECT count(*) FROM said")).scalar() == 10


def test_called_directly_a_workflow_is_a_plain_function(context: Context) -> None:
    arrived.clear()
    with jobs.using(context):
        greet("you")
    assert arrived == ["hello you"]
    with pytest.raises(RuntimeError, match="no jobs run"):
        jobs.context()


def test_what_ended_long_ago_is_forgotten(running: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with running.db.write() as s:
        jobs.enqueue(s, "test.greet", "you")
    wait_for(running.db, [("test.greet", "SUCCESS")])
    assert jobs.purge(running) == 0
    monkeypatch.setattr(jobs, "KEEP", -jobs.KEEP)
    assert jobs.purge(running) == 1
    assert queued(running.db) == []
    with running.db.read() as s:
        assert s.scalars(sa.select(JobCheckpoint)).all() == []


def test_who_loses_the_slot_goes_on_with_another(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    if context.db.sqlite:
        pytest.skip("SQLite has one server process")
    monkeypatch.setattr(job_slots, "WATCH_S", 0.05)
    arrived.clear()
    came.clear()
    jobs.launch(context)
    try_lock = job_slots._try_lock
    # As though another process had been faster.
    monkeypatch.setattr(job_slots, "_try_lock", lambda c, number: number != 1 and try_lock(c, number))
    try:
        with context.db.write() as s:
            s.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND classid = :locks"
                ),
                {"locks": job_slots.LOCKS},
            )
        pause = threading.Event()
        for _ in range(WAIT_S * 20):
            if jobs._slots is not None and jobs._slots.mine == "slot-2":
                break
            pause.wait(0.05)
        assert jobs._slots is not None
        assert jobs._slots.mine == "slot-2"
        with context.db.write() as s:
            jobs.enqueue(s, "test.greet", "Ada")
        assert came.wait(WAIT_S)
    finally:
        jobs.stop()
    assert jobs._slots is None
