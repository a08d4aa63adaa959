"""What sparks cost, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from server.kit import paging
from server.kit.access import Actor, require
from server.kit.errors import problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.paging import Page
from server.kit.params import Cursor, IfMatch, Limit, tagged, version_of
from server.kit.routing import LateRoute
from server.kit.wire import Instant
from server.sparks import pricing, queries, views
from server.sparks.routes import database, spark_view, telling
from server.sparks.schemas import NewPrice, PriceView, SparkView

router = APIRouter(
    prefix="/v1/sparks",
    tags=["sparks"],
    responses=problems(400, 401, 403, 413, 422, 503),
    route_class=LateRoute,
)


@router.get("/{spark_id}/prices", responses=problems(404))
def list_prices(
    request: Request,
    spark_id: UUID,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("sparks.read"),
) -> Page[PriceView]:
    """What a spark cost and costs, the last first; what is planned is for whoever may edit."""
    before = paging.key_of(cursor, datetime)
    with database(request).read() as s:
        spark_view(s, actor, spark_id)
        rows = queries.price_page(s, actor, spark_id, before=before, limit=limit + 1)
    shown, then = paging.trim(rows, limit, lambda row: (row.valid_from,))
    return Page(items=[views.price(row) for row in shown], next_cursor=then)


@router.post("/{spark_id}/prices", status_code=201, responses=problems(404, 409, 412))
def set_price(
    request: Request,
    response: Response,
    spark_id: UUID,
    body: NewPrice,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("sparks.publish"),
) -> SparkView:
    """Let a spark cost so much from now or a later time on, within what its tier allows."""

    def put() -> SparkView:
        pricing.set_price(
            s,
            actor=actor,
            spark_id=spark_id,
            version=version_of(if_match),
            credits_each=body.credits,
            valid_from=body.valid_from,
        )
        return spark_view(s, actor, spark_id)

    with database(request).write() as s, telling(s, actor, spark_id):
        operation = f"sparks.set_price {spark_id}"
        found = once(s, actor, idempotency_key, operation, body, put, SparkView)
    tagged(response, found.version)
    return found


@router.delete("/{spark_id}/prices/{valid_from}", responses=problems(404, 409, 412))
def withdraw_price(
    request: Request,
    response: Response,
    spark_id: UUID,
    valid_from: Annotated[Instant, Path(description="When the price would begin, as the list has it")],
    if_match: IfMatch,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("sparks.publish"),
) -> SparkView:
    """Take back a price that is planned; the one before goes on. One that has begun stays."""

    def withdraw() -> SparkView:
        version = version_of(if_match)
        pricing.withdraw(s, actor=actor, spark_id=spark_id, version=version, valid_from=valid_from)
        return spark_view(s, actor, spark_id)

    with database(request).write() as s, telling(s, actor, spark_id):
        operation = f"sparks.withdraw_price {spark_id} {valid_from.isoformat()}"
        found = once(s, actor, idempotency_key, operation, None, withdraw, SparkView)
    tagged(response, found.version)
    return found
