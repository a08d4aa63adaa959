"""One ordered walk along an index: items with given values, by priority, due time and id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import Row, Select, Table, bindparam, select, tuple_

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
    s: AnySession, given: Mapping[str, Any], *, cleared: bool, after: Key | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """At most `limit` items whose columns have the `given` values, in order, from after the key on.

    After a key there are two parts, the rest of its priority and what is below: each is one range of the
    index, while a single condition over both would read from the start of the priority.
    """
    named = tuple(given)
    if after is None:
        return s.execute(_statement(named, cleared, "all"), {**given, "most": limit}).all()
    level, due_at, item_id = after
    place = {"level": level, "due": due_at, "last": item_id}
    rows = s.execute(_statement(named, cleared, "level"), {**given, **place, "most": limit}).all()
    if len(rows) == limit:
        return rows
    rest = {**given, "level": level, "most": limit - len(rows)}
    return [*rows, *s.execute(_statement(named, cleared, "below"), rest)]


@lru_cache(maxsize=64)
def _statement(
    given: tuple[str, ...], cleared: bool, part: Literal["all", "level", "below"]
) -> Select[*tuple[Any, ...]]:
    c = items.c
    found = select(*COLUMNS).where(*(c[name] == bindparam(name) for name in given))
    if not cleared:
        found = found.where(c.restricted.is_(False))
    if part == "level":
        last = tuple_(bindparam("due", type_=c.due_at.type), bindparam("last", type_=c.id.type))
        found = found.where(c.priority == bindparam("level"), tuple_(c.due_at, c.id) > last)
    elif part == "below":
        found = found.where(c.priority < bindparam("level"))
    return found.order_by(c.priority.desc(), c.due_at, c.id).limit(bindparam("most"))
