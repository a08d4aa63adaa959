"""No test of the suite finds what another one left in PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.postgresql import Cluster

TEMPLATE = "template_studio"
EVENT = "INSERT INTO events (topic, subject, payload, created_at) VALUES ('a', 'a', '{}', now())"
HEAD = "INSERT INTO audit_heads (seq, hash, at, signature) VALUES (1, 'a', 'now', 'a')"


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def rows(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has that has any."""
    tables = connection.execute(
        "SELECT schemaname, relname FROM pg_stat_user_tables ORDER BY 1, 2"
    ).fetchall()
    found = {
        table[1]: connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(*table))).fetchall()
        for table in tables
    }
    return {table: count for table, [(count,)] in found.items() if count}


def test_a_database_comes_back_empty_whatever_guards_its_rows(postgresql: Cluster) -> None:
    with postgresql.lent(TEMPLATE) as first, connect(first) as connection:
        at_first = rows(connection)
        connection.execute(EVENT)
        connection.execute("UPDATE alembic_version SET version_num = 'other'")
        connection.execute(HEAD)
        with pytest.raises(psycopg.errors.RaiseException):
            connection.execute("DELETE FROM audit_heads")
    with postgresql.lent(TEMPLATE) as second, connect(second) as connection:
        assert second == first
        assert rows(connection) == at_first
        assert connection.execute("SELECT nextval('events_id_seq')").fetchall() == [(1,)]
        assert (
            connection.execute("SELECT * FROM alembic_version WHERE version_num = 'other'").fetchall() == []
        )


def test_whoever_is_still_connected_is_thrown_out(postgresql: Cluster) -> None:
    with postgresql.lent(TEMPLATE) as first:
        left = connect(first)
        left.execute("SELECT pg_advisory_lock(1)")
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
    with postgresql.lent(TEMPLATE) as second, connect(second) as connection:
        assert second == first
        assert connection.execute("SELECT pg_try_advisory_lock(1)").fetchall() == [(True,)]


def test_a_database_to_which_somebody_comes_back_is_never_lent_again(postgresql: Cluster) -> None:
    with postgresql.lent(TEMPLATE) as first:
        pass
    with connect(first), postgresql.lent(TEMPLATE) as second:
        assert second != first


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER audit_heads_append_only ON audit_heads",
        "ALTER TABLE audit_heads DISABLE TRIGGER ALL",
        "CREATE TABLE other ()",
        "ALTER TABLE events ADD other integer",
        "ALTER TABLE events ALTER topic SET DEFAULT 'a'",
        "CREATE INDEX other ON events (topic)",
        "DROP TABLE audit_heads",
        "CREATE FUNCTION other() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_changed_schema_is_never_lent_again(postgresql: Cluster, change: str) -> None:
    with postgresql.lent(TEMPLATE) as first, connect(first) as connection:
        connection.execute(change.encode())
    with postgresql.lent(TEMPLATE) as second:
        assert second != first


def test_two_at_a_time_are_two_databases(postgresql: Cluster) -> None:
    with postgresql.lent(TEMPLATE) as first, postgresql.lent(TEMPLATE) as second:
        assert first != second
