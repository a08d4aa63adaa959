"""Baked films on the disk: files by name, the longest unused goes first; free of Qt."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from studio.whole_file import WholeFile

MOST_BYTES: Final = 512 << 20
LARGEST: Final = 64 << 20
"""Bytes of one file: more is not read into memory."""
_NAME: Final = re.compile(r"[0-9a-f]{64}(\.\w{1,8})?")


class Files:
    """At most `most` bytes in `folder`, which is made when something is first kept. Any thread may call; a
    disk that does not take or give costs no more than the work of making a film anew."""

    def __init__(self, folder: Path, *, most: int = MOST_BYTES) -> None:
        self._folder, self._most = folder, most
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes | None:
        """What is kept under a name, which counts as used now."""
        path = self._path(name)
        try:
            if path.stat().st_size > LARGEST:
                return None
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def has(self, name: str) -> bool:
        """Whether something is kept under a name; does not count as use."""
        return self._path(name).is_file()

    def write(self, name: str, data: bytes) -> bool:
        """Keep this, and let go of what was not used for longest; answers whether it is kept."""
        if len(data) > min(self._most, LARGEST):
            return False
        path = self._path(name)
        try:
            with self._lock:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = WholeFile(path)
                try:
                    file.write(data)
                    file.finish()
                finally:
                    file.drop()
                self._trim()
        except OSError:
            return False
        return True

    def forget(self, name: str) -> None:
        """Let go of one: it is not what it should be."""
        with suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def held(self) -> int:
        """Bytes that are kept."""
        return sum(size for _, size, _ in self._all())

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"not the name of a kept file: {name!r}")
        return self._folder / name

    def _trim(self) -> None:
        found = sorted(self._all())
        held = sum(size for _, size, _ in found)
        for _, size, path in found:
            if held <= self._most:
                return
            with suppress(OSError):
                path.unlink()
                held -= size

    def _all(self) -> list[tuple[int, int, Path]]:
        found = []
        with suppress(OSError):
            for entry in os.scandir(self._folder):
                with suppress(OSError):
                    told = entry.stat()
                    if not entry.is_file():
                        continue
                    found.append((told.st_mtime_ns, told.st_size, Path(entry.path)))
        return found
