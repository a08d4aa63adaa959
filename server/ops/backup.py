"""One file that holds database and media, and the way back. The server's keys are deliberately not in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from server.forensics.banks.rules import INDEX_FOLDER
from server.kit import clock
from server.kit.db import Database
from server.kit.storage import Store, sync_directory
from server.lock import make_private
from server.migrations import schema
from server.refused import Refused
from server.settings import Settings

FORMAT = 1
MANIFEST, SQLITE, DUMP = "manifest.json", "studio.sqlite", "studio.dump"
LEAVING_S = 2.0
"""How long PostgreSQL may still count a connection that was just closed.

It is asked again and again, since there is nothing to wait for: `pg_terminate_backend` waits, but ends what
it waits for, and a lock that servers held would not speak of anybody else who is connected.
"""
_MEDIA = re.compile(r"media/([0-9a-f]{64})")


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `database` is the name of its first member, `sha256` that member's hash."""

    format: int
    made_at: str
    revision: str
    database: str
    sha256: str
    media: int = 0
    size: int = 0


def backup(settings: Settings, file: Path) -> Manifest:
    """Write a consistent backup, while servers run or not. Raises Refused; `file` appears only when whole.

    The database is copied first: media files never change, so those it refers to are still there after it.
    """
    if file.exists():
        raise Refused(f"{file} exists already.")
    if not file.parent.is_dir():
        raise Refused(f"There is no folder {file.parent}.")
    db = Database(settings.sqlalchemy_url, existing=True)
    fresh = file.with_name(file.name + ".part")
    try:
        revision = schema.revision_of(db)
        if revision is None:
            raise Refused("There is no database to back up yet.")
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            copy = _copy_sqlite(settings, Path(folder)) if db.sqlite else _dump(db, Path(folder))
            store = Store(settings.media)
            names = sorted(name for name, _ in store.names())
            manifest = Manifest(
                FORMAT, clock.now().isoformat(), revision, copy.name, _hash(copy), media=len(names)
            )
            private = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(private, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
                _add_text(tar, MANIFEST, json.dumps(asdict(manifest)))
                tar.add(copy, copy.name)
                for name in names:
                    tar.add(store.path(name), f"media/{name}")
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.replace(file)
    except FileNotFoundError as error:
        raise Refused("A file was swept away meanwhile. Run the backup again.") from error
    finally:
        fresh.unlink(missing_ok=True)
        db.dispose()
    return Manifest(**{**asdict(manifest), "size": file.stat().st_size})


def restore(settings: Settings, file: Path, *, force: bool) -> Manifest:
    """Put a backup in place and bring it to this program's schema. Every server must be stopped.

    Everything is unpacked and its hashes are checked before anything is replaced; then the database changes
    in one go, after the media, so that whenever this is cut off the old one or the new one is there, whole.
    Raises Refused when the file is damaged, newer or of the other kind of database, when a server runs, or
    when the target is not empty and `force` is false.
    """
    make_private(settings.data)
    with tempfile.TemporaryDirectory(dir=settings.data, prefix="restore-") as folder:
        unpacked = Path(folder)
        manifest = _unpack(file, unpacked)
        embedded = settings.database_url is None
        if embedded != (manifest.database == SQLITE):
            kind = "SQLite" if manifest.database == SQLITE else "PostgreSQL"
            raise Refused(f"This is a backup of a {kind} database; DATABASE_URL says otherwise.")
        if not schema.is_known(manifest.revision):
            raise Refused("This backup was made by a newer program.")
        with _target(settings, existing=True) as db:
            if not force and schema.revision_of(db) is not None:
                raise Refused("There is a database already. --force replaces it.")
            if not embedded:
                _refuse_company(db)
        _place_media(settings, unpacked)
        if embedded:
            _place_sqlite(settings, unpacked / SQLITE)
        else:
            _load(settings, unpacked / DUMP)
        # Of another state of the database: it is made again.
        shutil.rmtree(settings.data / INDEX_FOLDER, ignore_errors=True)
    with _target(settings) as db:
        schema.migrate(db)
    return manifest


@contextmanager
def _target(settings: Settings, *, existing: bool = False) -> Iterator[Database]:
    db = Database(settings.sqlalchemy_url, existing=existing)
    try:
        yield db
    finally:
        db.dispose()


def _refuse_company(db: Database) -> None:
    """Every server keeps a connection for as long as it lives, and has it again soon after a restart."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + LEAVING_S
    while True:
        with db.read() as s:
            others = s.execute(sa.text(query)).scalar_one()
        if not others:
            return
        if time.monotonic() > deadline:
            raise Refused(f"{others} other connections to this database are open. Stop every server first.")
        time.sleep(0.1)


def _copy_sqlite(settings: Settings, folder: Path) -> Path:
    """SQLite's online backup: a consistent copy while others write.

    In one step, which blocks no writer: a copy in several begins anew after each commit, and would never end.
    """
    copy = folder / SQLITE
    with (
        closing(sqlite3.connect(settings.data / SQLITE)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, pages=-1)
        if target.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise Refused("The copy of the database is damaged, so the database itself may be.")
    return copy


def _place_sqlite(settings: Settings, copy: Path) -> None:
    """Put the copy where the database is, which stays beside it under another name."""
    target = settings.data / SQLITE
    if target.exists():
        aside = settings.data / f"replaced-{clock.now():%Y%m%dT%H%M%S%f}"
        aside.mkdir(mode=0o700)
        if _without_wal(target):
            os.link(target, aside / SQLITE)
        else:
            # It cannot be opened: as it is, with what may yet be saved from its log.
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    target.with_name(SQLITE + suffix).replace(aside / (SQLITE + suffix))
    copy.replace(target)
    sync_directory(target.parent)


def _without_wal(database: Path) -> bool:
    """Bring what is in the log into the file, which then is the whole database; False when it is damaged."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            mode: tuple[str] = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            return mode == ("delete",)
    except sqlite3.DatabaseError:
        return False


def _dump(db: Database, folder: Path) -> Path:
    copy = folder / DUMP
    _postgresql("pg_dump", db.url, "--format=custom", "--no-owner", f"--file={copy}")
    return copy


def _load(settings: Settings, dump: Path) -> None:
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _postgresql("pg_restore", settings.sqlalchemy_url, *options, str(dump))


def _postgresql(program: str, address: str, *options: str) -> None:
    """Run a PostgreSQL tool; the password travels in its environment, where `ps` does not show it."""
    path = shutil.which(program)
    if path is None:
        raise Refused(f"{program} is not installed (Debian: apt-get install postgresql-client).")
    url = sa.make_url(address)
    bare = url.set(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(
        [path, *options, f"--dbname={bare}"],
        env={**os.environ, **secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Refused(f"{program} failed: {done.stderr.strip()[-500:]}")


def _unpack(file: Path, folder: Path) -> Manifest:
    """Read a backup, believing none of its names; checks every hash."""
    try:
        with tarfile.open(file, "r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > 10_000:
                raise Refused(f"{file} is not a backup.")
            manifest = Manifest(**json.loads(_contents(tar, first).read()))
            if manifest.format != FORMAT or manifest.database not in (SQLITE, DUMP):
                raise Refused("This backup was made by a newer program.")
            media = 0
            for member in tar:
                if member.name == MANIFEST:
                    continue
                expected = _expected_hash(manifest, member)
                target = folder / (manifest.database if member.name == manifest.database else expected)
                with target.open("wb") as out:
                    shutil.copyfileobj(_contents(tar, member), out, 1 << 20)
                    out.flush()
                    os.fsync(out.fileno())
                if _hash(target) != expected:
                    raise Refused(f"{member.name} in the backup is damaged.")
                media += member.name != manifest.database
    except (tarfile.TarError, OSError, EOFError, ValueError, TypeError, KeyError) as error:
        raise Refused(f"{file} cannot be read as a backup ({type(error).__name__}).") from error
    if media != manifest.media or not (folder / manifest.database).exists():
        raise Refused(f"{file} is not whole: {media} of {manifest.media} media files are there.")
    return manifest


def _expected_hash(manifest: Manifest, member: tarfile.TarInfo) -> str:
    # A sparse member of a few bytes says that it is terabytes long, and would fill the disk.
    plain = member.isreg() and not member.issparse()
    if plain and member.name == manifest.database:
        return manifest.sha256
    found = _MEDIA.fullmatch(member.name)
    if not found or not plain:
        raise Refused("The backup holds something that does not belong there.")
    return found[1]


def _contents(tar: tarfile.TarFile, member: tarfile.TarInfo) -> io.BufferedIOBase:
    found = tar.extractfile(member)
    if found is None:
        raise Refused("The backup holds something that does not belong there.")
    return io.BufferedReader(found) if isinstance(found, io.RawIOBase) else found  # type: ignore[return-value]


def _place_media(settings: Settings, folder: Path) -> None:
    """Files are named by what they hold, so those that are there already are the same."""
    store = Store(settings.media)
    for name in (path.name for path in folder.iterdir() if _MEDIA.fullmatch(f"media/{path.name}")):
        target = store.path(name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).chmod(0o600)
        (folder / name).replace(target)
        sync_directory(target.parent)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
