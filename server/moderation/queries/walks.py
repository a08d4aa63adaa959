"""Ordered walks along an index: items with given values, by priority, due time and id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Integer, Row, Select, Table, bindparam, literal_column, select, tuple_, union_all

from server.kit.db import AnySession
from server.moderation.models import Item

items = cast(Table, Item.__table__)

KEY = (int, datetime, UUID)
Key = tuple[int, datetime, UUID]
"""The place of an item in the order: priority, due time, id."""

COLUMNS = tuple(
    items.c[name]
    for name in (
        "id",
        "queue_id",
        "state",
        "stage",
        "first_opinion_id",
        "content_type",
        "content_id",
        "policy",
        "severity",
        "priority",
        "priority_why",
        "due_at",
        "legal_due_at",
        "flag_count",
        "max_confidence_bp",
        "subject_title",
        "subject_owner_id",
        "claimed_by",
        "lease_until",
        "created_at",
        "version",
    )
)
"""What a row of a list shows."""


def walk(
    s: AnySession,
    starts: Sequence[Mapping[str, Any]],
    *,
    cleared: bool,
    after: Key | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """At most `limit` items in order, after the key, whose columns have the values of one of `starts`.

    All starts name the same columns. Each is a walk of its own; they are merged by the database, because
    every statement costs more than the rows of the walks that turn out empty.
    """
    given = {f"{name}_{n}": value for n, start in enumerate(starts) for name, value in start.items()}
    if after is not None:
        given |= dict(zip(("level", "due", "last"), after, strict=True))
    named = tuple(starts[0])
    statement = _statement(named, len(starts), limit, cleared=cleared, begun=after is not None)
    s.plan_once()
    return s.core.execute(statement, given).all()


@lru_cache(maxsize=64)
def _statement(named: tuple[str, ...], count: int, limit: int, *, cleared: bool, begun: bool) -> Select[Any]:
    # Written out: a plan for all values would take a parameter for a tenth of the table.
    most = literal_column(str(limit), Integer())
    walks = [
        select(*walk.limit(most).subquery().c)
        for n in range(count)
        for walk in _walks(named, n, cleared=cleared, begun=begun)
    ]
    merged = union_all(*walks)
    # Keys alone: psycopg takes apart a statement of more than 4,096 characters each time it is run, which
    # only that for cleared leads is.
    first = merged.order_by(*_order(merged.selected_columns)).limit(most).subquery("first")
    return select(*COLUMNS).join(first, first.c.id == items.c.id).order_by(*_order(first.c))


def _walks(named: tuple[str, ...], n: int, *, cleared: bool, begun: bool) -> list[Select[*tuple[Any, ...]]]:
    """After a key there are two parts, the rest of its priority and what is below: each is one range of the
    index, while a single condition over both would read from the start of the priority."""
    c = items.alias("w").c
    keys = select(c.priority, c.due_at, c.id)
    found = keys.where(*(c[name] == bindparam(f"{name}_{n}") for name in named)).order_by(*_order(c))
    if not cleared:
        found = found.where(c.restricted.is_(False))
    if not begun:
        return [found]
    level = bindparam("level", type_=c.priority.type)
    last = tuple_(bindparam("due", type_=c.due_at.type), bindparam("last", type_=c.id.type))
    rest = found.where(c.priority == level, tuple_(c.due_at, c.id) > last)
    return [rest, found.where(c.priority < level)]


def _order(c: Any) -> tuple[Any, Any, Any]:
    return c.priority.desc(), c.due_at, c.id
