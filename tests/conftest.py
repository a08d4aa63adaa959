"""Fixtures of the whole suite: a database on SQLite and on PostgreSQL, from one template each."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
import sqlalchemy as sa

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Neither the keyring of whoever runs the tests nor a backend that some test module defines (keyring takes up
# every subclass that was ever imported) may hold a server's keys: its processes would not find them there.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

from server.kit import db as kit_db
from server.kit import jobs
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.models import Base
from server.migrations import schema
from tests.postgresql import Cluster

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """To make a small file on a disk, as tests do all the time, costs ten times what it does in memory."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories come first: each takes minutes, in which the other processes have everything else to do."""
    items.sort(key=lambda item: item.get_closest_marker("story") is None)


def pytest_collection_finish() -> None:
    """What is loaded now stays: tests that collect garbage need not look through all of it each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Text that no encoding can hold (tests log it on purpose) cannot travel from a test process either."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def _import_tables() -> None:
    """Every table must be known before the schema is made."""
    import server.app  # noqa: F401


def _make_tables(connection: sa.Connection) -> None:
    """The schema as a migration makes it, in a fraction of its time (a test compares the two)."""
    Base.metadata.create_all(connection)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{schema.HEAD}')")


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Fixed keys, so that a failure can be repeated."""
    return Keys(bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34)))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file; tests copy it."""
    _import_tables()
    path = tmp_path_factory.mktemp("template") / "studio.sqlite"
    db = Database(f"sqlite:///{path}")
    with db.writer.begin() as connection:
        _make_tables(connection)
    jobs.create_tables(db.url)
    with db.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server of our own, with a migrated database `template_studio`."""
    cluster = Cluster.find_binaries()
    if cluster is None:
        reason = "PostgreSQL's server binaries are not installed (Debian: apt-get install postgresql)"
        if os.environ.get("STUDIO_REQUIRE_POSTGRESQL"):
            pytest.fail(reason)
        pytest.skip(reason)
    _import_tables()
    with cluster:
        cluster.create_database("template_studio")
        engine = sa.create_engine(cluster.url("template_studio"))
        with engine.begin() as connection:
            _make_tables(connection)
        engine.dispose()
        jobs.create_tables(cluster.url("template_studio"))
        yield cluster


@pytest.fixture(scope="session")
def _sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite")


@pytest.fixture
def sqlite_url(sqlite_template: Path, _sqlite_folder: Path) -> str:
    """The address of a fresh, migrated SQLite file: the same for every test."""
    path = _sqlite_folder / "studio.sqlite"
    for left in _sqlite_folder.iterdir():
        left.unlink()
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database on each of the two engines."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    with cluster.lent("template_studio") as url:
        yield url


_engines = {name: cache(getattr(kit_db, name)) for name in ("_sqlite_engine", "create_engine")}


def _branch(name: str, *args: Any, **options: Any) -> sa.Engine:
    engine: sa.Engine = _engines[name](*args, **options)
    return engine.execution_options()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An open database, fresh for this test, on SQLite and on PostgreSQL.

    Its engines are branches of those that the tests before had at this address: an engine compiles each
    statement once, which takes longer than to run it, and what listens to a branch ends with it.
    """
    name = "_sqlite_engine" if database_url.startswith("sqlite") else "create_engine"
    with patch.object(kit_db, name, partial(_branch, name)):
        database = Database(database_url, pool_size=5)
    yield database
    database.dispose()
