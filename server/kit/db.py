"""Sessions on SQLite (one fair writer, many readers) or PostgreSQL, behind one pair of context managers.

Measured: SQLite's default deferred mode silently lost 35 % of concurrent read-modify-writes; BEGIN IMMEDIATE
on one writer connection loses none, and a first-come ticket keeps the longest wait short.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy.exc
from pydantic_core import from_json
from sqlalchemy import URL, Connection, CursorResult, Engine, UpdateBase, create_engine, event, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from server.kit import metrics
from server.kit.checkpoints import Checkpoints
from server.kit.errors import Busy

WRITE_WAIT_S = 2.0
READERS = 16
LOG_PAGES = 64_000
"""The length of the log (256 MB) at which a writer does copy it back, when there never was a pause before."""
LOG_KEPT = 16 << 20
"""To so many bytes the file of the log is cut when it begins anew."""
WRITER_CACHE_KIB = 64 * 1024
"""A change of one row touches each of its indexes: with a million rows they do not fit into SQLite's 2 MB."""
_IN_THE_WAY = {"40001", "40P01", "55P03"}
"""SQLSTATE of PostgreSQL for serialization failure, deadlock, and a lock that is not to be had."""

S = TypeVar("S", bound=Session)

BeforeCommit = Callable[["WriteSession"], None]


class _Session(Session):
    @property
    def core(self) -> Connection:
        """The connection of the transaction, for statements on tables that every request runs: what the
        session does for each statement takes a third of the time. It flushes nothing before."""
        return self.connection()

    def plan_once(self) -> None:
        """For the rest of the transaction, let PostgreSQL keep one plan of each statement for all values.

        Where every value is looked up along the same index, it takes such a plan to be dearer, since a look
        may find nothing; and to plan anew takes as long as the reading.
        """
        if self.core.dialect.name == "postgresql":
            self.core.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


class ReadSession(_Session):
    """Reads only: the database itself refuses to write."""


class WriteSession(_Session):
    """A transaction that may write. Services never commit it: whoever opened it does."""

    def before_commit(self, name: str, run: BeforeCommit, *, last: bool = False) -> None:
        """Run once, before COMMIT, in order of first registration, but after all others if `last`;
        `name` makes it unique."""
        self.info.setdefault("before_commit", {}).setdefault(name, (last, run))

    def after_commit(self, run: Callable[[], None]) -> None:
        """Run once COMMIT has succeeded; dropped on rollback."""
        self.info.setdefault("after_commit", []).append(run)

    def changed(self, change: UpdateBase) -> int:
        """Run an UPDATE or DELETE; answers how many rows it changed."""
        done = self.execute(change)
        assert isinstance(done, CursorResult)
        return done.rowcount

    def changed_one(self, change: UpdateBase) -> bool:
        """Run a guarded UPDATE or DELETE; answers whether the row was still as its conditions say."""
        return self.changed(change) == 1

    def finish(self) -> None:
        """Run the pending `before_commit` work and flush it."""
        pending = self.info.pop("before_commit", {})
        self.flush()
        for _, run in sorted(pending.values(), key=itemgetter(0)):
            run(self)
        self.flush()


AnySession = ReadSession | WriteSession


class Tickets:
    """A lock handed on in order of arrival, so that no writer starves."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, timeout_s: float) -> bool:
        """Wait for one's turn; False when it did not come within `timeout_s`."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout_s):
            return True
        with self._guard:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


class Database:
    """Opens read and write sessions. `url` is a SQLAlchemy URL; `sqlite:///path` or `postgresql+psycopg://`."""

    def __init__(self, url: str, *, pool_size: int = 10, existing: bool = False) -> None:
        """With `existing` a file of SQLite that is not there is an error; otherwise it is made."""
        self.url = url
        self.sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.sqlite:
            file = _existing_file(url) if existing else make_url(url)
            self.writer = _sqlite_engine(file, write=True)
            self.reader = self.looker = _sqlite_engine(file, write=False)
        else:
            self.writer = create_engine(
                url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_timeout=WRITE_WAIT_S,
                hide_parameters=True,
                json_deserializer=_from_json,
            )
            # One pool for all; the driver says all of this in the BEGIN that it sends anyway.
            self.reader = self.writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self.looker = self.writer.execution_options(isolation_level="AUTOCOMMIT")
        self._tickets = Tickets() if self.sqlite else None
        self._checkpoints = Checkpoints(self.reader) if self.sqlite else None

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A transaction that commits when the block ends well and rolls back when it does not.

        Raises Busy when no turn came within two seconds (SQLite), or when the pool is drained, another
        transaction was in the way or the connection turns out to be lost (PostgreSQL); not for a loss
        during COMMIT, whose outcome is unknown.
        """
        if self._tickets:
            began = time.perf_counter()
            in_turn = self._tickets.acquire(WRITE_WAIT_S)
            metrics.write_wait_seconds.observe(time.perf_counter() - began)
            if not in_turn:
                raise Busy
        done: list[Callable[[], None]] = []
        committing = False
        try:
            with self._session(WriteSession, self.writer) as s:
                yield s
                s.finish()
                committing = True
                s.commit()
                if self._checkpoints:
                    self._checkpoints.count()
                done = s.info.pop("after_commit", [])
        except (sqlalchemy.exc.TimeoutError, sqlalchemy.exc.DBAPIError) as error:
            if _is_busy(error) or (_is_lost(error) and not committing):
                raise Busy from error
            raise
        finally:
            if self._tickets:
                self._tickets.release()
        for run in done:
            run()

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A consistent view of the data as of its first statement. Raises Busy as `write` does."""
        with _busy_when_in_the_way(), self._session(ReadSession, self.reader) as s:
            yield s
            s.commit()  # psycopg forgets every prepared statement of the connection with a ROLLBACK

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For one SELECT alone, without the two trips of a transaction. Raises Busy as `write` does."""
        with _busy_when_in_the_way(), self.looker.connect() as connection:
            yield connection

    def write_in_batches(self, change: Callable[[WriteSession], int], *, size: int) -> int:
        """Run `change`, each time in a transaction of its own, until it changed fewer than `size` rows.

        Nobody else waits longer than one batch takes. Answers how many rows were changed in all.
        """
        total = 0
        while True:
            with self.write() as s:
                done = change(s)
            total += done
            if done < size:
                return total

    def _session(self, kind: type[S], engine: Engine | Connection) -> S:
        return kind(engine, expire_on_commit=False, autoflush=True)

    def dispose(self) -> None:
        """Close every pooled connection."""
        if self._checkpoints:
            self._checkpoints.stop()
        self.writer.dispose()
        self.reader.dispose()


@contextmanager
def _busy_when_in_the_way() -> Iterator[None]:
    try:
        yield
    except (sqlalchemy.exc.TimeoutError, sqlalchemy.exc.DBAPIError) as error:
        if _is_busy(error) or _is_lost(error):
            raise Busy from error
        raise


def _from_json(text: str | bytes) -> Any:
    """Quickly, but whatever `json` once wrote is read, such as half a surrogate pair."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


def _is_busy(error: sqlalchemy.exc.SQLAlchemyError) -> bool:
    """Whether another transaction was in the way, so that nothing was changed and a new try may succeed."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return True
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else None
    return getattr(cause, "sqlstate", None) in _IN_THE_WAY or "database is locked" in str(error)


def _is_lost(error: sqlalchemy.exc.SQLAlchemyError) -> bool:
    """Whether the server ended the connection. The pool has then dropped it with all that are as old, so
    that the next try gets a fresh one: that is cheaper than to ping before every transaction."""
    return isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated


def _existing_file(url: str) -> URL:
    plain = make_url(url)
    file = Path(plain.database or "").absolute().as_uri()
    return plain.set(database=file, query={"mode": "rw", "uri": "true"})


def _sqlite_engine(url: URL, *, write: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if write else READERS,
        max_overflow=0 if write else READERS,
        pool_timeout=WRITE_WAIT_S if not write else 30,
        hide_parameters=True,
        json_deserializer=_from_json,
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        # Without the first one a REPLACE deletes past the triggers that refuse a DELETE.
        for pragma in (
            "recursive_triggers=ON",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        if write:
            connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
            connection.execute(f"PRAGMA journal_size_limit={LOG_KEPT}")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
