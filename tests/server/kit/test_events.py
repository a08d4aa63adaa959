"""Events are written with their cause and reach each handler exactly once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.kit import clock
from server.kit.db import Database, WriteSession
from server.kit.errors import Busy
from server.kit.events import STUCK_AFTER, Bus, Delivery, Event


def recorder(name: str, *, fail_times: int = 0) -> tuple[Callable[[WriteSession, Event], None], list[int]]:
    seen: list[int] = []
    left = fail_times

    def handler(s: WriteSession, event: Event) -> None:
        nonlocal left
        if left:
            left -= 1
            raise RuntimeError("not yet")
        seen.append(event.id)

    handler.__name__ = name
    return handler, seen


def test_each_handler_of_a_topic_gets_the_event_once(db: Database) -> None:
    bus = Bus()
    first, seen_first = recorder("first")
    second, seen_second = recorder("second")
    bus.on("t", first)
    bus.on("t", second)
    with db.write() as s:
        event_id = bus.emit(s, "t", "subject", n=1)
        bus.emit(s, "other", "subject")
    for _ in range(3):
        bus.deliver_due(db)
    assert seen_first == seen_second == [event_id]


def test_competing_deliverers_do_not_repeat(db: Database) -> None:
    bus = Bus()
    handler, seen = recorder("only")
    bus.on("t", handler)
    with db.write() as s:
        for n in range(20):
            bus.emit(s, "t", n)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: bus.deliver_due(db), range(4)))
    bus.deliver_due(db)
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 20


def test_a_rolled_back_change_sends_nothing(db: Database) -> None:
    bus = Bus()
    handler, seen = recorder("only")
    bus.on("t", handler)

    def fail() -> None:
        with db.write() as s:
            bus.emit(s, "t", "x")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert bus.deliver_due(db) == 0
    assert seen == []


def test_a_failing_handler_is_tried_again_later_and_its_work_is_undone(db: Database) -> None:
    bus = Bus()
    handler, seen = recorder("flaky", fail_times=2)

    def wrapped(s: WriteSession, event: Event) -> None:
        s.add(Event(topic="made", subject=event.subject, payload={}))
        s.flush()
        handler(s, event)

    wrapped.__name__ = "wrapped"
    bus.on("t", wrapped)
    with clock.held() as time:
        with db.write() as s:
            bus.emit(s, "t", "x")
        for _ in range(6):
            bus.deliver_due(db)
            time.advance(timedelta(seconds=3))
    assert len(seen) == 1
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).where(Event.topic == "made")) == 1
        assert s.scalars(sa.select(Delivery)).one().attempts == 3


def test_a_handler_that_fails_again_and_again_is_told_of_and_still_tried(db: Database) -> None:
    bus = Bus()
    handler, seen = recorder("broken", fail_times=STUCK_AFTER + 2)
    bus.on("t", handler)
    with clock.held() as time:
        with db.write() as s:
            bus.emit(s, "t", "x")
        for attempt in range(1, STUCK_AFTER + 3):
            assert bus.deliver_due(db) == 1
            with db.read() as s:
                assert bus.stuck(s) == ({f"{__name__}.broken": 1} if attempt >= STUCK_AFTER else {})
            time.advance(timedelta(hours=1))
        with db.read() as s:
            assert s.scalars(sa.select(Delivery.error)).one() == "RuntimeError: not yet"
        bus.deliver_due(db)
    assert len(seen) == 1
    with db.read() as s:
        assert bus.stuck(s) == {}


def test_a_busy_database_is_not_held_against_a_handler(db: Database) -> None:
    bus = Bus()
    busy = [True]

    def handler(s: WriteSession, event: Event) -> None:
        if busy:
            raise Busy

    bus.on("t", handler)
    with clock.held() as time:
        with db.write() as s:
            bus.emit(s, "t", "x")
        for _ in range(STUCK_AFTER + 5):
            assert bus.deliver_due(db) == 1
            time.advance(timedelta(seconds=1))
        busy.clear()
        bus.deliver_due(db)
    with db.read() as s:
        delivery = s.scalars(sa.select(Delivery)).one()
    assert (delivery.done_at is not None, delivery.attempts, delivery.error) == (True, 1, None)


def test_what_a_database_error_quotes_is_not_kept(db: Database) -> None:
    """Nor that of an error which was made of one."""
    bus = Bus()

    def handler(s: WriteSession, event: Event) -> None:
        try:
            s.execute(sa.text("SELECT :secret FROM nowhere"), {"secret": "ann@example.org"})
        except sa.exc.DBAPIError as error:
            if event.subject == "wrapped":
                raise RuntimeError(f"broken: {error}") from error
            raise

    bus.on("t", handler)
    with db.write() as s:
        bus.emit(s, "t", "plain")
        bus.emit(s, "t", "wrapped")
    bus.deliver_due(db)
    with db.read() as s:
        kept = s.scalars(sa.select(Delivery.error).order_by(Delivery.event_id)).all()
    assert kept in (["OperationalError", "RuntimeError"], ["ProgrammingError", "RuntimeError"])
