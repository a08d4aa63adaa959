"""Review copies of videos on the disk: content-addressed, bounded in bytes, private, verified."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from studio.api.client import Api
from studio.api.transfer import Progress, read_range, stream_to

AGAIN_S: Final = 0.5


class RestrictedMedia(Exception):
    """Restricted media must never be written to a disk; use `read_into_memory` or `MediaWindow`."""


class MediaTooLarge(Exception):
    """The file does not fit into the bound that was set for it."""


class MediaCorrupt(Exception):
    """What arrived is not the content that was announced (size or SHA-256 differ)."""


class MediaWiped(Exception):
    """The file was wiped while it was being fetched."""


class MediaCache:
    """Files named by the SHA-256 of their content, in one directory, at most `max_bytes` in all.

    The least recently used files go first. A file that was fetched stays until `release`, so it
    can be opened at leisure; the bound may be exceeded by such files only. The directory has mode
    0700, the files 0600. Not for use by two processes on one directory.
    """

    def __init__(self, directory: Path, *, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()  # least recently used first
        self._in_use: Counter[str] = Counter()
        self._stuck: set[Path] = set()
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            directory.chmod(0o700)
        self._scan()

    @property
    def size(self) -> int:
        """Bytes of all complete files."""
        return sum(self._sizes.values())

    def size_of(self, sha256: str) -> int | None:
        """How many bytes of a file are here; None = it is not."""
        return self._sizes.get(sha256)

    async def fetch(
        self,
        api: Api,
        video_id: str,
        *,
        sha256: str,
        size: int,
        restricted: bool,
        progress: Progress | None = None,
    ) -> Path:
        """Return the path of the video's file, downloading it when it is not here.

        `sha256` is 64 hexadecimal digits, `size` is in bytes. Call `release` when done with the
        file. A second fetch of the same content waits for the first; cancelling the task stops
        the download and removes what there was of it. Raises RestrictedMedia, MediaTooLarge,
        MediaCorrupt, MediaWiped, ApiError, and OSError when the disk fails.
        """
        if restricted:
            raise RestrictedMedia("restricted media is read into memory only")
        key = _checked_key(sha256)
        if size > self._max_bytes:
            raise MediaTooLarge(f"{size} bytes do not fit into {self._max_bytes}")
        self._in_use[key] += 1  # at once: nothing may evict it between its arrival and its use
        try:
            async with self._fetching[key]:
                if key not in self._sizes:
                    await self._download(api, video_id, key, size, progress)
                if key not in self._in_use:
                    self._delete(key)
                    raise MediaWiped("the review ended while its video was being fetched")
                self._sizes.move_to_end(key)
                path = self._directory / key
                await asyncio.to_thread(os.utime, path)  # the order survives a restart
                return path
        except BaseException:
            self.release(key)
            raise

    def release(self, sha256: str) -> None:
        """Say that a fetched file is no longer needed; it stays as long as there is room."""
        self._in_use[sha256] -= 1
        if self._in_use[sha256] <= 0:
            del self._in_use[sha256]
        self._make_room(0)

    def wipe(self, keys: Iterable[str]) -> None:
        """Delete these files now, in use or not (a review copy at the end of the claim)."""
        for key in keys:
            self._in_use.pop(key, None)
            self._delete(key)

    def wipe_others(self, keys: Collection[str]) -> None:
        """Delete every file that is neither named nor in use."""
        self.wipe([key for key in self._sizes if key not in keys and key not in self._in_use])

    def clear(self) -> None:
        """Delete every file (sign-out, or leftovers of a run that was killed)."""
        self.wipe(list(self._sizes))

    async def _download(
        self, api: Api, video_id: str, key: str, size: int, progress: Progress | None
    ) -> None:
        self._make_room(size)
        part = self._directory / f"{key}.{uuid4().hex}.part"
        try:
            sink = _HashingFile(part)  # at once: a cancel in between would leave the file open, and behind
            try:
                await stream_to(api, media_path(video_id), sink, end=size, progress=progress)
            finally:
                sink.close()
            _verify(key, size, sink.hexdigest, sink.written)
            path = self._directory / key
            if path in self._stuck:
                self._stuck.discard(path)  # the very same content, still open somewhere: it stays
            else:
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._sizes[key] = size

    def _make_room(self, size: int) -> None:
        """Delete unused files, least recently used first, until `size` more bytes fit."""
        excess = self.size + size - self._max_bytes
        for key in [key for key in self._sizes if key not in self._in_use]:
            if excess <= 0:
                break
            excess -= self._sizes[key]
            self._delete(key)

    def _delete(self, key: str) -> None:
        if self._sizes.pop(key, None) is not None:
            self._stuck.add(self._directory / key)
            self._unlink()

    def _unlink(self) -> None:
        """Delete what is to go. Windows refuses that while a reader has the file: it is tried again soon."""
        for path in sorted(self._stuck):
            with suppress(OSError):
                path.unlink(missing_ok=True)
                self._stuck.discard(path)
        if self._stuck:
            with suppress(RuntimeError):  # off the event loop: whoever deletes next takes it along
                asyncio.get_running_loop().call_later(AGAIN_S, self._unlink)

    def _scan(self) -> None:
        found = []
        for path in self._directory.iterdir():
            if path.suffix == ".part":
                path.unlink()  # of a run that was killed
            elif _is_key(path.name):
                status = path.stat()
                found.append((status.st_mtime_ns, path.name, status.st_size))
        self._sizes.update((name, size) for _, name, size in sorted(found))
        self._make_room(0)


async def read_into_memory(
    api: Api, video_id: str, *, sha256: str, size: int, max_bytes: int, progress: Progress | None = None
) -> bytes:
    """Return the video's content without it ever touching a disk: the way for restricted items.

    Raises MediaTooLarge before anything is read, MediaCorrupt, ApiError.
    """
    if size > max_bytes:
        raise MediaTooLarge(f"{size} bytes do not fit into {max_bytes}")
    content = await read_range(api, media_path(video_id), 0, size, progress=progress)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    _verify(_checked_key(sha256), size, digest, len(content))
    return content


def media_path(video_id: str) -> str:
    """Return the API path of a video's file."""
    return f"/v1/content/videos/{video_id}/file"


class _HashingFile:
    """A new private file that hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._hash = hashlib.sha256()
        self.written = 0

    def write(self, data: bytes, /) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.written += len(data)

    def close(self) -> None:
        self._file.close()

    @property
    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _verify(key: str, size: int, digest: str, length: int) -> None:
    if (key, size) != (digest, length):
        raise MediaCorrupt("the file that arrived is not the one that was announced")


def _is_key(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None


def _checked_key(sha256: str) -> str:
    if not _is_key(sha256):
        raise ValueError("sha256 must be 64 lower-case hexadecimal digits")
    return sha256
