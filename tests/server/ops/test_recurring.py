"""What operations forget is what nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.audit import service as audit
from server.audit.models import AuditHead
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import Delivery, Event
from server.kit.idempotency import IdempotencyRecord
from server.kit.jobs import Context
from server.kit.ticker import Ticker
from server.ops import recurring
from server.settings import Settings


@pytest.fixture
def context(db: Database, keys: Keys, settings: Settings) -> Context:
    return Context(db, settings, keys)


def test_sealing_signs_the_newest_entry_once(context: Context) -> None:
    with context.db.write() as s:
        audit.record(s, actor=SYSTEM, action="test.wrote", target="row:1")
    recurring.seal(context)
    recurring.seal(context)
    with context.db.read() as s:
        assert s.scalars(sa.select(AuditHead.seq)).all() == [1]


def test_answers_are_kept_for_two_days(context: Context) -> None:
    with clock.held() as now:
        with context.db.write() as s:
            for key in ("old", "new"):
                s.add(IdempotencyRecord(actor="person:1", key=key, request_hash=bytes(32), at=clock.now()))
                s.flush()
                now.advance(timedelta(days=1, hours=12))
        now.advance(-timedelta(hours=1))
        assert recurring.forget_answers(context) == 1
    with context.db.read() as s:
        assert s.scalars(sa.select(IdempotencyRecord.key)).all() == ["new"]


def test_events_are_kept_until_every_handler_is_done(context: Context) -> None:
    long_ago = clock.now() - timedelta(days=31)
    with context.db.write() as s:
        for topic, at in (("test.done", long_ago), ("test.owed", long_ago), ("test.new", clock.now())):
            event = Event(topic=topic, subject="1", payload={}, created_at=at)
            s.add(event)
            s.flush()
            done = None if topic == "test.owed" else at
            s.add(Delivery(event_id=event.id, handler="test", done_at=done))
    assert recurring.forget_events(context) == 1
    assert recurring.forget_events(context) == 0
    with context.db.read() as s:
        assert sorted(s.scalars(sa.select(Event.topic))) == ["test.new", "test.owed"]
        assert s.execute(sa.select(sa.func.count()).select_from(Delivery)).scalar_one() == 2


def test_one_run_forgets_more_than_one_batch(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurring, "BATCH", 2)
    long_ago = clock.now() - timedelta(days=31)
    with context.db.write() as s:
        for n in range(5):
            s.add(Event(topic="test.done", subject="1", payload={}, created_at=long_ago))
            s.add(IdempotencyRecord(actor="person:1", key=f"key-{n}", request_hash=bytes(32), at=long_ago))
    assert recurring.forget_events(context) == 5
    assert recurring.forget_answers(context) == 5


def test_every_job_of_operations_runs_on_an_empty_database(context: Context) -> None:
    ticker = Ticker()
    recurring.register(ticker)
    with context.db.write() as s:
        ticker.register(s)
    assert sorted(ticker.tick(context)) == sorted(ticker.jobs)
