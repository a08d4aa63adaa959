"""Columns of hashes in memory or in files that several processes map.

A folder holds `head`, of eight numbers, and segments of `SEGMENT` rows, each a file of its full size from the
start, so that nothing ever moves. The writer fills rows first and raises the head's count last. Since every
process maps the same pages, a reader sees an append by the count that it reads anyway, without a call to the
system; a count beyond its last segment tells it to map the next file. Rows that the count reached before
their bytes did are dead: a row of zeros is not live.

All of it can be made again from the database: a damaged folder is thrown away, never mended.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.forensics.hashing.pdq import Algorithm

SEGMENT: Final = 1 << 16
"""Rows of one file, 3.1 MB."""
_MAGIC: Final = 0x31305144505F5343
_VERSION: Final = 1
_HEAD = np.dtype(
    [(name, "<u8") for name in ("magic", "version", "algorithm", "segment", "count", "position", "a", "b")]
)
_COLUMNS: Final = (
    *((f"bits{n}", "<u8") for n in range(4)),
    ("entry", "<i8"),
    ("t_ms", "<i4"),
    ("crop_bp", "<u2"),
    ("quality", "|u1"),
    ("live", "|u1"),
)
KINDS: Final = dict(_COLUMNS)
"""The columns of a row, and numpy's kind of number of each."""
_ROW_BYTES: Final = sum(np.dtype(kind).itemsize for _, kind in _COLUMNS)
_ALGORITHMS: Final = tuple(Algorithm)

Columns = dict[str, NDArray[Any]]


class Damaged(Exception):
    """A folder of another format or algorithm, or with files missing or cut: make it again."""


class Segments:
    """The rows of one index: `count` of them in `columns(n)`, segment by segment."""

    def __init__(self, folder: Path | None, algorithm: Algorithm) -> None:
        """Open the folder, making what is missing; None keeps everything in this process.

        Raises Damaged.
        """
        self._folder = folder
        self._maps: list[Columns] = []
        self._mapping = Lock()
        if folder is None:
            self._head = _fresh_head(algorithm)
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.written():
            if not (folder / "head").exists():
                _write(folder / "head", _fresh_head(algorithm).tobytes())
        if (folder / "head").stat().st_size != _HEAD.itemsize:
            raise Damaged(f"{folder}: the head is cut off")
        self._head = np.memmap(folder / "head", _HEAD, "r+", shape=(1,))
        wanted = _fresh_head(algorithm)
        fixed = ("magic", "version", "algorithm", "segment")
        if any(self._head[0][name] != wanted[0][name] for name in fixed):
            raise Damaged(f"{folder}: not an index of {algorithm}, version {_VERSION}")

    @property
    def count(self) -> int:
        """The rows there are now, dead ones too, whichever process wrote them."""
        return int(self._head["count"][0])

    @property
    def position(self) -> int:
        """Up to where in the database's own order everything is in here; kept for the caller."""
        return int(self._head["position"][0])

    def publish(self, count: int, position: int) -> None:
        """Let every process see rows that are complete. Only inside `written()`."""
        self._head["position"][0] = position
        self._head["count"][0] = count

    def columns(self, number: int) -> Columns:
        """The columns of a segment, by name, each of `SEGMENT` values. Raises Damaged."""
        if number >= len(self._maps):
            with self._mapping:
                while number >= len(self._maps):
                    self._maps.append(self._mapped(len(self._maps)))
        return self._maps[number]

    def filled(self) -> Iterator[tuple[int, int, Columns]]:
        """(number of its first row, rows in it, columns) of each segment."""
        count = self.count
        for first in range(0, count, SEGMENT):
            yield first, min(SEGMENT, count - first), self.columns(first // SEGMENT)

    @contextmanager
    def written(self) -> Iterator[None]:
        """Keeps other processes from writing meanwhile; they wait."""
        if self._folder is None:
            yield
            return
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)

    def extend(self, number: int) -> None:
        """Make sure that a segment exists. Only inside `written()`. OSError where the disk is full."""
        if self._folder is None:
            if number == len(self._maps):
                self._maps.append(_divided(np.zeros(SEGMENT * _ROW_BYTES, np.uint8)))
        elif not self._path(number).exists():
            beside = self._path(number).with_suffix(".new")
            with beside.open("wb") as file:
                _reserve(file.fileno(), SEGMENT * _ROW_BYTES)
            beside.replace(self._path(number))

    def _mapped(self, number: int) -> Columns:
        path = self._path(number)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise Damaged(f"{path}: missing") from error
        if size != SEGMENT * _ROW_BYTES:
            raise Damaged(f"{path}: of the wrong size")
        return _divided(np.memmap(path, np.uint8, "r+"))

    def _path(self, number: int) -> Path:
        assert self._folder is not None
        return self._folder / f"segment-{number:05}"


def _fresh_head(algorithm: Algorithm) -> NDArray[Any]:
    head = np.zeros(1, _HEAD)
    head[0] = (_MAGIC, _VERSION, _ALGORITHMS.index(algorithm), SEGMENT, 0, 0, 0, 0)
    return head


def _divided(raw: NDArray[np.uint8]) -> Columns:
    found: Columns = {}
    at = 0
    for name, kind in _COLUMNS:
        size = SEGMENT * np.dtype(kind).itemsize
        found[name] = raw[at : at + size].view(kind)
        at += size
    return found


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        """The embedded server is alone there."""

    def _reserve(handle: int, size: int) -> None:
        os.ftruncate(handle, size)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _reserve(handle: int, size: int) -> None:
        # A page of a mapped file that the disk has no room for would end the process when it is written.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        else:
            os.ftruncate(handle, size)
