"""Flags and policies over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from server.kit.access import Actor, require
from server.kit.errors import problems
from server.kit.idempotency import IdempotencyKey, once
from server.moderation import policy, service
from server.moderation.routes.state import database, router
from server.moderation.schemas import Empty, FlagReceipt, NewFlag, Policies


@router.get("/policies", responses=problems(409))
def policies(request: Request, actor: Actor = require("moderation.policies")) -> Policies:
    """The policy tree in force; a node's parent is its code without the last part."""
    with database(request).read() as s:
        tree = policy.current(s)
    return Policies(version=tree.version, items=list(tree.nodes.values()))


@router.post("/flags", status_code=201, responses=problems(404, 409, 429))
def flag(
    request: Request,
    body: NewFlag,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("moderation.flag"),
) -> FlagReceipt:
    """Flag a piece of content. Saying the same twice counts once and answers `duplicate`.

    Ten a minute, sixty an hour; five a day of the restricted class. Staff is exempt.
    """
    with database(request).write() as s:

        def receive() -> FlagReceipt:
            service.check_flood(s, actor=actor, policy=body.policy)
            return service.receive_flag(
                s,
                actor=actor,
                content_type=body.content_type,
                content_id=body.content_id,
                policy=body.policy,
                note=body.note,
                ranges=body.ranges,
                source=body.source,
                source_ref=body.source_ref,
                confidence_bp=body.confidence_bp,
            )

        return once(s, actor, idempotency_key, "moderation.flag", body, receive, FlagReceipt)


@router.post("/flags/{flag_id}/withdraw", responses=problems(404, 409))
def withdraw(
    request: Request, flag_id: UUID, body: Empty, actor: Actor = require("moderation.flag")
) -> FlagReceipt:
    """Take one's own flag back before it is judged."""
    with database(request).write() as s:
        return service.withdraw_flag(s, actor=actor, flag_id=flag_id)
