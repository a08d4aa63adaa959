"""Opens what commands work on: a database whose schema is current, and the keys that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from server.kit import crypto
from server.kit.crypto import Keys
from server.kit.db import Database
from server.lock import make_private
from server.migrations import schema
from server.ops import queries, service
from server.refused import Refused
from server.settings import Settings


@contextmanager
def opened(
    settings: Settings, *, progress: Callable[[str, float], None] = lambda step, fraction: None
) -> Iterator[tuple[Database, Keys]]:
    """The database, made or migrated if need be, and its keys, made for a new one; closed with the block.

    Raises Refused when the keys are not the database's own, it cannot be reached, or a newer program made it.
    """
    with migrated(settings, progress=progress) as db:
        yield db, _keys_for(settings, db)


@contextmanager
def migrated(
    settings: Settings, *, progress: Callable[[str, float], None] = lambda step, fraction: None
) -> Iterator[Database]:
    """The database, made or migrated if need be, for what needs no keys. Raises Refused like `opened`."""
    make_private(settings.data)
    db = Database(settings.sqlalchemy_url)
    try:
        if not schema.is_current(db):
            progress("migrating", 0.3)
            _migrate(db)
        yield db
    finally:
        db.dispose()


@contextmanager
def existing(settings: Settings) -> Iterator[tuple[Database, Keys]]:
    """What `opened` gives, for commands that look only: nothing is made, nothing is migrated."""
    db = Database(settings.sqlalchemy_url, existing=True)
    try:
        found = schema.revision_of(db)
        if found is None:
            raise Refused(
                f"There is no database in {settings.data}: name the server's folder by --data or STUDIO_DATA."
                if settings.database_url is None
                else "There is no database at DATABASE_URL, or it cannot be reached."
            )
        if found != schema.HEAD:
            raise Refused(
                f"The database is at revision {found}, this program needs {schema.HEAD}: "
                "run `python -m server migrate`, or use the newer program that made it."
            )
        with db.read() as s:
            known = queries.keys_fingerprint(s)
        yield db, _checked(find_keys(settings), known)
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


def _keys_for(settings: Settings, db: Database) -> Keys:
    """The keys that the database knows; one that never met any takes the ones at hand, or new ones."""
    with db.read() as s:
        known = queries.keys_fingerprint(s)
    if known is None:
        # Under the write lock: of two commands on a new folder one makes keys and the other finds them.
        with db.write() as s:
            known = queries.keys_fingerprint(s)
            if known is None:
                keys = find_keys(settings) or crypto.make(settings.data)
                known = service.remember_keys(s, keys)
    return _checked(find_keys(settings), known)


def _checked(keys: Keys | None, known: str | None) -> Keys:
    if keys is None:
        raise Refused(
            "The keys of this server cannot be found. Unlock the keyring that holds them (it needs your "
            "desktop session), or give them by STUDIO_KEYS, STUDIO_KEYS_FILE or keys.json in the data folder."
        )
    if keys.fingerprint != known:
        raise Refused(
            f"The keys from the {keys.source} are not those that this database was made with: "
            "nobody could sign in. Bring back the right ones."
        )
    return keys


def find_keys(settings: Settings) -> Keys | None:
    """The keys from the environment, a secret file, `keys.json` or the keyring; None where there are none.

    Raises Refused for damaged ones, and where several processes would each look for keys of their own.
    """
    try:
        given = settings.keys.get_secret_value() if settings.keys else None
        if given is None and settings.keys_file:
            given = settings.keys_file.read_text()
        if given is None and settings.database_url:
            raise Refused(
                "With PostgreSQL every process needs the same keys: set STUDIO_KEYS or STUDIO_KEYS_FILE."
            )
        return crypto.find(settings.data, given=given)
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"The keys of this server cannot be read ({type(error).__name__}).") from error
