"""The client's own database: drafts and waiting edits, safe against every crash, and a cache beside it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from studio.offline.flusher import LOG_BYTES, Flusher

VERSION = 1
OPENERS = 8  # more programs do not open a new file at the same moment
SCHEMA = """
CREATE TABLE drafts (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, saved_at TEXT NOT NULL
) STRICT;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    subject TEXT NOT NULL,
    if_match TEXT,
    depends_on TEXT,
    created_at TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'refused')),
    uncertain INTEGER NOT NULL DEFAULT 0,
    refusal TEXT,
    CHECK ((state = 'refused') = (refusal IS NOT NULL))
) STRICT;
CREATE INDEX outbox_subject ON outbox (subject, seq);
CREATE INDEX outbox_depends_on ON outbox (depends_on) WHERE depends_on IS NOT NULL;
"""


class StoreTooNew(Exception):
    """The file was written by a later version of this program and is left untouched."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A cached value and when it was stored."""

    value: bytes
    stored_at: datetime


class Store:
    """One SQLite file (WAL, mode 0600); usable from any thread.

    Whatever a method but `put` has written outlives the program when it returns, also one that is killed, and
    a loss of power milliseconds later (`flush`). A damaged file is not touched but renamed, and `set_aside`
    then says where to; the store starts empty.

    Raises StoreTooNew, or OSError and sqlite3.OperationalError when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._lock = threading.RLock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as error:
            # OperationalError is a full disk or a lock: the content may be perfectly good.
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.set_aside = _set_aside(path)
            self._db = _open(path)
        self._flusher = Flusher(path)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._flusher.close()
        with self._lock:
            self._db.close()

    def flush(self) -> None:
        """Block until all that was written would outlive a loss of power. Raises OSError when it does not."""
        self._flusher.wait()

    def warn(self, on_error: Callable[[OSError], object]) -> None:
        """Have `on_error` called, on any thread, when the disk begins to refuse what was written."""
        self._flusher.on_error = on_error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a write transaction: committed after the block, or rolled back."""
        with self._lock:
            changes = self._db.total_changes
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back after some errors
                    self._db.execute("ROLLBACK")
                raise
            if self._db.total_changes != changes:
                self._flusher.wake()

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._db.execute(sql, parameters).fetchall()

    def save_draft(self, key: str, text: str) -> None:
        """Keep what is being typed under `key`; an empty text forgets it."""
        self.save_drafts({key: text})

    def save_drafts(self, texts: Mapping[str, str]) -> None:
        """Keep several, or none of them where the disk refuses."""
        with self.transaction() as db:
            for key, text in texts.items():
                if text:
                    db.execute("REPLACE INTO drafts VALUES (?, ?, ?)", (key, text, _now()))
                else:
                    db.execute("DELETE FROM drafts WHERE key = ?", (key,))

    def draft(self, key: str) -> str:
        """Return the text kept under `key`, or an empty one."""
        rows = self.rows("SELECT text FROM drafts WHERE key = ?", (key,))
        return str(rows[0]["text"]) if rows else ""

    def drafts(self) -> dict[str, str]:
        """Return every draft by its key, oldest first."""
        rows = self.rows("SELECT key, text FROM drafts ORDER BY saved_at")
        return {row["key"]: row["text"] for row in rows}

    def put(self, key: str, value: bytes) -> None:
        """Cache `value` (the last queue snapshot, for example) in place of the former one.

        A file beside the database: megabytes there would hold up what a person types. It may be
        lost with the power, and whoever reads it must be able to tell. Raises OSError.
        """
        path = self._cached(key)
        part = path.with_name(f"{path.name}.{uuid4().hex}.part")
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(value)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def get(self, key: str) -> Cached | None:
        """Return the cached value, or None."""
        try:
            with self._cached(key).open("rb") as file:
                stored_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
                return Cached(file.read(), stored_at)
        except OSError:
            return None

    def _cached(self, key: str) -> Path:
        return self.path.with_name(f"{self.path.stem}.{key}.cache")


def _open(path: Path) -> sqlite3.Connection:
    # Made by us so that it never exists with a wider mode; SQLite gives -wal and -shm the same.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        db.row_factory = sqlite3.Row
        _keep_a_log(db)
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA wal_autocheckpoint=0")  # the flusher does that, beside whoever writes
        db.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
        if (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
        _migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _keep_a_log(db: sqlite3.Connection) -> None:
    # SQLite refuses a change of the mode at once when another opener is changing it, whatever the
    # timeout says; it does wait at a BEGIN, and after it the other has made the change for both.
    for _ in range(OPENERS):
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            db.execute("BEGIN IMMEDIATE")
            db.execute("COMMIT")
    db.execute("PRAGMA journal_mode=WAL")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreTooNew(f"{path.name} has version {version}, this program knows {VERSION}")
    if version == 0:
        # executescript would commit before it starts: two programs opening a new file at the
        # same moment must not both find it empty.
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept


def _now() -> str:
    return datetime.now(UTC).isoformat()
