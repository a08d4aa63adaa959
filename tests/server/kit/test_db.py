"""Sessions lose no update, keep their turn, and run their hooks around COMMIT."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.pool import PoolProxiedConnection

from server.kit import checkpoints, clock
from server.kit.checkpoints import WRITES_A_CHECKPOINT
from server.kit.db import Database, Tickets
from server.kit.errors import Busy
from server.kit.events import Event


def count(db: Database) -> int:
    with db.read() as s:
        return s.scalar(sa.select(sa.func.count()).select_from(Event)) or 0


def add(db: Database, subject: str = "x") -> None:
    with db.write() as s:
        s.add(Event(topic="t", subject=subject, payload={}))


def test_concurrent_read_modify_writes_are_all_kept(db: Database) -> None:
    add(db, "0")

    def bump(_: int) -> None:
        with db.write() as s:
            row = s.scalars(sa.select(Event).with_for_update()).one()
            row.subject = str(int(row.subject) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bump, range(80)))
    with db.read() as s:
        assert s.scalars(sa.select(Event.subject)).one() == "80"


def test_a_reader_cannot_write(db: Database) -> None:
    with db.read() as s, pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        s.execute(sa.insert(Event).values(topic="t", subject="x", payload={}, created_at=clock.now()))
    add(db)
    assert count(db) == 1


def test_a_reader_sees_one_state_of_the_data(db: Database) -> None:
    query = sa.select(sa.func.count()).select_from(Event)
    with db.read() as s:
        assert s.scalar(query) == 0
        add(db)
        assert s.scalar(query) == 0
    assert count(db) == 1


def test_a_reader_keeps_what_postgresql_has_prepared(db: Database) -> None:
    if db.sqlite:
        pytest.skip("SQLite prepares by itself")
    for _ in range(8):
        count(db)
    with db.read() as s:
        prepared = s.scalars(sa.text("SELECT statement FROM pg_prepared_statements")).all()
    assert any(Event.__tablename__ in statement for statement in prepared)


def test_a_deadlock_is_told_as_busy(db: Database) -> None:
    if db.sqlite:
        pytest.skip("SQLite has one writer")
    for subject in "ab":
        add(db, subject)
    both_hold_one = threading.Barrier(2)

    def take(first: str, second: str) -> str:
        try:
            with db.write() as s:
                s.execute(sa.update(Event).where(Event.subject == first).values(topic="t2"))
                both_hold_one.wait(10)
                s.execute(sa.update(Event).where(Event.subject == second).values(topic="t2"))
        except Busy:
            return "busy"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(take, "ab", "ba"))
    assert sorted(outcomes) == ["busy", "done"]


def test_a_guarded_change_says_whether_the_row_was_as_expected(db: Database) -> None:
    for subject in "ab":
        add(db, subject)
    with db.write() as s:
        moved = sa.update(Event).where(Event.subject == "a", Event.topic == "t")
        assert s.changed_one(moved.values(topic="t2"))
        assert not s.changed_one(moved.values(topic="t3"))
        assert not s.changed_one(sa.update(Event).values(payload={})), "more than one is not the one"
        assert s.changed(sa.delete(Event)) == 2
        assert s.changed(sa.delete(Event)) == 0


def test_an_error_does_not_quote_the_values(db: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as failed, db.write() as s:
        s.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Erika Mustermann"})
    assert "Erika" not in str(failed.value)


def test_hooks_run_in_order_and_only_when_committed(db: Database) -> None:
    seen: list[str] = []
    with db.write() as s:
        s.before_commit("lock", lambda _: seen.append("last"), last=True)
        s.before_commit("a", lambda _: seen.append(f"before {count(db)}"))
        s.before_commit("a", lambda _: seen.append("a second hook of the same name"))
        s.after_commit(lambda: seen.append(f"after {count(db)}"))
        s.add(Event(topic="t", subject="x", payload={}))
    assert seen == ["before 0", "last", "after 1"]

    def fail() -> None:
        with db.write() as s:
            s.after_commit(lambda: seen.append("never"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert "never" not in seen
    assert count(db) == 1


def test_tickets_are_handed_on_in_order_of_arrival() -> None:
    tickets = Tickets()
    assert tickets.acquire(0)
    order: list[int] = []
    queued = threading.Barrier(2)

    def wait(n: int) -> None:
        queued.wait()
        assert tickets.acquire(10)
        order.append(n)
        tickets.release()

    threads = []
    for n in range(5):
        thread = threading.Thread(target=wait, args=(n,))
        thread.start()
        queued.wait()
        while len(tickets._waiting) <= n:
            pass
        threads.append(thread)
    tickets.release()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_ticket_that_does_not_come_in_time_leaves_the_line() -> None:
    tickets = Tickets()
    assert tickets.acquire(0)
    assert not tickets.acquire(0.01)
    tickets.release()
    assert tickets.acquire(0)


def test_a_writer_that_waits_too_long_is_told_so(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if not db.sqlite:
        pytest.skip("PostgreSQL has many writers")
    monkeypatch.setattr("server.kit.db.WRITE_WAIT_S", 0.01)

    def second() -> None:
        with db.write():
            pass

    with db.write(), ThreadPoolExecutor(1) as pool, pytest.raises(Busy):
        pool.submit(second).result()
    add(db)
    assert count(db) == 1


def test_a_lost_connection_refuses_once_and_is_replaced(db: Database) -> None:
    if db.sqlite:
        pytest.skip("SQLite has no server to be lost")
    add(db)

    def read_on() -> None:
        with db.read() as s:
            mine = s.scalar(sa.select(sa.func.pg_backend_pid()))
            with db.write() as other:
                other.execute(sa.select(sa.func.pg_terminate_backend(mine, 5000)))
            s.execute(sa.select(1))

    with pytest.raises(Busy):
        read_on()
    add(db)
    assert count(db) == 2


def test_naive_times_are_refused_and_aware_ones_come_back_aware(db: Database) -> None:
    at = clock.now()
    with db.write() as s:
        s.add(Event(topic="t", subject="x", payload={}, created_at=at))
    with db.read() as s:
        back = s.scalars(sa.select(Event.created_at)).one()
    assert back == at
    assert back.tzinfo is not None
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(sa.exc.StatementError, match="naive"), db.write() as s:
        s.add(Event(topic="t", subject="x", payload={}, created_at=naive))


def test_the_log_of_sqlite_is_copied_back_beside_the_writers(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not db.sqlite:
        pytest.skip("PostgreSQL does that by itself")
    file, copied = Path(make_url(db.url).database or ""), threading.Semaphore(0)

    def holds(words: str) -> bool:
        """Whether the file itself does, once what goes on has been waited for."""
        while words.encode() not in file.read_bytes():
            if not copied.acquire(timeout=10):
                return False
        return True

    take = db.reader.raw_connection

    def watched() -> PoolProxiedConnection:
        connection = take()
        give_back = connection.close

        def close() -> None:
            give_back()
            copied.release()

        monkeypatch.setattr(connection, "close", close)
        return connection

    monkeypatch.setattr(db.reader, "raw_connection", watched)
    monkeypatch.setattr(checkpoints, "LATEST_S", 0.01)
    for n in range(WRITES_A_CHECKPOINT - 1):
        add(db, f"number {n}")
    assert not copied.acquire(blocking=False)
    assert b"number 0" not in file.read_bytes()
    add(db)
    assert holds("number 0")
    add(db, "what comes before a pause")
    assert holds("what comes before a pause")
