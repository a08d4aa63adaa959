"""What a spark costs and when: a price holds from one moment to the next, and what was ever in force stays.

Whoever changes prices has changed the row of the spark before, and so waits for all others who do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Invalid, NotFound
from server.sparks.engine.format.spark import Tier
from server.sparks.models import prices, sparks
from server.sparks.record import changed, noted, told
from server.sparks.rows import edited, locked, tell_of_begun
from server.sparks.rules import fits, range_said

FARTHEST = timedelta(days=3_650)
"""How far ahead a price may be planned."""


def set_price(
    s: WriteSession,
    *,
    actor: Actor,
    spark_id: UUID,
    version: int,
    credits_each: int,
    valid_from: datetime | None = None,
) -> None:
    """Let a spark that is still at `version` cost so much, from now (None) or a later time on, up to the next
    price that is planned.

    Raises NotFound, Stale, Invalid `price_out_of_range`, `price_in_past`, `price_too_far`, Conflict
    `price_in_force`.
    """
    row, now = locked(s, spark_id), clock.now()
    begins = now if valid_from is None else valid_from
    if begins < now:
        raise Invalid("A price begins now or later: what was asked before stays.", code="price_in_past")
    if begins > now + FARTHEST:
        raise Invalid("A price can be planned for the next ten years.", code="price_too_far")
    after = edited(s, spark_id, version)
    put(s, actor=actor, spark_id=spark_id, tier=row.tier, credits_each=credits_each, valid_from=begins)
    changed(s, actor, "priced", after, credits=credits_each, valid_from=begins.isoformat())


def withdraw(s: WriteSession, *, actor: Actor, spark_id: UUID, version: int, valid_from: datetime) -> None:
    """Take back a price that is planned for a spark that is still at `version`; the one before goes on.

    Raises NotFound, Stale, Conflict `price_in_force` for a price that has begun.
    """
    locked(s, spark_id)
    after = edited(s, spark_id, version)
    row = next((row for row in _all(s, spark_id) if row.valid_from == valid_from), None)
    if row is None:
        raise NotFound("No price of this spark begins then.")
    if row.valid_from <= clock.now():
        raise Conflict("This price has begun: what was asked stays on record.", code="price_in_force")
    _drop(s, row)
    changed(s, actor, "price_dropped", after, credits=row.credits, valid_from=valid_from.isoformat())


def begin(s: WriteSession, *, spark_id: UUID) -> int:
    """Tell of the prices of a spark that have begun by themselves since it was last changed; answers how many
    those were. That changes what it costs, and so counts as a change of it."""
    now = clock.now()
    begun = tell_of_begun(s, spark_id, now)
    if begun:
        values = {"version": sparks.c.version + 1, "updated_at": now}
        change = update(sparks).where(sparks.c.id == spark_id).values(values).returning(*sparks.c)
        told(s, s.execute(change).one())
    return begun


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


def fit(
    s: WriteSession, *, actor: Actor, spark_id: UUID, tier: Tier, credits_each: int, at: datetime
) -> None:
    """See that a spark that was published at `at` costs what its tier allows from then on: what is planned
    otherwise is dropped, and where nothing else is in force `credits_each` is. Each is put on record; the
    clients hear of the publication."""
    for row in _all(s, spark_id):
        if row.valid_from > at and not fits(tier, row.credits):
            _drop(s, row)
            begins = row.valid_from.isoformat()
            noted(s, actor, "price_dropped", spark_id, credits=row.credits, valid_from=begins)
    held = next((row for row in _all(s, spark_id) if _holds(row, at)), None)
    if held is None or not fits(tier, held.credits):
        put(s, actor=actor, spark_id=spark_id, tier=tier, credits_each=credits_each, valid_from=at)
        noted(s, actor, "priced", spark_id, credits=credits_each, valid_from=at.isoformat())


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
