"""Opens what every command works on: the keys, and a database whose schema is current."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.kit import crypto
from server.kit.crypto import Keys
from server.kit.db import Database
from server.migrations import schema
from server.settings import Settings


class NoKeys(Exception):
    """PostgreSQL was chosen without giving the keys."""


@contextmanager
def opened(
    settings: Settings, *, progress: Callable[[str, float], None] = lambda step, fraction: None
) -> Iterator[tuple[Database, Keys]]:
    """The open database, migrated if need be, and the server's keys; closed with the block.

    Raises NoKeys where several processes would each make keys of their own.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = load_keys(settings)
    db = Database(settings.sqlalchemy_url)
    try:
        if not schema.is_current(db):
            progress("migrating", 0.3)
            schema.migrate(db)
        yield db, keys
    finally:
        db.dispose()


def load_keys(settings: Settings) -> Keys:
    """The keys from the environment or a secret file; an embedded server may make its own."""
    given = settings.keys.get_secret_value() if settings.keys else None
    if given is None and settings.keys_file:
        given = settings.keys_file.read_text()
    if given is None and settings.database_url:
        raise NoKeys(
            "With PostgreSQL every process needs the same keys: set STUDIO_KEYS or STUDIO_KEYS_FILE."
        )
    return crypto.load(settings.data, from_environment=given)
