"""Files named by the SHA-256 of what they hold, and the half-received ones that are to become such files.

A file enters the store inside the transaction that refers to it and leaves inside one that saw no reference,
each holding its name: so no row ever points at a file that is gone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from server.kit import locks
from server.kit.db import WriteSession

_NAME = re.compile(r"[0-9a-f]{64}")
_LOCK = 7_203_002
"""The space of the names of files, for `locks.hold`."""

PIECE = 1 << 20
"""Bytes that are read or written at a time."""


def hold(s: WriteSession, sha256: str, *, shared: bool = False) -> None:
    """Keep every other transaction from taking in or dropping the file of this name until this one ends;
    `shared`, only those that hold it alone.

    Whoever wants to drop a file holds it first, then looks whether anything refers to it.
    """
    locks.hold(s, _LOCK, bytes.fromhex(sha256), shared=shared)


def sync_directory(path: Path) -> None:
    """Make a new name in a directory survive a power cut."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Store:
    """The files under `root`: `files/ab/cd/<sha256>` for whole ones, `incoming/<id>` for those on their way.

    Every file has mode 0600 and is never changed once it is in.
    """

    def __init__(self, root: Path) -> None:
        self._files = root / "files"
        self._incoming = root / "incoming"

    def path(self, sha256: str) -> Path:
        """Where the file of this name is, or would be. Raises ValueError for what is not a SHA-256."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return self._files / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the file is here. Raises ValueError like `path`."""
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Bytes of a file. Raises FileNotFoundError."""
        return self.path(sha256).stat().st_size

    def read(self, sha256: str) -> bytes:
        """The whole of a small file. Raises FileNotFoundError."""
        return self.path(sha256).read_bytes()

    def pieces(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes `start` up to, not including, `end`, a piece at a time."""
        with self.path(sha256).open("rb") as file:
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE, end - start))):
                start += len(piece)
                yield piece

    def put(self, s: WriteSession, data: bytes) -> str:
        """Take in bytes in the transaction that refers to them; answers their name."""
        sha256 = hashlib.sha256(data).hexdigest()
        file = self.incoming(uuid4())
        try:
            with os.fdopen(self.open_incoming(file), "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            self.adopt(s, file, sha256)
        finally:
            file.unlink(missing_ok=True)
        return sha256

    def adopt(self, s: WriteSession, file: Path, sha256: str) -> None:
        """Take in a whole, synced incoming file in the transaction that refers to it.

        The incoming name stays until the caller drops it after COMMIT, so a rollback loses nothing.
        """
        hold(s, sha256)
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.link(file, target)
        except FileExistsError:
            return
        sync_directory(target.parent)

    def drop(self, sha256: str) -> bool:
        """Delete a file that is held and that nothing refers to; False when it was gone already."""
        try:
            self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every file's name and when it came in, in no order."""
        for file in self._files.glob("??/??/*"):
            with suppress(FileNotFoundError):  # dropped meanwhile
                if _NAME.fullmatch(file.name):
                    yield file.name, _changed_at(file)

    def free(self) -> int:
        """Bytes that the disk of the incoming files still has room for."""
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        return shutil.disk_usage(self._incoming).free

    def incoming(self, upload_id: UUID) -> Path:
        """Where the file that is being received under this id lies."""
        return self._incoming / str(upload_id)

    def open_incoming(self, file: Path) -> int:
        """Open an incoming file for reading and writing, made if need be; the caller closes the handle."""
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def all_incoming(self) -> Iterator[tuple[UUID, datetime]]:
        """The id of every incoming file and when it last grew, in no order."""
        for file in self._incoming.glob("*"):
            try:
                yield UUID(file.name), _changed_at(file)
            except (ValueError, FileNotFoundError):
                continue


def _changed_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
