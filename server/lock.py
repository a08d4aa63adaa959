"""One server process per data folder: an embedded database has one writer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from server.refused import Refused


class Taken(Refused):
    """Another process serves this folder."""


class FolderLock:
    """`with FolderLock(folder):` the operating system lets go of it however the process ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "server.lock"
        self._file = -1

    def __enter__(self) -> FolderLock:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise Taken(f"Another server is running on {self._path.parent}.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
