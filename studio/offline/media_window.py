"""A video read by byte ranges into bounded memory: for what must not, or cannot, lie on the disk."""

from __future__ import annotations

import asyncio
import io
import threading
from collections import OrderedDict
from concurrent.futures import CancelledError, Future
from typing import Any, BinaryIO, Final, cast

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.api.transfer import read_range
from studio.offline.media_cache import media_path

BLOCK: Final = 4 << 20
"""Bytes read at a time: each read of a restricted video is one entry in the audit."""
WINDOW: Final = 128 << 20
"""The most bytes of one video that are held."""
ATTEMPTS: Final = 5


class MediaWindow:
    """Opens any number of streams on one video; they share the blocks that are held, the latest used.

    To be made on the thread of the event loop; the streams are read on other threads, and wait there. A block
    that does not come raises OSError to its reader, and is asked for again by the next. After `close` every
    read raises, and nothing of the video is held.
    """

    def __init__(
        self, api: Api, video_id: str, *, size: int, max_bytes: int = WINDOW, block: int = BLOCK
    ) -> None:
        self._api, self._path, self.size, self._block = api, media_path(video_id), size, block
        self._most = max(1, max_bytes // block)
        self._loop = asyncio.get_running_loop()
        self._backoff = Backoff(base_s=0.25, cap_s=4.0)
        self._lock = threading.Lock()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._coming: dict[int, Future[bytes]] = {}
        self._closed = False

    def __call__(self) -> BinaryIO:
        """Open a stream, with a position of its own."""
        return cast(BinaryIO, _Stream(self))

    @property
    def held(self) -> int:
        """Bytes in memory."""
        with self._lock:
            return sum(map(len, self._blocks.values()))

    def close(self) -> None:
        """Let go of everything; whoever waits is told that it does not come."""
        with self._lock:
            self._closed = True
            self._blocks.clear()
            coming, self._coming = list(self._coming.values()), {}
        for future in coming:
            future.cancel()

    def read(self, offset: int, most: int) -> bytes:
        """Up to `most` bytes from `offset`, none at the end; waits for the network. Raises OSError."""
        number, inside = divmod(offset, self._block)
        if offset >= self.size or most <= 0:
            return b""
        return self._get(number)[inside : inside + most]

    def _get(self, number: int) -> bytes:
        with self._lock:
            if self._closed:
                raise OSError("the video has been put away")
            held = self._blocks.get(number)
            if held is not None:
                self._blocks.move_to_end(number)
                return held
            coming = self._coming.get(number)
            if coming is None:
                coming = asyncio.run_coroutine_threadsafe(self._fetch(number), self._loop)
                self._coming[number] = coming
        try:
            data = coming.result()
        except (ApiError, CancelledError) as error:
            raise OSError("this part of the video did not come") from error
        finally:
            with self._lock:
                self._coming.pop(number, None)
        with self._lock:
            if not self._closed:
                self._blocks[number] = data
                self._blocks.move_to_end(number)
                while len(self._blocks) > self._most:
                    self._blocks.popitem(last=False)
        return data

    async def _fetch(self, number: int) -> bytes:
        start = number * self._block
        end = min(start + self._block, self.size)
        for attempt in range(ATTEMPTS):
            try:
                return await read_range(self._api, self._path, start, end)
            except ApiError as error:
                if not error.transient or attempt + 1 == ATTEMPTS:
                    raise
                await asyncio.sleep(self._backoff.delay_s(attempt, at_least_s=error.problem.retry_after_s))
        raise AssertionError("unreachable: the last attempt returns or raises")


class _Stream(io.RawIOBase):
    """One reader's place in the window."""

    def __init__(self, window: MediaWindow) -> None:
        self._window, self._at = window, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._window.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._window.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at
