"""What Alembic compares and how: run by `server.migrations.schema`, which hands over an open connection."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

import server.app  # noqa: F401  (every table is known once the app is wired)
from server.kit.models import Base
from server.kit.types import UTCDateTime


def include_name(name: str | None, kind: str, parents: MutableMapping[Any, str | None]) -> bool:
    """Only our own tables: DBOS keeps its tables in the same database and migrates them itself."""
    return kind != "table" or name in Base.metadata.tables


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in the database, so that a migration stays what it was."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=include_name,
    render_item=render_item,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
