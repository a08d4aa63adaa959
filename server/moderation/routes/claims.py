"""Claims over HTTP: take an item, keep it, give it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from server.kit.access import Actor, require
from server.kit.db import WriteSession
from server.kit.errors import Invalid, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.wire import Frozen, Page
from server.moderation import service
from server.moderation.queries import serving
from server.moderation.routes.state import database, router, settings
from server.moderation.schemas import (
    Claim,
    ClaimRef,
    ClaimState,
    Colleague,
    Empty,
    Handover,
    Hold,
    NewClaim,
    NewPrefetch,
    Skip,
    TakeOver,
    Transfer,
)

NOTHING: dict[int | str, dict[str, Any]] = {204: {"description": "Nothing waits"}}


class _Taken(Frozen):
    """What a claim came to, as it is kept for its Idempotency-Key."""

    claim: Claim | None


def _answer(
    request: Request,
    actor: Actor,
    key: str | None,
    body: NewClaim | NewPrefetch,
    take: Callable[[WriteSession], Claim | None],
) -> Claim | Response:
    with database(request).write() as s:
        operation = f"moderation.{type(body).__name__}"
        taken = once(s, actor, key, operation, body, lambda: _Taken(claim=take(s)), _Taken)
    return taken.claim or Response(status_code=204)


@router.post("/claims", status_code=201, response_model=Claim, responses={**NOTHING, **problems(404, 409)})
def claim(
    request: Request,
    body: NewClaim,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.claim"),
) -> Claim | Response:
    """Claim the next item of a queue, the next of all one's queues, or one item by its id."""
    lease_s = settings(request).lease_s
    if body.item_id is not None and body.queue is not None:
        raise Invalid("Name a queue or an item, not both.")

    def take(s: WriteSession) -> Claim | None:
        if body.item_id is not None:
            return service.claim_item(s, actor=actor, item_id=body.item_id, lease_s=lease_s)
        return service.claim_next(s, actor=actor, queue=body.queue, lease_s=lease_s)

    return _answer(request, actor, idempotency_key, body, take)


@router.post(
    "/claims/prefetch", status_code=201, response_model=Claim, responses={**NOTHING, **problems(404, 409)}
)
def prefetch(
    request: Request,
    body: NewPrefetch,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.claim"),
) -> Claim | Response:
    """Claim the item after the present one for 60 s; its first heartbeat makes it the present one."""
    return _answer(
        request,
        actor,
        idempotency_key,
        body,
        lambda s: service.prefetch(s, actor=actor, queue=body.queue),
    )


@router.post("/items/{item_id}/heartbeat", responses=problems(404, 409))
def heartbeat(
    request: Request, item_id: UUID, body: ClaimRef, actor: Actor = require("moderation.claim")
) -> ClaimState:
    """Keep a claim alive."""
    with database(request).write() as s:
        return service.heartbeat(
            s, actor=actor, item_id=item_id, token=body.claim_token, lease_s=settings(request).lease_s
        )


@router.post("/items/{item_id}/release", responses=problems(404, 409))
def release(
    request: Request, item_id: UUID, body: ClaimRef, actor: Actor = require("moderation.claim")
) -> ClaimState:
    """Give an item back."""
    with database(request).write() as s:
        return service.release(s, actor=actor, item_id=item_id, token=body.claim_token)


@router.post("/items/{item_id}/skip", responses=problems(404, 409))
def skip(
    request: Request, item_id: UUID, body: Skip, actor: Actor = require("moderation.claim")
) -> ClaimState:
    """Give an item back for good; it is not offered to you again."""
    with database(request).write() as s:
        return service.skip(s, actor=actor, item_id=item_id, token=body.claim_token, reason=body.reason)


@router.get("/items/{item_id}/colleagues", responses=problems(404))
def colleagues(
    request: Request, item_id: UUID, actor: Actor = require("moderation.claim")
) -> Page[Colleague]:
    """To whom this item can be handed over: who serves its queue and is not barred from it."""
    with database(request).read() as s:
        return serving.colleagues(s, actor=actor, item_id=item_id)


@router.post("/items/{item_id}/transfer", responses=problems(404, 409))
def transfer(
    request: Request, item_id: UUID, body: Transfer, actor: Actor = require("moderation.claim")
) -> ClaimState:
    """Hand an item that you have over to a colleague."""
    lease_s = settings(request).lease_s
    with database(request).write() as s:
        return service.transfer(s, actor=actor, item_id=item_id, body=body, lease_s=lease_s)


@router.get("/handovers")
def handovers(request: Request, actor: Actor = require("moderation.claim")) -> Page[Handover]:
    """Which of the items that you have were handed to you, oldest first."""
    with database(request).read() as s:
        return serving.handovers(s, actor=actor)


@router.post("/items/{item_id}/take-over", responses=problems(404, 409))
def take_over(
    request: Request, item_id: UUID, body: TakeOver, actor: Actor = require("moderation.lead")
) -> Claim:
    """Take an item from whoever has it."""
    lease_s = settings(request).lease_s
    with database(request).write() as s:
        return service.take_over(s, actor=actor, item_id=item_id, reason=body.reason, lease_s=lease_s)


@router.post("/items/{item_id}/hold", responses=problems(404, 409))
def hold(
    request: Request, item_id: UUID, body: Hold, actor: Actor = require("moderation.claim")
) -> ClaimState:
    """Set an item aside for yourself, at most for a day."""
    with database(request).write() as s:
        return service.hold(
            s,
            actor=actor,
            item_id=item_id,
            token=body.claim_token,
            reason=body.reason,
            seconds=body.seconds,
        )


@router.post("/items/{item_id}/resume", responses=problems(404, 409))
def resume(request: Request, item_id: UUID, body: Empty, actor: Actor = require("moderation.claim")) -> Claim:
    """Take up again what you set aside."""
    with database(request).write() as s:
        return service.resume(s, actor=actor, item_id=item_id, lease_s=settings(request).lease_s)
