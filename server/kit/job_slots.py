"""Which process runs which work: each holds a numbered slot, and the work of a slot nobody holds is orphaned.

With one name for all, a second process would re-run the first one's live steps when it starts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa

from server.kit.db import Database

log = logging.getLogger(__name__)

LOCKS = 7_203_100
"""First key of PostgreSQL's two-key advisory locks; the second is the slot's number."""
SLOTS = 64
WATCH_S = 2.0

_pending = sa.table("workflow_status", sa.column("status"), sa.column("executor_id"), schema="dbos")


class Slots:
    """Holds one slot while the process lives: the lock belongs to a connection, so it ends with the process.

    SQLite has one server process, which always is `slot-1`. Raises RuntimeError when all slots are taken.
    """

    def __init__(self, db: Database) -> None:
        self._engine = db.writer
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._connection: sa.Connection | None = None
        self._number = 1
        if not db.sqlite:
            self._hold(range(1, SLOTS + 1))

    @property
    def mine(self) -> str:
        """The executor id of this process."""
        return f"slot-{self._number}"

    def watch(self, take_over: Callable[[str], None]) -> None:
        """Every two seconds, call `take_over` for each executor with unfinished work whose slot is free."""
        if self._connection is not None:
            self._watcher = threading.Thread(target=self._watch, args=(take_over,), name="slots", daemon=True)
            self._watcher.start()

    def stop_watching(self) -> None:
        self._stopped.set()
        if self._watcher:
            self._watcher.join()

    def release(self) -> None:
        """Give the slot back."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()

    def _hold(self, numbers: range) -> None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for number in numbers:
            if _try_lock(connection, number):
                self._connection, self._number = connection, number
                return
        connection.close()
        raise RuntimeError(f"no job slot is free among {numbers}")

    def _watch(self, take_over: Callable[[str], None]) -> None:
        while not self._stopped.wait(WATCH_S):
            try:
                self._keep()
                self._sweep(take_over)
            except Exception as error:
                log.warning("the job slots cannot be watched now: %s", type(error).__name__)

    def _keep(self) -> None:
        """Take the slot again when its connection was lost (the database restarted)."""
        assert self._connection is not None
        try:
            self._connection.execute(sa.select(1))
        except sa.exc.DBAPIError:
            self._connection.close()
            self._hold(range(self._number, self._number + 1))

    def _sweep(self, take_over: Callable[[str], None]) -> None:
        assert self._connection is not None
        found = self._connection.execute(
            sa.select(_pending.c.executor_id).where(_pending.c.status == "PENDING").distinct()
        ).scalars()
        for executor in [name for name in found if name and name != self.mine]:
            kind, _, number = executor.partition("-")
            if kind != "slot" or not number.isdigit():
                continue
            if _try_lock(self._connection, int(number)):
                try:
                    take_over(executor)
                finally:
                    self._connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCKS, int(number))))


def _try_lock(connection: sa.Connection, number: int) -> bool:
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(LOCKS, number))).scalar())
