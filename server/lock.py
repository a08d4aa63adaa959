"""The data folder: private, and of one server process, because an embedded database has one writer."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from server.refused import Refused


class Taken(Refused):
    """Another process serves this folder."""


def make_private(folder: Path) -> None:
    """Make the folder, or close one that others may enter; one that all users share (sticky) stays so."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = folder.stat().st_mode
    if mode & 0o077 and not mode & stat.S_ISVTX:
        with suppress(
            PermissionError
        ):  # somebody else's, who gave it to us: the files in it are still private
            folder.chmod(0o700)


class FolderLock:
    """`with FolderLock(folder):` the operating system lets go of it however the process ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "server.lock"
        self._file = -1

    def __enter__(self) -> FolderLock:
        make_private(self._path.parent)
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
