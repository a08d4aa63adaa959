"""Folders for one process alone: one that is gone with it, and one that stays for the next."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

_LOCK: Final = "lock"


class RunFolder:
    """A new folder, mode 0700, in `parent`. Its lock tells other processes that it is in use.

    The operating system lets go of the lock however the process ends. Raises OSError.
    """

    def __init__(self, parent: Path) -> None:
        self.path = parent / f"run-{uuid4().hex}"
        while (held := _locked(self.path)) is None:
            self.path = parent / f"run-{uuid4().hex}"  # another process tidied up at that very moment
        self._held = held

    def wipe_others(self) -> None:
        """Delete every neighbour whose process has ended; blocks for the disk."""
        for neighbour in self.path.parent.glob("run-*"):
            if neighbour == self.path:
                continue
            with suppress(OSError):
                held = _locked(neighbour)
                if held is not None:
                    _wipe(neighbour, held)

    def close(self) -> None:
        """Delete the folder and all that is in it; blocks for the disk."""
        _wipe(self.path, self._held)


class KeptFolder:
    """A folder at `path`, mode 0700, that outlives the program. Raises OSError.

    `held` = this process alone works in it; False when another one does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = _locked(path)

    @property
    def held(self) -> bool:
        """Whether it is this process's."""
        return self._held is not None

    def close(self) -> None:
        """Let another process have it."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)


def _locked(folder: Path) -> int | None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
        if os.path.samestat(os.fstat(file), os.stat(folder / _LOCK)):
            return file
    except OSError:
        pass
    os.close(file)
    return None


def _wipe(folder: Path, held: int) -> None:
    if sys.platform == "win32":
        os.close(held)  # an open file cannot be deleted there
        shutil.rmtree(folder, ignore_errors=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
