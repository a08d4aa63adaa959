"""A file that reaches the disk whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


class WholeFile:
    """Written beside `file` under another name; takes its place at `finish`. Blocks for the disk."""

    def __init__(self, file: Path) -> None:
        """Begin. Raises OSError."""
        self._file = file
        self._part: IO[bytes] = NamedTemporaryFile(  # noqa: SIM115 - `finish` and `drop` close it
            dir=file.parent, prefix=f".{file.name}.", suffix=".part", delete=False
        )

    def write(self, block: bytes) -> None:
        """Write on. Raises OSError."""
        self._part.write(block)

    def finish(self, check: Callable[[Path], object] = lambda _part: None) -> None:
        """Replace what stood there before, unless `check` of the new one raises. Raises OSError."""
        self._part.close()
        check(Path(self._part.name))
        Path(self._part.name).replace(self._file)

    def drop(self) -> None:
        """Leave nothing half-written; after `finish` there is nothing to leave."""
        with suppress(OSError):
            self._part.close()
        with suppress(OSError):
            Path(self._part.name).unlink(missing_ok=True)
