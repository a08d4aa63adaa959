"""A creating request sent twice happens once: the first answer is kept with the key and given again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict
from server.kit.models import Base
from server.kit.types import Json
from server.kit.upsert import insert_ignoring

Answer = TypeVar("Answer", bound=BaseModel)

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=8, max_length=80, pattern=r"^[A-Za-z0-9_.:-]+$"),
]


class IdempotencyRecord(Base):
    """The answer to one key of one actor; written in the transaction of the change itself."""

    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(96), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(default=clock.now)


def once(
    s: WriteSession,
    actor: Actor,
    key: str | None,
    operation: str,
    body: BaseModel | None,
    do: Callable[[], Answer],
    answer_type: type[Answer],
) -> Answer:
    """Run `do` unless this actor's `key` was answered before; then give that answer.

    Raises Conflict `idempotency_key_reused` when the key came with another operation or body.
    """
    if key is None:
        return do()
    request = f"{operation}\n{body.model_dump_json() if body else ''}"
    digest = hashlib.sha256(request.encode()).digest()
    mine = insert_ignoring(
        s, IdempotencyRecord, {"actor": actor.ref, "key": key, "request_hash": digest, "at": clock.now()}
    )
    record = s.execute(
        select(IdempotencyRecord).where(IdempotencyRecord.actor == actor.ref, IdempotencyRecord.key == key)
    ).scalar_one()
    if mine:
        answer = do()
        record.answer = answer.model_dump(mode="json")
        return answer
    if record.request_hash != digest:
        raise Conflict(
            "This Idempotency-Key came with another request before.", code="idempotency_key_reused"
        )
    return answer_type.model_validate(record.answer)
