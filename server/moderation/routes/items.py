"""Reading the queue over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from server.kit import paging
from server.kit.access import Actor, require
from server.kit.errors import BadRequest, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.params import Cursor, Limit
from server.kit.wire import Page
from server.moderation import service
from server.moderation.queries import items, review, walks
from server.moderation.routes.state import database, router
from server.moderation.rules import ItemState
from server.moderation.schemas import ItemRow, NewNote, NoteReceipt, PolicyCode, QueueCount, QueueId, Review


@router.get("/queues")
def queues(request: Request, actor: Actor = require("moderation.read")) -> Page[QueueCount]:
    """The queues and how much waits in each, counted up to 1000."""
    with database(request).read() as s:
        return items.queues(s, actor=actor)


@router.get(
    "/queue/snapshot",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}}},
)
def snapshot(request: Request, actor: Actor = require("moderation.read")) -> StreamingResponse:
    """The whole open queue: lines of columns (at most 5,000 rows each), then `{"end": true, ...}`."""
    lines = items.snapshot(database(request), actor=actor)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


@router.get("/items")
def listing(
    request: Request,
    queue: QueueId | None = None,
    state: ItemState | None = None,
    policy: PolicyCode | None = None,
    creator: UUID | None = None,
    ids: Annotated[list[UUID] | None, Query(max_length=200, description="These, instead of a page")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("moderation.read"),
) -> Page[ItemRow]:
    """Items in the order in which they are picked; by default those that wait."""
    after = _key(cursor) if cursor else None
    with database(request).read() as s:
        if ids is not None:
            return Page[ItemRow](items=items.by_ids(s, actor=actor, ids=ids))
        return items.page(
            s,
            actor=actor,
            queue=queue,
            state=state,
            policy=policy,
            creator=creator,
            after=after,
            limit=limit,
        )


def _key(cursor: str) -> walks.Key:
    level, due_at, item_id = paging.decode(cursor, *walks.KEY)
    if abs(level) >= 2**31:
        raise BadRequest("This cursor was not made by this server.", code="bad_cursor")
    return level, due_at, item_id


@router.get("/items/{item_id}", responses=problems(404, 409))
def read(request: Request, item_id: UUID, actor: Actor = require("moderation.read")) -> Review:
    """Everything that the review of one item needs."""
    with database(request).read() as s:
        return review.review(s, actor=actor, item_id=item_id)


@router.post("/items/{item_id}/notes", status_code=201, responses=problems(404, 409))
def note(
    request: Request,
    item_id: UUID,
    body: NewNote,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.note"),
) -> NoteReceipt:
    """Keep a note on an item, possibly at a moment of its video."""
    with database(request).write() as s:

        def add() -> NoteReceipt:
            return NoteReceipt(id=service.add_note(s, actor=actor, item_id=item_id, body=body))

        return once(s, actor, idempotency_key, f"moderation.note {item_id}", body, add, NoteReceipt)
