"""Which process runs which work: each holds a numbered slot, and the work of a slot nobody holds is orphaned.

With one name for all, a second process would re-run the first one's live steps when it starts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from server.kit.db import Database

log = logging.getLogger(__name__)

LOCKS = 7_203_100
"""First key of PostgreSQL's two-key advisory locks; the second is the slot's number."""
SLOTS = 64
WATCH_S = 2.0
PATIENCE = 5
"""Looks after a restart of the database at which nobody's work is taken over."""

_pending = sa.table("workflow_status", sa.column("status"), sa.column("executor_id"), schema="dbos")


class SlotTaken(RuntimeError):
    """Another process holds the slot that this one wants, or had."""


class Slots:
    """Holds one slot while the process lives: the lock belongs to a connection, so it ends with the process.

    SQLite has one server process, which always is `slot-1`. Raises SlotTaken when all slots are taken.
    """

    def __init__(self, db: Database) -> None:
        self._engine = db.writer
        self._shared = not db.sqlite
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._connection: sa.Connection | None = None
        self._number = 1
        self._patience = 0
        if self._shared:
            self._hold(range(1, SLOTS + 1))

    @property
    def mine(self) -> str:
        """The executor id of this process."""
        return f"slot-{self._number}"

    def watch(self, take_over: Callable[[str], None], lost: Callable[[], None]) -> None:
        """Every two seconds, call `take_over` for each executor with unfinished work whose slot is free.

        When the database ended our connection and somebody was faster to take our slot, call `lost` and
        watch no more: our work is theirs now.
        """
        if self._shared:
            arguments = (take_over, lost)
            self._watcher = threading.Thread(target=self._watch, args=arguments, name="slots", daemon=True)
            self._watcher.start()

    def stop_watching(self) -> None:
        self._stopped.set()
        if self._watcher:
            self._watcher.join()

    def release(self) -> None:
        """Give the slot back."""
        if self._connection is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    def _hold(self, numbers: range) -> None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            for number in numbers:
                if _try_lock(connection, number):
                    self._connection, self._number = connection, number
                    return
        except BaseException:
            connection.close()
            raise
        connection.close()
        raise SlotTaken(f"no job slot is free among {numbers}")

    def _watch(self, take_over: Callable[[str], None], lost: Callable[[], None]) -> None:
        while not self._stopped.wait(WATCH_S):
            try:
                connection = self._kept()
                if self._patience:
                    self._patience -= 1
                else:
                    self._sweep(connection, take_over)
            except SlotTaken:
                log.warning("another process has taken %s", self.mine)
                lost()
                return
            except Exception as error:
                log.warning("the job slots cannot be watched now: %s", type(error).__name__)

    def _kept(self) -> sa.Connection:
        """The connection that holds the slot, which is taken again when the database restarted.

        While it cannot be reached this raises, and is tried again at the next look.
        """
        if self._connection is not None:
            try:
                self._connection.execute(sa.select(1))
            except sa.exc.SQLAlchemyError:
                self.release()
                # The others lost theirs too: their slots are free only until they look.
                self._patience = PATIENCE
        if self._connection is None:
            self._hold(range(self._number, self._number + 1))
        assert self._connection is not None
        return self._connection

    def _sweep(self, connection: sa.Connection, take_over: Callable[[str], None]) -> None:
        found = connection.execute(
            sa.select(_pending.c.executor_id).where(_pending.c.status == "PENDING").distinct()
        ).scalars()
        for executor in [name for name in found if name and name != self.mine]:
            kind, _, number = executor.partition("-")
            if kind != "slot" or not number.isdigit():
                continue
            if _try_lock(connection, int(number)):
                try:
                    take_over(executor)
                finally:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCKS, int(number))))


def _try_lock(connection: sa.Connection, number: int) -> bool:
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(LOCKS, number))).scalar())
