"""A fresh database for a benchmark: where it lies, how it is filled quickly, how it settles afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index

from server.kit.db import Database
from server.kit.models import Base
from tests.server.crash.place import Place


@contextmanager
def place(database: str, folder: Path) -> Iterator[Place]:
    """For a fresh SQLite file, or a fresh PostgreSQL cluster with fsync on."""
    if database == "sqlite":
        yield Place(folder)
        return
    from tests.postgresql import Cluster

    cluster = Cluster.find_binaries(fsync=True)
    if cluster is None:
        raise SystemExit("PostgreSQL's server binaries are not installed")
    with cluster:
        cluster.create_database("bench")
        yield Place(folder, cluster.url("bench"))


@contextmanager
def own_connection(db: Database) -> Iterator[Any]:
    """The driver's connection, which no event of ours begins a transaction on; it is not used again."""
    lent = db.writer.raw_connection()
    driver: Any = lent.driver_connection
    if not db.sqlite:
        driver.autocommit = True
    try:
        yield driver
    finally:
        lent.invalidate()
        lent.close()


def settle(db: Database) -> None:
    """Bring the database to where one is that has grown over months: nothing is left of its growth."""
    chores = ("PRAGMA wal_checkpoint(TRUNCATE)",) if db.sqlite else ("VACUUM ANALYZE", "CHECKPOINT")
    with own_connection(db) as driver:
        for chore in chores:
            driver.execute(chore)


@contextmanager
def indexes_made_after(connection: Connection, table: str) -> Iterator[None]:
    """Each sorted once at the end, instead of grown at a million random places."""
    indexes = _without_indexes(connection, table)
    yield
    for index in indexes:
        index.create(connection)


def _without_indexes(connection: Connection, table: str) -> list[Index]:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-1000000")
    indexes = sorted(Base.metadata.tables[table].indexes, key=lambda index: index.name or "")
    for index in indexes:
        index.drop(connection)
    return indexes


def write(db: Database, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows whose foreign keys are known to be there: to look each up would take longer than the rest.

    Ids are hex digits, times are text in UTC and booleans numbers, as both databases read them.
    """
    began = time.perf_counter()
    with db.writer.begin() as connection:
        indexes = _without_indexes(connection, table)
    with own_connection(db) as driver:
        _insert(driver, table, columns, rows) if db.sqlite else _copy(driver, table, columns, rows)
    with db.writer.begin() as connection:
        if db.sqlite:
            connection.exec_driver_sql("PRAGMA cache_size=-1000000")
        for index in indexes:
            index.create(connection)
    print(f"{table}: {time.perf_counter() - began:.1f} s", file=sys.stderr)


def _insert(driver: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    for chore in ("PRAGMA foreign_keys=OFF", "PRAGMA cache_size=-1000000", "BEGIN IMMEDIATE"):
        driver.execute(chore)
    marks = ", ".join("?" * len(columns))
    driver.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    driver.execute("COMMIT")


def _copy(driver: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    driver.execute("SET session_replication_role = replica")
    driver.execute("SET TIME ZONE 'UTC'")
    with driver.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def at(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the ordered values is below."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
