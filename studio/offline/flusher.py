"""What was committed is brought to the disk beside whoever goes on writing."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

log = logging.getLogger("studio.offline")

LOG_BYTES: Final = 4 << 20
"""Beyond this length the log is copied back into the file; SQLite then begins it anew, cut to this."""


class Flusher:
    """Syncs the log of an SQLite file soon after each commit.

    A commit without it is safe when the program dies, since the system has the bytes, but not when the power
    fails. To wait for the disk takes 5 to 200 ms, which nobody has to sit through at every decision.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._log = path, path.with_name(f"{path.name}-wal")
        self._woken = threading.Condition()
        self._written = self._flushed = 0
        self._closing = False
        self._error: OSError | None = None
        self.on_error: Callable[[OSError], object] = _note
        """Called, on a thread of its own, when the disk begins to refuse what was written."""
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        with self._woken:
            self._written += 1
            self._woken.notify_all()

    def wait(self) -> None:
        """Block until all that was committed is on the disk. Raises the OSError that it was refused with."""
        with self._woken:
            written = self._written
            self._woken.wait_for(lambda: self._flushed >= written or not self._thread.is_alive())
            if self._error is not None:
                raise self._error

    def close(self) -> None:
        """Sync what is left and end."""
        with self._woken:
            self._closing = True
            self._woken.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._woken:
                self._woken.wait_for(lambda: self._closing or self._written > self._flushed)
                if self._written == self._flushed:
                    return
                written, before = self._written, self._error
            error = self._flush(anew=before is not None)
            with self._woken:
                self._flushed, self._error = written, error
                self._woken.notify_all()
            if error is not None and before is None:
                self.on_error(error)

    def _flush(self, *, anew: bool) -> OSError | None:
        try:
            if anew:
                # What a disk once refused counts as written for the system: only other bytes can be synced.
                self._copy_back("TRUNCATE")
                return None
            # Not the file itself: to close that would drop the locks that SQLite has on it.
            handle = os.open(self._log, os.O_RDWR)
            try:
                os.fsync(handle)
                length = os.fstat(handle).st_size
            finally:
                os.close(handle)
            if length > LOG_BYTES:
                with suppress(OSError):  # the log is only longer then
                    self._copy_back("PASSIVE")
        except FileNotFoundError:
            return None  # it was copied back and deleted, which syncs
        except OSError as error:
            return error
        return None

    def _copy_back(self, mode: str) -> None:
        try:
            with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
                busy = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()[0]
        except sqlite3.Error as error:
            raise OSError(errno.EIO, str(error)) from error
        if busy:
            raise OSError(errno.EBUSY, "the log is being read")


def _note(error: OSError) -> None:
    log.error("what was written may be lost with the power: %s", type(error).__name__)
