"""The open queue as the client holds it: read as one stream, renewed by ids, kept for an offline start."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from sys import intern
from typing import Any, Final, NamedTuple

from server.kit.wire import Page
from server.moderation.rules import OPEN, RESTRICTED_QUEUES
from server.moderation.schemas import ItemRow
from studio.api.client import Api, broken_protocol
from studio.api.errors import ApiError, Offline
from studio.offline.store import Store

PATH: Final = "/v1/moderation/queue/snapshot"
KEPT: Final = "moderation.queue"
CHUNK: Final = 5_000
BATCH: Final = 100
"""Ids in one request: an address of some 4 kB, which every proxy lets through."""


class QueueRow(NamedTuple):
    """An open item as the queue lists it; a tuple, since there may be 100,000 of them.

    `due`, `lease_until` and `created` are ms since 1970; `creator` and `claimed_by` are handles.
    """

    id: str
    queue: str
    state: str
    stage: int
    priority: int
    due: int
    policy: str
    severity: str
    score_bp: int | None
    flag_count: int
    content_type: str
    title: str
    creator: str | None
    claimed_by: str | None
    lease_until: int | None
    created: int
    version: int


class PolicyTitles(dict[str, str]):
    """Titles of policies by code. For a code that is not known yet it makes one up from its last part.

    A dict, so that asking 100,000 times costs no Python call.
    """

    def __missing__(self, code: str) -> str:
        made_up = self[code] = code.rpartition(".")[2].replace("_", " ").capitalize()
        return made_up


_REPEATED: Final = ("queue", "state", "policy", "severity", "content_type", "creator", "claimed_by")


def rows_of(columns: Mapping[str, Sequence[Any]]) -> list[QueueRow]:
    """Return the rows of one line of columns; words that repeat are held once.

    Raises ServerFault when a column is missing or of another length than the others.
    """
    try:
        shared = {name: [v and intern(v) for v in columns[name]] for name in _REPEATED}
        values = [shared.get(name) or columns[name] for name in QueueRow._fields]
        return list(map(QueueRow._make, zip(*values, strict=True)))
    except (KeyError, TypeError, ValueError) as error:
        raise broken_protocol("the queue is not in columns") from error


def row_of(item: ItemRow) -> QueueRow:
    """Return the row of one item."""
    return QueueRow(
        id=str(item.id),
        queue=item.queue,
        state=item.state.value,
        stage=item.stage,
        priority=item.priority,
        due=_ms(item.due_at),
        policy=item.policy,
        severity=item.severity.value,
        score_bp=item.score_bp,
        flag_count=item.flag_count,
        content_type=item.content_type.value,
        title=item.title,
        creator=item.creator_handle,
        claimed_by=item.claimed_by_handle,
        lease_until=_ms(item.lease_until) if item.lease_until else None,
        created=_ms(item.created_at),
        version=item.version,
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def read(api: Api, on_progress: Callable[[int], object]) -> list[QueueRow]:
    """Return the whole open queue; `on_progress` gets the number of rows so far.

    Cancelling ends the stream. Raises ApiError, also when the stream ends before its last line.
    """
    rows: list[QueueRow] = []
    async with api.ndjson(PATH) as lines:
        async for line in lines:
            if not isinstance(line, dict):
                raise broken_protocol("the queue is not in columns")
            if line.get("end"):
                if line.get("rows") != len(rows):
                    raise broken_protocol("the queue is not complete")
                return rows
            rows += rows_of(line)
            on_progress(len(rows))
    raise Offline()


async def fetch(api: Api, ids: Collection[str]) -> list[QueueRow]:
    """Return those of at most `BATCH` items that are open and that the person may see. Raises ApiError."""
    query = "&".join(f"ids={each}" for each in sorted(ids))
    answer = await api.get(f"/v1/moderation/items?{query}")
    return [row_of(item) for item in answer.model(Page[ItemRow]).items if item.state in OPEN]


def keep(store: Store, rows: Iterable[QueueRow], titles: Mapping[str, str]) -> None:
    """Store the queue and the names of its policies for an offline start; blocks for the disk.

    Items of the restricted class are left out: nothing of that class is written to a disk.
    """
    kept = [row for row in rows if row.queue not in RESTRICTED_QUEUES]
    packer = zlib.compressobj(1)
    # Line by line: one call over 100,000 rows would stop every other thread for its whole time.
    packed = [packer.compress(json.dumps(dict(titles)).encode() + b"\n")]
    for start in range(0, len(kept), CHUNK):
        columns = zip(QueueRow._fields, zip(*kept[start : start + CHUNK], strict=True), strict=True)
        packed.append(packer.compress(json.dumps(dict(columns)).encode() + b"\n"))
    store.put(KEPT, b"".join([*packed, packer.flush()]))


class Kept(NamedTuple):
    """What `keep` stored, and when."""

    rows: list[QueueRow]
    titles: dict[str, str]
    stored_at: datetime


def recall(store: Store) -> Kept | None:
    """Return what was kept last, or None when there is nothing that can be read."""
    cached = store.get(KEPT)
    if cached is None:
        return None
    try:
        titles, *chunks = zlib.decompress(cached.value).split(b"\n")[:-1]
        rows = [row for chunk in chunks for row in rows_of(json.loads(chunk))]
        return Kept(rows, json.loads(titles), cached.stored_at)
    except (ApiError, ValueError, zlib.error):
        return None  # also the rows of another version of this program, which has other columns
