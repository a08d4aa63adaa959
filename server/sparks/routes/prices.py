"""What sparks cost, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request

from server.kit import paging
from server.kit.access import Actor, require
from server.kit.db import WriteSession
from server.kit.errors import problems
from server.kit.paging import Page
from server.kit.params import Cursor, Limit
from server.kit.wire import Instant
from server.sparks import pricing, queries, views
from server.sparks.routes.state import Edit, database, router, spark_view
from server.sparks.schemas import NewPrice, PriceView, SparkView


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
    spark_id: UUID, body: NewPrice, edit: Edit, actor: Actor = require("sparks.publish")
) -> SparkView:
    """Let a spark cost so much from now or a later time on, within what its tier allows."""

    def put(s: WriteSession) -> None:
        pricing.set_price(
            s,
            actor=actor,
            spark_id=spark_id,
            version=edit.version,
            credits_each=body.credits,
            valid_from=body.valid_from,
        )

    return edit.spark(actor, spark_id, f"sparks.set_price {spark_id}", body, put)


@router.delete("/{spark_id}/prices/{valid_from}", responses=problems(404, 409, 412))
def withdraw_price(
    spark_id: UUID,
    valid_from: Annotated[Instant, Path(description="When the price would begin, as the list has it")],
    edit: Edit,
    actor: Actor = require("sparks.publish"),
) -> SparkView:
    """Take back a price that is planned; the one before goes on. One that has begun stays."""

    def withdraw(s: WriteSession) -> None:
        pricing.withdraw(s, actor=actor, spark_id=spark_id, version=edit.version, valid_from=valid_from)

    operation = f"sparks.withdraw_price {spark_id} {valid_from.isoformat()}"
    return edit.spark(actor, spark_id, operation, None, withdraw)
