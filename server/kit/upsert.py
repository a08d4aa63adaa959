"""The inserts that both databases spell in their own dialect."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite

from server.kit.db import WriteSession
from server.kit.models import Base


def insert_ignoring(s: WriteSession, table: type[Base], values: dict[str, Any]) -> bool:
    """INSERT unless a unique key is already there; True when this call wrote the row.

    On PostgreSQL it waits for a concurrent transaction that holds the same key.
    """
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(values).on_conflict_do_nothing().returning(literal(1))
    return s.execute(statement).first() is not None
