"""What the database itself does: it keeps the events of viewers as they came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, event, text

from server.kit.models import Base

GUARDS = {
    "sqlite": tuple(
        f"""CREATE TRIGGER content_events_no_{verb.lower()} BEFORE {verb} ON content_events
            BEGIN SELECT RAISE(ABORT, 'content_events is append-only'); END"""
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """CREATE FUNCTION content_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        """CREATE TRIGGER content_events_append_only BEFORE UPDATE OR DELETE ON content_events
           FOR EACH ROW EXECUTE FUNCTION content_refuse()""",
        """CREATE TRIGGER content_events_no_truncate BEFORE TRUNCATE ON content_events
           FOR EACH STATEMENT EXECUTE FUNCTION content_refuse()""",
    ),
}
"""The statements that follow the tables in `create_all`; a change of theirs needs a migration of its own."""


def _guard(target: MetaData, connection: Connection, **_: Any) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.execute(text(statement))


event.listen(Base.metadata, "after_create", _guard)
