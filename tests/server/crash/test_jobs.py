"""Processes die by kill -9 in the middle of a workflow: its finished steps are never repeated."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.kit import jobs
from server.kit.db import Database
from tests.postgresql import Cluster
from tests.server.crash import worker

pytestmark = pytest.mark.crash
ROOT = Path(__file__).parents[3]
WAIT_S = 40


@contextmanager
def process(db: Database, fault: str = "none") -> Iterator[subprocess.Popen[str]]:
    """A job process; ends by closing its stdin, or by the test."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.server.crash.worker", db.url, fault],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        if child.poll() is None:
            child.wait(WAIT_S)
        assert child.stdout
        child.stdout.close()


def says(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdout
    assert child.stdout.readline() == line + "\n"


def kill(child: subprocess.Popen[str]) -> None:
    child.kill()
    assert child.wait(WAIT_S) == -9


def wait_until_done(db: Database, count: int) -> None:
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    pause, done = threading.Event(), 0
    for _ in range(WAIT_S * 10):
        with db.read() as s:
            done = s.execute(sa.text(f"SELECT count(*) FROM {table} WHERE status = 'SUCCESS'")).scalar_one()
        if done == count:
            return
        pause.wait(0.1)
    raise AssertionError(f"{done} of {count} workflows ended")


def rows(db: Database, table: str) -> list[tuple[str, int]]:
    with db.read() as s:
        found = s.execute(sa.text(f"SELECT name, number FROM {table} ORDER BY name, number")).all()
    return [(row[0], row[1]) for row in found]


def queue(db: Database, *names: str) -> list[tuple[str, int]]:
    """Queue one workflow per name; answers the rows that it must leave."""
    worker.create_tables(db)
    with db.write() as s:
        for name in names:
            jobs.enqueue(s, "crash.five_steps", name)
    return [(name, number) for name in sorted(names) for number in range(1, worker.STEPS + 1)]


@pytest.mark.parametrize("fault", ["hold-3", "die-3"])
def test_a_killed_workflow_resumes_at_the_step_that_was_cut_off(db: Database, fault: str) -> None:
    expected = queue(db, "a")
    with process(db, fault) as child:
        says(child, "ready")
        if fault == "hold-3":
            says(child, "holding")
            kill(child)
        else:
            assert child.wait(WAIT_S) == -9
    assert rows(db, "crash_keyed") == expected[: 3 if fault == "die-3" else 2]
    with process(db) as child:
        says(child, "ready")
        wait_until_done(db, 1)
    assert rows(db, "crash_keyed") == expected
    assert rows(db, "crash_plain") == expected


def test_three_processes_share_the_queue_and_finish_what_a_killed_one_began(postgresql: Cluster) -> None:
    name = f"test_{uuid4().hex[:12]}"
    postgresql.create_database(name, template="template_studio")
    db = Database(postgresql.url(name), pool_size=5)
    try:
        with process(db, "hold-3") as doomed:
            says(doomed, "ready")
            expected = queue(db, "doomed")
            says(doomed, "holding")
            with process(db) as one, process(db) as other:
                says(one, "ready")
                says(other, "ready")
                more = [f"w{n:02}" for n in range(24)]
                with db.write() as s:
                    for each in more:
                        jobs.enqueue(s, "crash.five_steps", each)
                    expected += [(each, number) for each in more for number in range(1, worker.STEPS + 1)]
                kill(doomed)
                wait_until_done(db, 25)
        assert rows(db, "crash_keyed") == expected
        assert len(rows(db, "crash_plain")) - len(expected) in range(worker.STEPS)
        with db.read() as s:
            pids = s.execute(sa.text("SELECT count(DISTINCT pid) FROM crash_keyed WHERE name <> 'doomed'"))
            assert pids.scalar_one() >= 2
    finally:
        db.dispose()
        postgresql.drop_database(name)
