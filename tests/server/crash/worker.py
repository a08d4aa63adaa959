"""A server process that only runs jobs: five steps, each of which leaves a row. Started by test_jobs.

usage: python -m tests.server.crash.worker DATABASE_URL FAULT
FAULT: `none`, `hold-N` (wait for ever within step N) or `die-N` (kill -9 after step N has committed, before
DBOS knows of it)
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import sqlalchemy as sa

from server.kit import jobs
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.jobs import Context
from server.settings import Settings

STEPS = 5
fault, _, at = (sys.argv[2] if len(sys.argv) > 2 else "none").partition("-")


def misbehave(s: WriteSession, number: int) -> None:
    if not at or int(at) != number:
        return
    if fault == "die":
        s.after_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    if fault == "hold":
        print("holding", flush=True)
        threading.Event().wait()


@jobs.step
def plain(name: str, number: int) -> None:
    """Its row has no unique key, so that a repetition of a finished step would show."""
    with jobs.context().db.write() as s:
        s.execute(
            sa.text("INSERT INTO crash_plain VALUES (:name, :number)"), {"name": name, "number": number}
        )


@jobs.transaction
def keyed(s: WriteSession, name: str, number: int) -> int:
    s.execute(
        sa.text("INSERT INTO crash_keyed VALUES (:name, :number, :pid)"),
        {"name": name, "number": number, "pid": os.getpid()},
    )
    misbehave(s, number)
    return number


@jobs.workflow("crash.five_steps")
def five_steps(name: str) -> None:
    for number in range(1, STEPS + 1):
        plain(name, number)
        if keyed(name, number) != number:
            raise AssertionError("a checkpoint answered something else")


def create_tables(db: Database) -> None:
    with db.write() as s:
        s.execute(sa.text("CREATE TABLE crash_plain (name TEXT, number INTEGER)"))
        s.execute(
            sa.text(
                "CREATE TABLE crash_keyed"
                " (name TEXT, number INTEGER, pid INTEGER, PRIMARY KEY (name, number))"
            )
        )


def main() -> None:
    keys = Keys(bytes(32), bytes(32), bytes(32))
    db = Database(sys.argv[1], pool_size=8)
    jobs.launch(Context(db, Settings(), keys))
    print("ready", flush=True)
    sys.stdin.read()
    jobs.stop()
    db.dispose()


if __name__ == "__main__":
    main()
