"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. A naive value is a bug and is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: every time in this program is aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON document; JSONB on PostgreSQL."""

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Server-assigned, growing row number (SQLite autoincrements INTEGER only)."""


def one_of(kinds: type[StrEnum], *, name: str | None = None) -> Enum:
    """A column that holds one member of `kinds`, stored as its value and checked by the database.

    `name` tells the checks of two such columns of one table apart.
    """

    def values(enum: Any) -> list[str]:
        return [member.value for member in enum]

    return Enum(
        kinds,
        native_enum=False,
        create_constraint=True,
        values_callable=values,
        length=32,
        name=name or kinds.__name__.lower(),
    )
