"""What a spark costs and when: a price holds from one moment to the next, and what was ever in force stays.

Whoever changes prices has changed the row of the spark before, and so waits for all others who do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Invalid
from server.sparks.engine.format.spark import Tier
from server.sparks.models import prices
from server.sparks.rules import fits, range_said


def put(
    s: WriteSession, *, actor: Actor, spark_id: UUID, tier: Tier, credits_each: int, valid_from: datetime
) -> None:
    """Let a price hold from a moment on, up to the next one that is planned. One that is planned for the very
    moment is replaced. Raises Invalid `price_out_of_range`, Conflict `price_in_force`."""
    if not fits(tier, credits_each):
        raise Invalid(range_said(tier), code="price_out_of_range")
    rows, now = _all(s, spark_id), clock.now()
    same = next((row for row in rows if row.valid_from == valid_from), None)
    if same is not None:
        if valid_from <= now:
            raise Conflict("A price has just begun at this very moment. Try again.", code="price_in_force")
        s.execute(
            update(prices)
            .where(prices.c.spark_id == spark_id, prices.c.valid_from == valid_from)
            .values(credits=credits_each, author=actor.ref, at=now)
        )
        return
    before = [row for row in rows if row.valid_from < valid_from]
    after = [row for row in rows if row.valid_from > valid_from]
    if before:
        _end(s, before[-1], valid_from)
    values = {
        "spark_id": spark_id,
        "valid_from": valid_from,
        "valid_to": after[0].valid_from if after else None,
        "credits": credits_each,
        "author": actor.ref,
        "at": now,
    }
    s.execute(insert(prices).values(values))


def fit(s: WriteSession, *, actor: Actor, spark_id: UUID, tier: Tier, credits_each: int) -> None:
    """See that a spark that is published costs what its tier allows from now on: what is planned otherwise is
    dropped, and where nothing else is in force `credits_each` is."""
    now = clock.now()
    for row in _all(s, spark_id):
        if row.valid_from > now and not fits(tier, row.credits):
            _drop(s, row)
    held = next((row for row in _all(s, spark_id) if _holds(row, now)), None)
    if held is None or not fits(tier, held.credits):
        put(s, actor=actor, spark_id=spark_id, tier=tier, credits_each=credits_each, valid_from=now)


def _holds(row: Any, at: datetime) -> bool:
    return bool(row.valid_from <= at and (row.valid_to is None or row.valid_to > at))


def _all(s: WriteSession, spark_id: UUID) -> Sequence[Any]:
    return s.execute(select(prices).where(prices.c.spark_id == spark_id).order_by(prices.c.valid_from)).all()


def _end(s: WriteSession, row: Any, at: datetime | None) -> None:
    mine = (prices.c.spark_id == row.spark_id, prices.c.valid_from == row.valid_from)
    s.execute(update(prices).where(*mine).values(valid_to=at))


def _drop(s: WriteSession, row: Any) -> None:
    """Take back a price that was never in force; the one before goes on."""
    s.execute(delete(prices).where(prices.c.spark_id == row.spark_id, prices.c.valid_from == row.valid_from))
    before = (prices.c.spark_id == row.spark_id, prices.c.valid_to == row.valid_from)
    s.execute(update(prices).where(*before).values(valid_to=row.valid_to))
