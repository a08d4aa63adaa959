"""Recurring jobs run once per period over all processes, and say how their last run went."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.kit import clock
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.errors import Busy, Conflict, NotFound
from server.kit.jobs import Context
from server.kit.ticker import GIVE_UP, JobSchedule, Recurring, Ticker
from server.settings import Settings

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def context(db: Database, keys: Keys) -> Context:
    return Context(db, Settings(), keys)


def ready(context: Context, *jobs: Recurring) -> Ticker:
    ticker = Ticker()
    for job in jobs:
        ticker.every(job.name, job.period, job.run)
    with context.db.write() as s:
        ticker.start(s)
    return ticker


def row(context: Context, name: str) -> JobSchedule:
    with context.db.read() as s:
        return s.get_one(JobSchedule, name)


def test_a_job_runs_when_due_and_not_before(context: Context) -> None:
    ran: list[datetime] = []
    with clock.held(NOON) as now:
        ticker = ready(context, Recurring("test.count", MINUTE, lambda _: ran.append(clock.now())))
        assert ticker.tick(context) == ["test.count"]
        assert ticker.tick(context) == []
        now.advance(timedelta(seconds=59))
        assert ticker.tick(context) == []
        now.advance(timedelta(seconds=1))
        assert ticker.tick(context) == ["test.count"]
    assert ran == [NOON, NOON + MINUTE]
    assert row(context, "test.count").next_at == NOON + 2 * MINUTE
    assert row(context, "test.count").error is None


def test_what_was_missed_is_made_up_for_once(context: Context) -> None:
    with clock.held(NOON) as now:
        ticker = ready(context, Recurring("test.count", MINUTE, lambda _: None))
        ticker.tick(context)
        now.advance(timedelta(days=3, seconds=5))
        assert ticker.tick(context) == ["test.count"]
        assert ticker.tick(context) == []
        assert row(context, "test.count").next_at == NOON + timedelta(days=3) + MINUTE


def test_a_daily_job_is_due_at_midnight() -> None:
    daily = Recurring("test.daily", timedelta(days=1), lambda _: None)
    assert daily.due_after(NOON) == datetime(2026, 3, 2, tzinfo=UTC)


def test_of_many_processes_one_runs_the_job(context: Context) -> None:
    ran: list[int] = []
    start = threading.Barrier(4)
    tickers = [
        ready(context, Recurring("test.count", MINUTE, lambda _, n=n: ran.append(n)))  # type: ignore[misc]
        for n in range(4)
    ]

    def process(ticker: Ticker) -> None:
        start.wait()
        ticker.tick(context)

    with clock.held(NOON) as now:
        for minute in range(5):
            with context.db.write() as s:
                s.execute(sa.update(JobSchedule).values(next_at=now.at))
            threads = [threading.Thread(target=process, args=(ticker,)) for ticker in tickers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(ran) == minute + 1
            now.advance(MINUTE)


def test_a_failure_is_kept_and_does_not_stop_the_job(context: Context) -> None:
    def fail(_: Context) -> None:
        raise ValueError("the disk is full")

    with clock.held(NOON) as now:
        ticker = ready(context, Recurring("test.fail", MINUTE, fail))
        ticker.tick(context)
        assert row(context, "test.fail").error == "ValueError: the disk is full"
        now.advance(MINUTE)
        assert ticker.tick(context) == ["test.fail"]


def test_a_run_that_died_is_due_again(context: Context) -> None:
    class Died(BaseException):
        pass

    def die(_: Context) -> None:
        raise Died

    with clock.held(NOON) as now:
        ticker = ready(context, Recurring("test.die", MINUTE, die))
        with pytest.raises(Died):
            ticker.tick(context)
        now.advance(GIVE_UP - timedelta(seconds=1))
        assert ticker.tick(context) == []
        now.advance(timedelta(seconds=1))
        with pytest.raises(Died):
            ticker.tick(context)


def test_a_restart_on_sqlite_forgets_runs_that_died(context: Context) -> None:
    def die(_: Context) -> None:
        raise KeyboardInterrupt

    with clock.held(NOON):
        ticker = ready(context, Recurring("test.die", MINUTE, die))
        with pytest.raises(KeyboardInterrupt):
            ticker.tick(context)
        restarted = ready(context, Recurring("test.die", MINUTE, lambda _: None))
        assert restarted.tick(context) == (["test.die"] if context.db.sqlite else [])


def test_a_busy_database_does_not_lose_the_end_of_a_run(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refusals = context.db.write, iter([False, True, True])

    @contextmanager
    def crowded() -> Iterator[WriteSession]:
        if next(refusals, False):
            raise Busy
        with write() as s:
            yield s

    ticker = ready(context, Recurring("test.count", MINUTE, lambda _: None))
    monkeypatch.setattr(context.db, "write", crowded)
    assert ticker.tick(context) == ["test.count"]
    assert next(refusals, None) is None
    assert row(context, "test.count").ended_at is not None


def test_run_now_makes_a_job_due(context: Context) -> None:
    ticker = ready(context, Recurring("test.count", MINUTE, lambda _: None))
    with clock.held(NOON):
        ticker.tick(context)
        with context.db.write() as s:
            ticker.run_now(s, "test.count")
        assert ticker.tick(context) == ["test.count"]
        with pytest.raises(NotFound), context.db.write() as s:
            ticker.run_now(s, "test.nothing")


def test_a_running_job_cannot_be_started_again(context: Context) -> None:
    refused: list[str] = []

    def start_again(given: Context) -> None:
        try:
            with given.db.write() as s:
                ticker.run_now(s, "test.again")
        except Conflict as conflict:
            refused.append(conflict.code)

    ticker = ready(context, Recurring("test.again", MINUTE, start_again))
    ticker.tick(context)
    assert refused == ["job_running"]


def start_when_idle(context: Context, ticker: Ticker, name: str) -> None:
    """The end of a run is written after it, and only the row tells when."""
    while True:
        with suppress(Conflict), context.db.write() as s:
            ticker.run_now(s, name)
            return


def test_the_thread_wakes_for_run_now_and_stops_at_once(context: Context) -> None:
    ran = threading.Semaphore(0)
    ticker = Ticker()
    ticker.every("test.daily", timedelta(days=1), lambda _: ran.release())
    stopped = threading.Event()
    thread = threading.Thread(target=ticker.run, args=(context, stopped))
    thread.start()
    try:
        assert ran.acquire(timeout=10)
        start_when_idle(context, ticker, "test.daily")
        assert ran.acquire(timeout=10)
    finally:
        stopped.set()
        ticker.wake()
        thread.join(10)
    assert not thread.is_alive()


def test_two_jobs_cannot_have_one_name() -> None:
    ticker = Ticker()
    ticker.every("test.one", MINUTE, lambda _: None)
    with pytest.raises(ValueError, match=r"test\.one"):
        ticker.every("test.one", MINUTE, lambda _: None)


def test_a_database_error_is_told_without_the_values_that_it_met(context: Context) -> None:
    def fail(given: Context) -> None:
        with given.db.write() as s:
            s.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Erika Mustermann"})

    ticker = Ticker()
    ticker.every("test.fail", timedelta(hours=1), fail)
    with context.db.write() as s:
        ticker.register(s)
    ticker.tick(context)
    assert row(context, "test.fail").error in ("OperationalError", "ProgrammingError")
