"""Creators' records, search, private figures and saved reasons over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from server.kit.access import Actor, require
from server.kit.errors import problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.params import IfMatch, tagged, version_of
from server.kit.wire import Page, text
from server.moderation import service
from server.moderation.queries import creators, reasons
from server.moderation.queries.search import search
from server.moderation.routes.state import database, router
from server.moderation.schemas import (
    CreatorPage,
    Found,
    MyStats,
    SavedReasonBody,
    SavedReasonRow,
)


@router.get("/creators/{person_id}", responses=problems(404))
def creator(request: Request, person_id: UUID, actor: Actor = require("people.history")) -> CreatorPage:
    """The record of a creator: strikes, decisions, flags received, what is open."""
    with database(request).read() as s:
        return creators.creator_page(s, actor=actor, person_id=person_id)


@router.get("/search")
def find(
    request: Request, q: Annotated[str, Query(), text(300)], actor: Actor = require("moderation.read")
) -> Page[Found]:
    """By id, address, @handle or the beginning of a name or title; at most 20 results."""
    with database(request).read() as s:
        return Page[Found](items=search(s, actor=actor, q=q))


@router.get("/stats/me")
def my_stats(request: Request, actor: Actor = require("moderation.decide")) -> MyStats:
    """Your own figures; nobody else can read them."""
    with database(request).read() as s:
        return creators.my_stats(s, actor=actor)


@router.get("/reasons")
def saved_reasons(request: Request, actor: Actor = require("moderation.note")) -> Page[SavedReasonRow]:
    """Your saved reasons and the team's."""
    with database(request).read() as s:
        return Page[SavedReasonRow](items=reasons.saved(s, actor=actor))


@router.post("/reasons", status_code=201, responses=problems(409))
def save_reason(
    request: Request,
    body: SavedReasonBody,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.note"),
) -> SavedReasonRow:
    """Keep a ready text for the facts of decisions."""
    with database(request).write() as s:

        def save() -> SavedReasonRow:
            return reasons.row_of(service.save_reason(s, actor=actor, body=body))

        return once(s, actor, idempotency_key, "moderation.reason", body, save, SavedReasonRow)


@router.put("/reasons/{reason_id}", responses=problems(404, 412))
def edit_reason(
    request: Request,
    response: Response,
    reason_id: UUID,
    body: SavedReasonBody,
    if_match: IfMatch,
    actor: Actor = require("moderation.note"),
) -> SavedReasonRow:
    """Change a saved reason."""
    with database(request).write() as s:
        reason = service.edit_reason(
            s, actor=actor, reason_id=reason_id, version=version_of(if_match), body=body
        )
        row = reasons.row_of(reason)
    tagged(response, row.version)
    return row


@router.delete("/reasons/{reason_id}", status_code=204, responses=problems(404))
def delete_reason(request: Request, reason_id: UUID, actor: Actor = require("moderation.note")) -> None:
    """Throw a saved reason away."""
    with database(request).write() as s:
        service.delete_reason(s, actor=actor, reason_id=reason_id)
