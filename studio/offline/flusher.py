"""What was committed is brought to the disk beside whoever goes on writing."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

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
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Something was committed."""
        with self._woken:
            self._written += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
                self._thread.start()
            self._woken.notify_all()

    def check(self) -> None:
        """Raises the OSError with which the disk refused what was committed before, once."""
        with self._woken:
            error, self._error = self._error, None
        if error is not None:
            raise error

    def wait(self) -> None:
        """Block until all that was committed is on the disk, or was refused."""
        with self._woken:
            written = self._written
            self._woken.wait_for(lambda: self._flushed >= written)

    def close(self) -> None:
        """Sync what is left and end."""
        with self._woken:
            self._closing = True
            self._woken.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._woken:
                self._woken.wait_for(lambda: self._closing or self._written > self._flushed)
                if self._written == self._flushed:
                    return
                written = self._written
            error = self._flush()
            with self._woken:
                self._flushed = written
                self._error = error or self._error
                self._woken.notify_all()

    def _flush(self) -> OSError | None:
        try:
            # Not the file itself: to close that would drop the locks that SQLite has on it.
            handle = os.open(self._log, os.O_RDWR)
            try:
                os.fsync(handle)
                length = os.fstat(handle).st_size
            finally:
                os.close(handle)
            if length > LOG_BYTES:
                self._copy_back()
        except FileNotFoundError:
            return None  # it was copied back and deleted, which syncs
        except OSError as error:
            return error
        return None

    def _copy_back(self) -> None:
        """Holds nobody up, and may fail: the log is only longer then."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
