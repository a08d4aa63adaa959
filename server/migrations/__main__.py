"""For developers: `python -m server.migrations MESSAGE` writes the revision that the tables now need."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from server.kit.db import Database
from server.migrations import schema


def main(message: str) -> None:
    """Compare a database at the last revision with the tables, and write the difference down."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'scratch.sqlite'}")
        with db.writer.begin() as connection:
            made = schema.config(connection)
            command.upgrade(made, "head")
            last = ScriptDirectory.from_config(made).get_current_head()
            revision = f"{int(last or 0) + 1:04}"
            command.revision(made, message=message, autogenerate=True, rev_id=revision)
        db.dispose()
    print(f"Written. Now read it, and set HEAD = {revision!r} in server/migrations/schema.py.")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Change the tables")
