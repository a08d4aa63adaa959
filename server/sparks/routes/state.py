"""The router, what its routes take from the application, and how each edit of a spark is done once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from server.kit.access import Actor
from server.kit.db import AnySession, WriteSession
from server.kit.errors import NotFound, Stale
from server.kit.idempotency import Answer, IdempotencyKey, once
from server.kit.params import IfMatch, tagged, version_of
from server.kit.routing import database as database
from server.kit.routing import domain_router
from server.sparks import queries, views
from server.sparks.schemas import SparkView

router = domain_router("sparks")


def spark_view(s: AnySession, actor: Actor, spark_id: UUID) -> SparkView:
    """A spark as it is now. Raises NotFound."""
    row = queries.spark(s, actor, spark_id)
    if row is None:
        raise NotFound("There is no such spark.")
    return views.spark(row)


@dataclass(frozen=True)
class SentEdit:
    """What every edit of a spark is sent with: the `version` that it starts from, and perhaps a key by which
    it happens once. Who may send it is said by its route."""

    request: Request
    response: Response
    version: int
    key: str | None

    def once(
        self,
        actor: Actor,
        spark_id: UUID,
        operation: str,
        body: BaseModel | None,
        do: Callable[[WriteSession], Answer],
        answer_type: type[Answer],
    ) -> Answer:
        """Run `do` in one transaction, unless the key was answered before; then give that answer.

        Raises Conflict as `idempotency.once` does, and what `do` raises; a Stale tells of the spark as it is.
        """
        with database(self.request).write() as s:
            try:
                return once(s, actor, self.key, operation, body, lambda: do(s), answer_type)
            except Stale as stale:
                stale.current = spark_view(s, actor, spark_id).model_dump(mode="json")
                raise

    def spark(
        self,
        actor: Actor,
        spark_id: UUID,
        operation: str,
        body: BaseModel | None,
        do: Callable[[WriteSession], object],
    ) -> SparkView:
        """The same for an edit that is answered with the spark as it is then, and with its ETag."""

        def edited(s: WriteSession) -> SparkView:
            do(s)
            return spark_view(s, actor, spark_id)

        found = self.once(actor, spark_id, operation, body, edited, SparkView)
        tagged(self.response, found.version)
        return found


async def _sent(
    request: Request, response: Response, if_match: IfMatch, idempotency_key: IdempotencyKey = None
) -> SentEdit:
    return SentEdit(request, response, version_of(if_match), idempotency_key)


Edit = Annotated[SentEdit, Depends(_sent)]
