"""The row of a spark, held and changed by one transaction at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.errors import NotFound, Stale
from server.sparks.models import prices, sparks
from server.sparks.record import noted

_STALE = "This spark was changed in the meantime. Nothing of yours was applied."


def locked(s: WriteSession, spark_id: UUID) -> Any:
    """A spark, which nobody else changes until this transaction ends. Raises NotFound."""
    row = s.execute(select(sparks).where(sparks.c.id == spark_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such spark.")
    return row


def expect(s: WriteSession, spark_id: UUID, version: int) -> None:
    """Raise Stale unless a spark is at `version`, which it then is until this transaction ends; NotFound."""
    if locked(s, spark_id).version != version:
        raise Stale(_STALE)


def edited(s: WriteSession, spark_id: UUID, version: int, **values: Any) -> Any:
    """A spark with other values, if it is still at `version`. Raises Stale."""
    now = clock.now()
    tell_of_begun(s, spark_id, now)
    after = s.execute(
        update(sparks)
        .where(sparks.c.id == spark_id, sparks.c.version == version)
        .values(version=version + 1, updated_at=now, **values)
        .returning(*sparks.c)
    ).one_or_none()
    if after is None:
        raise Stale(_STALE)
    return after


def tell_of_begun(s: WriteSession, spark_id: UUID, now: datetime) -> int:
    """Put on record which prices of a spark have begun by themselves since its last change; answers how many.

    Before each change, which would else hide them from the sweep, and up to the `updated_at` of that; and
    once, since nobody else changes the spark until this transaction ends.
    """
    since = s.scalar(select(sparks.c.updated_at).where(sparks.c.id == spark_id).with_for_update())
    if since is None:
        return 0
    mine = (prices.c.spark_id == spark_id, prices.c.valid_from > since, prices.c.valid_from <= now)
    begun = s.execute(select(prices).where(*mine).order_by(prices.c.valid_from)).all()
    for row in begun:
        noted(s, SYSTEM, "price_begun", spark_id, credits=row.credits, valid_from=row.valid_from.isoformat())
    return len(begun)
