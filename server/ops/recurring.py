"""What operations do by themselves: seal the audit log, and forget what nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from server.audit import service as audit
from server.kit import clock, jobs
from server.kit.db import WriteSession
from server.kit.events import Delivery, Event
from server.kit.idempotency import IdempotencyRecord
from server.kit.jobs import Context
from server.kit.ticker import Ticker

ANSWERS_KEPT = timedelta(days=2)
"""How long a repeated request is recognised by its Idempotency-Key."""
EVENTS_KEPT = timedelta(days=30)
BATCH = 2_000
"""Rows deleted in one transaction, so that no writer waits for long."""


def register(ticker: Ticker) -> None:
    """Let these jobs run for as long as the server does."""
    ticker.every("audit.seal", timedelta(minutes=5), seal)
    ticker.every("ops.forget_answers", timedelta(hours=1), forget_answers)
    ticker.every("ops.forget_events", timedelta(hours=1), forget_events)
    ticker.every("ops.forget_workflows", timedelta(hours=1), jobs.purge)


def seal(context: Context) -> None:
    """Sign the newest audit entry: from then on a log that was cut below it is caught."""
    with context.db.write() as s:
        audit.seal(s, context.keys)


def forget_answers(context: Context) -> int:
    """Delete the answers kept for repeated requests; answers how many went."""
    return context.db.write_in_batches(_forget_answers, size=BATCH)


def forget_events(context: Context) -> int:
    """Delete events that every handler has done with; one that failed for good stays to be looked at."""
    return context.db.write_in_batches(_forget_events, size=BATCH)


def _forget_answers(s: WriteSession) -> int:
    old = (
        sa.select(IdempotencyRecord.actor, IdempotencyRecord.key)
        .where(IdempotencyRecord.at < clock.now() - ANSWERS_KEPT)
        .limit(BATCH)
    )
    key = sa.tuple_(IdempotencyRecord.actor, IdempotencyRecord.key)
    return s.changed(sa.delete(IdempotencyRecord).where(key.in_(old)))


def _forget_events(s: WriteSession) -> int:
    owed = sa.select(Delivery.event_id).where(Delivery.event_id == Event.id, Delivery.done_at.is_(None))
    old = (
        sa.select(Event.id)
        .where(Event.created_at < clock.now() - EVENTS_KEPT, ~owed.exists())
        .order_by(Event.id)
        .limit(BATCH)
    )
    ids = s.scalars(old).all()
    s.execute(sa.delete(Delivery).where(Delivery.event_id.in_(ids)))
    s.execute(sa.delete(Event).where(Event.id.in_(ids)))
    return len(ids)
