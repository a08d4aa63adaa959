"""The inserts that both databases spell in their own dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, literal
from sqlalchemy.dialects import postgresql, sqlite

from server.kit.db import WriteSession
from server.kit.models import Base


def insert_ignoring(s: WriteSession, table: type[Base], values: dict[str, Any]) -> bool:
    """INSERT unless a unique key is already there; True when this call wrote the row.

    On PostgreSQL it waits for a concurrent transaction that holds the same key.
    """
    # The values beside the statement, not in it: SQLAlchemy takes four times as long to find a part of each.
    statement = _insert(s)(table.__table__).on_conflict_do_nothing().returning(literal(1))
    return s.execute(statement, values).first() is not None


def insert_new(s: WriteSession, table: Table, rows: Sequence[Mapping[str, Any]], *, key: str) -> set[Any]:
    """INSERT those of the rows whose unique keys are not there yet; answers their `key`s."""
    if not rows:
        return set()
    statement = _insert(s)(table).on_conflict_do_nothing().returning(table.c[key])
    return set(s.execute(statement, rows).scalars())


def add_to(s: WriteSession, table: Table, key: str, changes: Mapping[Any, Mapping[str, int]]) -> None:
    """Add to the numbers of rows, which begin at 0, in the order of their keys. Zeros change nothing."""
    columns = [c.name for c in table.c if c.name != key]
    rows = [
        {key: each, **{name: changes[each].get(name, 0) for name in columns}}
        for each in sorted(changes)
        if any(changes[each].values())
    ]
    if not rows:
        return
    insert = _insert(s)(table)
    more = {name: table.c[name] + insert.excluded[name] for name in columns}
    s.execute(insert.on_conflict_do_update(index_elements=[key], set_=more), rows)


def _insert(s: WriteSession) -> Any:
    return sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
