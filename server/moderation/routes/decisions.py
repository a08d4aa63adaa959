"""Decisions over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from server.kit.access import Actor, require
from server.kit.bodies import body_limit
from server.kit.errors import NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.moderation import service
from server.moderation.models import Decision
from server.moderation.queries.decisions import decisions
from server.moderation.routes.state import database, router, settings
from server.moderation.schemas import (
    DecisionReceipt,
    DecisionRow,
    Empty,
    Judgement,
    NewDecision,
    Reclaim,
)


@router.post(
    "/items/{item_id}/decisions",
    status_code=201,
    responses=problems(404, 409),
    openapi_extra=body_limit(2 << 20),
)
def decide(
    request: Request,
    item_id: UUID,
    body: NewDecision,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.decide"),
) -> DecisionReceipt:
    """Decide a claimed item; the effects come when the grace is over."""
    with database(request).write() as s:
        return once(
            s,
            actor,
            idempotency_key,
            f"moderation.decide {item_id}",
            body,
            lambda: service.decide(
                s, actor=actor, item_id=item_id, body=body, grace_s=settings(request).grace_s
            ),
            DecisionReceipt,
        )


@router.get("/decisions/{decision_id}", responses=problems(404))
def read(request: Request, decision_id: UUID, actor: Actor = require("moderation.read")) -> DecisionRow:
    """One decision and what became of it."""
    with database(request).read() as s:
        found = decisions(s, actor=actor, where=Decision.id == decision_id, limit=1)
    if not found:
        raise NotFound("There is no such decision.")
    return found[0]


@router.post("/decisions/{decision_id}/undo", responses=problems(404, 409))
def undo(
    request: Request,
    decision_id: UUID,
    body: Empty,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.decide"),
) -> Reclaim:
    """Take your decision back before it takes effect; the item is yours again."""
    with database(request).write() as s:
        return once(
            s,
            actor,
            idempotency_key,
            f"moderation.undo {decision_id}",
            body,
            lambda: service.undo(s, actor=actor, decision_id=decision_id, lease_s=settings(request).lease_s),
            Reclaim,
        )


@router.post("/decisions/{decision_id}/reverse", status_code=201, responses=problems(404, 409))
def reverse(
    request: Request,
    decision_id: UUID,
    body: Judgement,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.lead", step_up=True),
) -> DecisionReceipt:
    """Replace a decision that has taken effect by another one; asks for a recent one-time code."""
    with database(request).write() as s:
        return once(
            s,
            actor,
            idempotency_key,
            f"moderation.reverse {decision_id}",
            body,
            lambda: service.reverse(s, actor=actor, decision_id=decision_id, body=body),
            DecisionReceipt,
        )
