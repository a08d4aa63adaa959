"""Receiving a file in parts: one writer an upload, acknowledged only once on the disk, hashed on the way."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from server.kit.errors import Busy, Conflict, TooLarge
from server.kit.storage import PIECE, Store

if TYPE_CHECKING:
    from hashlib import _Hash

RESERVE = 1 << 30
"""Bytes of the disk that uploads leave free: the database and the log need them to go on."""
_REMEMBERED = 4096
"""Running hashes kept, about 2 MB. A person has few uploads open (see `service.UPLOADS_AT_ONCE`), so that
nobody can push out the hashes of the others and make the server read every file again for every part."""


class OffsetMismatch(Conflict):
    """The part does not begin where the file ends; `current.offset` says where that is."""

    code = "offset_mismatch"

    def __init__(self, offset: int) -> None:
        super().__init__(
            f"The file has {offset} bytes so far; go on from there.",
            current={"offset": offset},
            headers={"Upload-Offset": str(offset)},
        )


class Receiver:
    """Appends parts to incoming files. Its memory is a cache: the file on the disk is what counts.

    The offset of an upload is the length of its file, so it survives a restart; the running hash of an
    upload that this process has not seen is made by reading the file once.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._guard = threading.Lock()
        self._busy: set[UUID] = set()
        self._hashes: OrderedDict[UUID, tuple[int, _Hash]] = OrderedDict()

    def offset(self, upload_id: UUID) -> int:
        """Bytes that have arrived."""
        try:
            return self.store.incoming(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    async def receive(
        self, upload_id: UUID, *, offset: int, size: int, length: int | None, body: AsyncIterator[bytes]
    ) -> int:
        """Append `body` to the file of the upload, which may grow to `size`; answers the new offset.

        `length` is the announced length of the body, where there is one. A body that breaks off keeps what
        arrived, and its exception goes on. Raises OffsetMismatch, TooLarge (the file is as it was before),
        Conflict `upload_in_progress` when another request is appending, and Busy when the disk is full.
        """
        if await run_in_threadpool(self.store.free) < RESERVE:
            raise _no_room()
        with self._alone(upload_id):
            handle = await run_in_threadpool(self._open, upload_id, offset)
            try:
                if length is not None and offset + length > size:
                    raise _too_large(size)
                return await self._append(upload_id, handle, offset, size, body)
            finally:
                _let_go(handle)

    def arrived(self, upload_id: UUID) -> tuple[int, str]:
        """How many bytes have arrived, and their SHA-256. What this process has not seen is read once, as the
        next part would have it read. Raises Conflict `upload_in_progress`.
        """
        with self._alone(upload_id):
            offset = self.offset(upload_id)
            if not offset:
                return 0, hashlib.sha256().hexdigest()
            handle = self._open(upload_id, offset)
            try:
                running = self._hash(upload_id, handle, offset)
                self._keep(upload_id, offset, running, handle)
                return offset, running.hexdigest()
            finally:
                _let_go(handle)

    def finish(self, upload_id: UUID, size: int) -> str | None:
        """The SHA-256 of a file that has all its `size` bytes; None while it has not or is being written."""
        if self.offset(upload_id) != size:
            return None
        try:
            with self._alone(upload_id):
                handle = self._open(upload_id, size)
                try:
                    os.fsync(handle)
                    return self._hash(upload_id, handle, size).hexdigest()
                finally:
                    _let_go(handle)
        except Conflict:
            return None

    def forget(self, upload_id: UUID) -> None:
        """Delete the incoming file."""
        with self._guard:
            self._hashes.pop(upload_id, None)
        self.store.incoming(upload_id).unlink(missing_ok=True)

    @contextmanager
    def _alone(self, upload_id: UUID) -> Iterator[None]:
        with self._guard:
            if upload_id in self._busy:
                raise _in_progress()
            self._busy.add(upload_id)
        try:
            yield
        finally:
            with self._guard:
                self._busy.discard(upload_id)

    def _open(self, upload_id: UUID, offset: int) -> int:
        handle = self.store.open_incoming(self.store.incoming(upload_id))
        try:
            _lock(handle)
            arrived = os.fstat(handle).st_size
            if arrived != offset:
                raise OffsetMismatch(arrived)
        except BaseException:
            _let_go(handle)
            raise
        return handle

    async def _append(
        self, upload_id: UUID, handle: int, offset: int, size: int, body: AsyncIterator[bytes]
    ) -> int:
        running = (await run_in_threadpool(self._hash, upload_id, handle, offset)).copy()
        os.lseek(handle, offset, os.SEEK_SET)
        at = offset
        held = bytearray()
        try:
            async for part in body:
                held += part
                if at + len(held) > size:
                    raise _too_large(size)
                if len(held) >= PIECE:
                    at += await run_in_threadpool(_write, handle, running, bytes(held))
                    held.clear()
        except TooLarge:
            await run_in_threadpool(os.ftruncate, handle, offset)
            raise
        except ClientDisconnect:
            at += await run_in_threadpool(_write, handle, running, bytes(held))
            await run_in_threadpool(self._keep, upload_id, at, running, handle)
            raise
        at += await run_in_threadpool(_write, handle, running, bytes(held))
        await run_in_threadpool(self._keep, upload_id, at, running, handle)
        return at

    def _keep(self, upload_id: UUID, at: int, running: _Hash, handle: int) -> None:
        os.fsync(handle)
        with self._guard:
            self._hashes[upload_id] = (at, running)
            self._hashes.move_to_end(upload_id)
            while len(self._hashes) > _REMEMBERED:
                self._hashes.popitem(last=False)

    def _hash(self, upload_id: UUID, handle: int, offset: int) -> _Hash:
        """The running hash of the first `offset` bytes."""
        with self._guard:
            at, running = self._hashes.get(upload_id, (0, hashlib.sha256()))
        if at == offset:
            return running
        running, at = hashlib.sha256(), 0
        os.lseek(handle, 0, os.SEEK_SET)
        while at < offset and (piece := os.read(handle, min(PIECE, offset - at))):
            running.update(piece)
            at += len(piece)
        return running


def _write(handle: int, running: _Hash, data: bytes) -> int:
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(handle, left) :]
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room() from error
        raise
    running.update(data)
    return len(data)


def _lock(handle: int) -> None:
    """Keep other server processes on this machine from appending to the same file."""
    try:
        import fcntl
    except ImportError:  # Windows: the embedded server is alone
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _in_progress() from error


def _let_go(handle: int) -> None:
    """Close the file and its lock, which would live on in a worker process that is just being forked."""
    try:
        with suppress(ImportError, OSError):
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _in_progress() -> Conflict:
    return Conflict("Another request is sending this file.", code="upload_in_progress")


def _no_room() -> Busy:
    return Busy("The server has no room on its disk. What arrived before is kept.")


def _too_large(size: int) -> TooLarge:
    return TooLarge(f"The file was announced with {size} bytes, and this would make it longer.")
