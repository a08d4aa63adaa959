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


class Checkpoints:
    """Copies SQLite's log back into its file beside the writers.

    Left to itself SQLite does that at the end of some transaction, every 1,000 pages, with two fsyncs: 30 ms,
    for which everybody who waits for a turn waits as well. Here nobody waits, and the log begins anew after
    the first pause of some 30 ms.
    """

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._writes = 0
        self._due = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def count(self) -> None:
        """One transaction more was written; called in turn."""
        self._writes += 1
        if self._writes % WRITES_A_CHECKPOINT == 0:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
                self._thread.start()
            self._due.set()

    def stop(self) -> None:
        """End the thread, once a checkpoint that has begun is through."""
        if self._thread is not None:
            self._stopped = True
            self._due.set()
            self._thread.join()
            self._thread, self._stopped = None, False

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._stopped:
                return
            try:
                with closing(self._reader.raw_connection()) as connection:
                    connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
            except (sqlite3.Error, SQLAlchemyError) as error:
                log.warning("the log of the database was not copied back: %s", type(error).__name__)
