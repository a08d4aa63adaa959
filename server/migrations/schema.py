"""Brings a database to the schema of this program, and says quickly whether it is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from server.kit import jobs
from server.kit.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0014"
"""The newest revision (a test compares it with the files), so that a start need not import Alembic."""
LOCK = 7_203_003
"""PostgreSQL advisory lock: of several processes that start at once, one migrates."""
_HERE = Path(__file__).parent


def revision_of(db: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    try:
        with db.read() as s:
            found = s.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        return None
    return None if found is None else str(found)


def is_current(db: Database) -> bool:
    """Whether the schema is the one this program needs: a single SELECT."""
    return revision_of(db) == HEAD


def migrate(db: Database) -> None:
    """Apply what is missing, in one transaction, and create DBOS's tables.

    Raises alembic.util.CommandError when the database was made by a newer program.
    """
    from alembic import command

    with db.writer.begin() as connection:
        if not db.sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        command.upgrade(config(connection), "head")
    jobs.create_tables(db.url)


def is_known(revision: str) -> bool:
    """Whether this program can bring a database at `revision` to its own schema."""
    from alembic.script import ScriptDirectory

    return any(one.revision == revision for one in ScriptDirectory(str(_HERE)).walk_revisions())


def config(connection: sa.Connection) -> Config:
    """Alembic's configuration, in code, on an open connection."""
    from alembic.config import Config

    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    return made
