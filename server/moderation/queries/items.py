"""Lists of items: pages of one table by keyset, counts that stop, and the whole open queue as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import DateTime, String, Table, bindparam, func, literal, select, type_coerce
from sqlalchemy.orm import aliased

from server.accounts.models import Person
from server.kit import paging
from server.kit.access import Actor
from server.kit.db import AnySession, Database
from server.kit.events import Event
from server.kit.wire import Page
from server.moderation.models import Item, Queue
from server.moderation.queries.scope import CLEARANCE, visible
from server.moderation.queries.walks import COLUMNS, Key, walk
from server.moderation.rules import OPEN, QUEUES, WAITING, ItemState, QueueKind
from server.moderation.schemas import ItemRow, QueueCount

_people = cast(Table, Person.__table__).c
_HANDLES = select(_people.id, _people.handle).where(_people.id.in_(bindparam("ids", expanding=True)))
COUNTED = 1000
CHUNK = 5000


def page(
    s: AnySession,
    *,
    actor: Actor,
    queue: str | None = None,
    state: ItemState | None = None,
    policy: str | None = None,
    creator: UUID | None = None,
    after: Key | None = None,
    limit: int,
) -> Page[ItemRow]:
    """Items in the order in which they are picked, from after the key `after` on; by default those that wait.

    Each combination of a leading column and a state is one short walk along an index that has the order
    already, so a deep page costs what the first one does; the walks are merged.
    """
    wanted = {"queue_id": queue, "policy": policy, "subject_owner_id": creator}
    given = {name: value for name, value in wanted.items() if value is not None}
    cleared = actor.can(CLEARANCE)
    starts: list[dict[str, Any]]
    if creator is not None or policy is not None:
        starts = [{**given, "state": each} for each in ([state] if state else WAITING)]
    else:
        starts = [
            {"queue_id": name, "state": state or waits}
            for (restricted, waits), name in QUEUES.items()
            if queue in (None, name) and (cleared or not restricted)
        ]
    rows = walk(s, starts, cleared=cleared, after=after, limit=limit + 1) if starts else []
    shown, then = paging.trim(rows, limit, lambda row: (row.priority, row.due_at, row.id))
    return Page[ItemRow](items=rows_of(s, shown), next_cursor=then)


def by_ids(s: AnySession, *, actor: Actor, ids: Collection[UUID]) -> list[ItemRow]:
    """Those of the items that exist and that the actor may see."""
    return rows_of(s, s.execute(select(*COLUMNS).where(Item.id.in_(ids), visible(actor))).all())


def rows_of(s: AnySession, rows: Sequence[Any]) -> list[ItemRow]:
    """Rows of COLUMNS as wire rows, with the handles of the people on them."""
    people = {row.subject_owner_id for row in rows} | {row.claimed_by for row in rows}
    names = handles(s, people)
    return [
        ItemRow(
            id=row.id,
            queue=row.queue_id,
            state=row.state,
            stage=row.stage,
            has_first_opinion=row.first_opinion_id is not None,
            content_type=row.content_type,
            content_id=row.content_id,
            policy=row.policy,
            severity=row.severity,
            priority=row.priority,
            priority_why=row.priority_why,
            due_at=row.due_at,
            legal_due_at=row.legal_due_at,
            flag_count=row.flag_count,
            score_bp=row.max_confidence_bp,
            title=row.subject_title,
            owner_id=row.subject_owner_id,
            creator_handle=names.get(row.subject_owner_id),
            claimed_by=row.claimed_by,
            claimed_by_handle=names.get(row.claimed_by),
            lease_until=row.lease_until,
            created_at=row.created_at,
            version=row.version,
        )
        for row in rows
    ]


def handles(s: AnySession, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The handle of each person among `ids`, in one query."""
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    rows = s.execute(_HANDLES, {"ids": list(wanted)})
    return {row.id: row.handle for row in rows}


def queues(s: AnySession, *, actor: Actor) -> Page[QueueCount]:
    """The queues that exist for the actor, each with how many items wait in it, counted up to 1000."""
    found = []
    for row in s.execute(select(Queue).order_by(Queue.kind, Queue.tier, Queue.id)).scalars():
        if row.kind is QueueKind.RESTRICTED and not actor.can(CLEARANCE):
            continue
        some = select(literal(1)).where(Item.queue_id == row.id, Item.state == row.waits, visible(actor))
        count = s.execute(select(func.count()).select_from(some.limit(COUNTED + 1).subquery())).scalar_one()
        found.append(
            QueueCount(
                id=row.id,
                name=row.name,
                kind=row.kind,
                tier=row.tier,
                waiting=min(count, COUNTED),
                more=count > COUNTED,
            )
        )
    return Page[QueueCount](items=found)


SNAPSHOT = (
    "id",
    "queue",
    "state",
    "stage",
    "priority",
    "due",
    "policy",
    "severity",
    "score_bp",
    "flag_count",
    "content_type",
    "title",
    "creator",
    "claimed_by",
    "lease_until",
    "created",
    "version",
)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)


WRITTEN: Mapping[str, Callable[[Any], object]] = {"id": str, "due": _ms, "lease_until": _ms, "created": _ms}
"""How the values are written that JSON does not know."""


def _word(column: Any) -> Any:
    """The value of an enumeration as the database has it: to make members of 100,000 takes its time."""
    return type_coerce(column, String)


def _time(column: Any) -> Any:
    """A moment without what `UTCDateTime` does to each one."""
    return type_coerce(column, DateTime(timezone=True))


_creator, _claimer = aliased(Person), aliased(Person)
_SHOWN = (
    select(
        Item.id,
        Item.queue_id,
        _word(Item.state),
        Item.stage,
        Item.priority,
        _time(Item.due_at),
        Item.policy,
        _word(Item.severity),
        Item.max_confidence_bp,
        Item.flag_count,
        _word(Item.content_type),
        Item.subject_title,
        _creator.handle.label("creator"),
        _claimer.handle.label("claimer"),
        _time(Item.lease_until),
        _time(Item.created_at),
        Item.version,
    )
    .outerjoin(_creator, _creator.id == Item.subject_owner_id)
    .outerjoin(_claimer, _claimer.id == Item.claimed_by)
)
"""The values of SNAPSHOT."""


def snapshot(db: Database, *, actor: Actor) -> Iterator[bytes]:
    """The whole open queue as NDJSON: lines of columns, up to 5,000 rows each; memory holds one id an item.

    A line maps each name of SNAPSHOT to its values; times are ms since 1970. The last line is
    `{"end": true, "rows": n, "as_of": id}` with the newest event when the reading began: a change that
    is announced after that may be missing in the rows. Each line is read in a session of its own, none of
    which is open while a slow client takes its time, and no item comes twice.
    """
    is_shown = (Item.state.in_(OPEN), visible(actor))
    is_queued = (Item.queue_id.in_(QUEUES.values()), *is_shown)
    with db.read() as s:
        as_of = s.scalar(select(func.max(Event.id))) or 0
        rows = s.execute(_SHOWN.where(*is_queued).limit(CHUNK)).all()
        told = {row.id for row in rows}
        # Most queues end here: to look each item up by its id would take as long once more.
        ids = s.scalars(select(Item.id).where(*is_queued)).all() if len(rows) == CHUNK else []
    left = [each for each in ids if each not in told]
    total = len(rows)
    if rows:
        yield _line(rows)
    for start in range(0, len(left), CHUNK):
        with db.read() as s:
            rows = s.execute(_SHOWN.where(Item.id.in_(left[start : start + CHUNK]), *is_shown)).all()
        if rows:
            total += len(rows)
            yield _line(rows)
    yield json.dumps({"end": True, "rows": total, "as_of": as_of}).encode() + b"\n"


def _line(rows: Sequence[Any]) -> bytes:
    columns = {
        name: [*map(WRITTEN[name], values)] if name in WRITTEN else values
        for name, values in zip(SNAPSHOT, zip(*rows, strict=True), strict=True)
    }
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
