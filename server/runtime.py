"""Opens what every command works on: the keys, and a database whose schema is current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from server.kit import crypto
from server.kit.crypto import Keys
from server.kit.db import Database
from server.migrations import schema
from server.refused import Refused
from server.settings import Settings


@contextmanager
def opened(
    settings: Settings, *, progress: Callable[[str, float], None] = lambda step, fraction: None
) -> Iterator[tuple[Database, Keys]]:
    """The open database, migrated if need be, and the server's keys; closed with the block.

    Raises Refused when the keys are missing, the database cannot be reached, or a newer program made it.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = load_keys(settings)
    db = Database(settings.sqlalchemy_url)
    try:
        if not schema.is_current(db):
            progress("migrating", 0.3)
            _migrate(db)
        yield db, keys
    finally:
        db.dispose()


def _migrate(db: Database) -> None:
    from alembic.util import CommandError

    try:
        schema.migrate(db)
    except CommandError as error:
        raise Refused("A newer program made this database: start that one, or restore a backup.") from error
    except OperationalError as error:
        raise Refused("The database cannot be reached; check DATABASE_URL and the data folder.") from error


def load_keys(settings: Settings) -> Keys:
    """The keys from the environment or a secret file; an embedded server may make its own.

    Raises Refused where several processes would each make keys of their own.
    """
    given = settings.keys.get_secret_value() if settings.keys else None
    if given is None and settings.keys_file:
        given = settings.keys_file.read_text()
    if given is None and settings.database_url:
        raise Refused(
            "With PostgreSQL every process needs the same keys: set STUDIO_KEYS or STUDIO_KEYS_FILE."
        )
    return crypto.load(settings.data, from_environment=given)
