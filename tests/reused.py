"""A PostgreSQL database for one test after the other: emptying it costs a hundredth of making the next."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
# What PostgreSQL brought along has numbers below 16384.
_SCHEMA = " UNION ALL ".join(
    f"SELECT '{catalogue}', count(*), max(xmin::text::bigint) FROM {catalogue} WHERE {number} >= 16384"
    for catalogue, number in {
        "pg_attrdef": "oid",
        "pg_attribute": "attrelid",
        "pg_class": "oid",
        "pg_constraint": "oid",
        "pg_index": "indexrelid",
        "pg_namespace": "oid",
        "pg_proc": "oid",
        "pg_trigger": "oid",
        "pg_type": "oid",
    }.items()
)
"""Each change of a schema adds a row of a later transaction to a catalogue, or takes one away."""


class Reused:
    """A database that can be made as it was at first, unless its schema has changed since."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        # As a replica, which asks neither the triggers that keep an audit trail whole nor the foreign keys.
        self._own = psycopg.connect(address, autocommit=True, options="-c session_replication_role=replica")
        ours = "NOT IN ('pg_catalog', 'information_schema')"
        self._tables = [
            Identifier(*row)
            for row in self._all(f"SELECT schemaname, tablename FROM pg_tables WHERE schemaname {ours}")
        ]
        self._not_empty = SQL(" UNION ALL ").join(
            SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(Literal(number), table)
            for number, table in enumerate(self._tables)
        )
        self._sequences = [
            (sequence, *self._all(SQL("SELECT last_value, is_called FROM {}").format(sequence))[0])
            for sequence in [
                Identifier(*row) for row in self._all("SELECT schemaname, sequencename FROM pg_sequences")
            ]
        ]
        self._rows = [(table, self._copied(table)) for table in self._used()]
        self._schema = self._all(_SCHEMA)

    def throw_out(self) -> None:
        """End the connections of everybody else, and see them gone."""
        while self._all(f"SELECT pg_terminate_backend(pid) {_OTHERS}"):
            pass

    def reset(self) -> bool:
        """Make it as it was; False where that takes a new one, as when a stranger came back after all."""
        if self._all(f"SELECT pid {_OTHERS}") or self._all(_SCHEMA) != self._schema:
            return False
        if used := self._used():
            self._own.execute(SQL("; ").join(SQL("DELETE FROM {}").format(table) for table in used))
            # Otherwise new rows would lie where deleted ones were, in another order than in a new table.
            self._own.execute(SQL("VACUUM {}").format(SQL(", ").join(used)))
        for table, rows in self._rows:
            with self._own.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as copy:
                copy.write(rows)
        for sequence, last, called in self._sequences:
            self._own.execute("SELECT setval(%s, %s, %s)", (sequence.as_string(), last, called))
        return True

    def close(self) -> None:
        """Let go of the database."""
        self._own.close()

    def _used(self) -> list[Identifier]:
        return [self._tables[number] for (number,) in self._all(self._not_empty)]

    def _copied(self, table: Identifier) -> bytes:
        with self._own.cursor().copy(SQL("COPY {} TO STDOUT").format(table)) as copy:
            return b"".join(map(bytes, copy))

    def _all(self, query: Any) -> list[Any]:
        return self._own.execute(query).fetchall()
