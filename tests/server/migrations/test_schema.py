"""The migrations and the tables of the program describe the same schema, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from server.accounts.models import Person
from server.content.models import ViewerEvent
from server.content.rules import EventKind
from server.forensics.banks.models import Fingerprint, Scan
from server.kit import clock, jobs
from server.kit.db import Database
from server.kit.models import Base
from server.migrations import schema
from tests.postgresql import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def make_empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes databases without any table, all on one kind of engine."""
    made: list[tuple[Database, str]] = []
    cluster: Cluster | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None

    def make() -> Database:
        name = f"test_{uuid4().hex[:12]}"
        if cluster:
            cluster.create_database(name)
        url = cluster.url(name) if cluster else f"sqlite:///{tmp_path / name}.sqlite"
        made.append((Database(url, pool_size=3), name))
        return made[-1][0]

    yield make
    for db, name in made:
        db.dispose()
        if cluster:
            cluster.drop_database(name)


@pytest.fixture
def empty(make_empty: Callable[[], Database]) -> Database:
    """A database without any table."""
    return make_empty()


def described(db: Database) -> dict[str, Any]:
    """Everything that the database knows of our tables, comparable."""
    inspector = sa.inspect(db.reader)
    found: dict[str, Any] = {"views": sorted(inspector.get_view_names())}
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        found[table] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)
            ],
            "key": inspector.get_pk_constraint(table),
            "references": sorted(map(repr, inspector.get_foreign_keys(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "checks": sorted(map(repr, inspector.get_check_constraints(table))),
            "indexes": sorted(
                (
                    str(i["name"]),
                    i["column_names"],
                    i["unique"],
                    *map(str, i.get("dialect_options", {}).values()),
                )
                for i in inspector.get_indexes(table)
            ),
        }
    with db.read() as s:
        if db.sqlite:
            query = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
        else:
            query = (
                "SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger"
                " WHERE NOT tgisinternal AND tgrelid::regclass::text NOT LIKE 'dbos.%'"
                " UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " UNION ALL SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"
            )
        found["guards"] = sorted((row[0], row[1]) for row in s.execute(sa.text(query)))
    return found


def test_migrated_and_created_schemas_are_the_same(make_empty: Callable[[], Database]) -> None:
    one, other = make_empty(), make_empty()
    schema.migrate(one)
    with other.writer.begin() as connection:
        Base.metadata.create_all(connection)
    jobs.create_tables(other.url)
    migrated, created = described(one), described(other)
    assert migrated.keys() == created.keys()
    for name, expected in created.items():
        assert migrated[name] == expected, name


def test_alembic_finds_nothing_to_do(empty: Database) -> None:
    schema.migrate(empty)
    with empty.writer.begin() as connection:
        command.check(schema.config(connection))


def test_a_migrated_database_is_current_and_an_empty_one_is_not(empty: Database) -> None:
    assert schema.revision_of(empty) is None
    assert not schema.is_current(empty)
    schema.migrate(empty)
    assert schema.is_current(empty)
    schema.migrate(empty)
    assert schema.revision_of(empty) == schema.HEAD


def test_the_head_named_in_the_program_is_the_newest_file(empty: Database) -> None:
    with empty.writer.begin() as connection:
        assert ScriptDirectory.from_config(schema.config(connection)).get_heads() == [schema.HEAD]


def test_the_events_of_viewers_outlive_that_new_kinds_are_taken(empty: Database) -> None:
    """On SQLite the table is written anew for that, and nobody may rewrite it afterwards either."""
    person = uuid4()

    def said(kind: EventKind) -> ViewerEvent:
        when = dict.fromkeys(("told_at", "at", "received_at"), clock.now())
        about = {"id": uuid4(), "person_id": person, "other_id": person, "session_id": uuid4()}
        return ViewerEvent(kind=kind, **about, **when, clock_skew=False, very_late=False)

    with empty.writer.begin() as connection:
        command.upgrade(schema.config(connection), "0003")
    with empty.write() as s:
        s.add(Person(id=person, handle="kemi", name="Kemi", name_key="kemi"))
        s.flush()
        s.add(said(EventKind.FOLLOW))
    schema.migrate(empty)
    with empty.write() as s:
        s.add(said(EventKind.BLOCK))
    with empty.read() as s:
        kinds = s.scalars(sa.select(ViewerEvent.kind).order_by(ViewerEvent.seq)).all()
    assert kinds == [EventKind.FOLLOW, EventKind.BLOCK]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), empty.write() as s:
        s.execute(sa.delete(ViewerEvent))


def test_a_database_of_a_newer_program_is_refused(empty: Database) -> None:
    schema.migrate(empty)
    with empty.write() as s:
        s.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CommandError):
        schema.migrate(empty)


def test_a_failed_migration_leaves_nothing(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with empty.write() as s:
        s.execute(sa.text("CREATE TABLE events (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError):
        schema.migrate(empty)
    assert sa.inspect(empty.reader).get_table_names() == ["events"]


def test_what_a_migration_did_does_not_hang_on_the_code_of_today() -> None:
    versions = sorted((Path(schema.__file__).parent / "versions").glob("*.py"))
    assert versions
    for path in versions:
        found = [line for line in path.read_text().splitlines() if re.match(r"(from|import) server", line)]
        assert all(line.startswith("from server.migrations.frozen import ") for line in found), path.name


def test_what_a_dead_worker_left_of_a_video_is_looked_at_anew(empty: Database) -> None:
    """An empty fingerprint hid its file from the banks; searches that run go on."""
    owner, video, other, scan, bank = (uuid4() for _ in range(5))
    with empty.writer.begin() as connection:
        command.upgrade(schema.config(connection), "0012")
        of_person = {"handle": "kemi", "name": "Kemi", "name_key": "kemi", "state": "active"}
        put(connection, "accounts_people", id=owner, availability="public", **of_person)
        for one in (video, other):
            of_video = {"owner_id": owner, "state": "ready", "visibility": "public"}
            of_video |= {"availability": "public", "caption_availability": "public"}
            put(connection, "content_videos", id=one, **of_video)
        for one, packed in ((video, b""), (other, b"x")):
            put(connection, "forensics_fingerprints", video_id=one, algorithm="pdq-1s", packed=packed)
        put(connection, "forensics_banks", id=bank, name="gore", kind="harmful", action="queue")
        put(connection, "forensics_scans", id=scan, bank_id=bank, first=1, last=2, state="running")
    schema.migrate(empty)
    with empty.read() as s:
        assert list(s.scalars(sa.select(Fingerprint.video_id))) == [other]
        found = s.get_one(Scan, scan)
        assert (found.first, found.last, found.state, found.job, found.tries) == (1, 2, "running", None, 0)


def put(connection: sa.Connection, of: str, /, **given: object) -> None:
    """A row of a table as it is in this database, not in the program; what is not given says nothing."""
    table = sa.Table(of, sa.MetaData(), autoload_with=connection)
    nothing: dict[type, object] = {int: 0, bool: False, bytes: b"", datetime: clock.now()}
    values: dict[str, object] = {}
    for column in table.columns:
        if isinstance(value := given.get(column.name), UUID) and not isinstance(column.type, sa.Uuid):
            values[column.name] = value.hex  # SQLite has no such type
        elif column.name in given:
            values[column.name] = value
        elif not column.nullable and column.server_default is None:
            values[column.name] = nothing.get(column.type.python_type, "")
    connection.execute(table.insert().values(values))
