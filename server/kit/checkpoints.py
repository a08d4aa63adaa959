"""SQLite's write-ahead log is copied back into the file beside the writers, not within their turns."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

WRITES_A_CHECKPOINT = 64
"""So many transactions fill the log of SQLite about as far as it would copy it back by itself."""
LATEST_S = 1.0
"""Fewer are copied back after so long."""


class Checkpoints:
    """Copies SQLite's log back into its file beside the writers.

    Left to itself SQLite does that at the end of some transaction, every 1,000 pages, with two fsyncs: 30 ms,
    for which everybody who waits for a turn waits as well. Here nobody waits. The log begins anew once all
    of it has been copied and nobody reads from it, so it grows while writers never pause (`db.LOG_PAGES`).
    """

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._writes = 0
        self._written, self._due = threading.Event(), threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def count(self) -> None:
        """One transaction more was written; called in turn."""
        self._writes += 1
        self._written.set()
        if self._writes % WRITES_A_CHECKPOINT == 0:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
                self._thread.start()
            self._due.set()

    def stop(self) -> None:
        """End the thread, once a checkpoint that has begun is through."""
        if self._thread is not None:
            self._stopped = True
            self._written.set()
            self._due.set()
            self._thread.join()
            self._thread, self._stopped = None, False

    def _run(self) -> None:
        while True:
            self._written.wait()
            self._due.wait(LATEST_S)
            if self._stopped:
                return
            self._written.clear()
            self._due.clear()
            try:
                with closing(self._reader.raw_connection()) as connection:
                    connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
            except (sqlite3.Error, SQLAlchemyError) as error:
                log.warning("the log of the database was not copied back: %s", type(error).__name__)
