"""Moving files: range downloads into a file or memory, and resumable uploads."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import httpx

from studio.api.backoff import Backoff
from studio.api.client import Api, broken_protocol
from studio.api.errors import ApiError, Conflict

BLOCK = 1024 * 1024
PIECE = 64 * 1024
"""What is written to the connection at a time: it has to go within the time-out, on any line."""
ATTEMPTS = 6

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


class Sink(Protocol):
    """Anything with `write(bytes)`."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


class Source(Protocol):
    """A file opened for reading in binary mode."""

    def seek(self, offset: int, /) -> object:
        """Go to a byte offset from the start."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


async def stream_to(
    api: Api,
    path: str,
    sink: Sink,
    *,
    start: int = 0,
    end: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write bytes `start` up to, not including, `end` (None: the last) of `path` to `sink`.

    Returns the number of bytes written. Writing happens off the event loop, in blocks of 1 MiB,
    so `sink` may hash or touch a slow disk. Raises ApiError; what `sink.write` raises passes.
    """
    written = 0
    async with _range(api, path, start, end) as (response, total):
        block = bytearray()
        async for chunk in response.aiter_raw(64 * 1024):
            block += chunk
            if len(block) >= BLOCK:
                written += await _flush(sink, block)
                _tell(progress, start + written, total)
        written += await _flush(sink, block)
        _tell(progress, start + written, total)
    return written


async def read_range(api: Api, path: str, start: int, end: int, *, progress: Progress | None = None) -> bytes:
    """Return bytes `start` up to, not including, `end` of `path`, never touching a disk.

    Raises ApiError; ServerFault when the server sends more than was asked for.
    """
    content = bytearray()
    async with _range(api, path, start, end) as (response, _):
        async for chunk in response.aiter_raw(64 * 1024):
            content += chunk
            if len(content) > end - start:
                raise broken_protocol("it sent more bytes than were asked for")
            _tell(progress, len(content), end - start)
    return bytes(content)


async def upload(
    api: Api,
    path: str,
    source: Source,
    size: int,
    *,
    progress: Progress | None = None,
    backoff: Backoff | None = None,
    block: int = BLOCK,
    attempts: int = ATTEMPTS,
) -> None:
    """Send `size` bytes of `source` to `path` by PATCH with Upload-Offset, `block` bytes at a time.

    HEAD asks where the server is, at the beginning and after every failure, so an upload cut by
    a lost connection, a restart of the server or of this program goes on where it was. After
    `attempts` failures in a row without progress the last ApiError is raised. Cancelling the task
    keeps what the server has.
    """
    backoff = backoff or Backoff(base_s=0.5, cap_s=8.0)
    failures = 0
    offset: int | None = None
    while offset is None or offset < size:
        try:
            if offset is None:
                offset = await _upload_offset(api, path)
            else:
                offset = await _patch(api, path, source, offset, min(block, size - offset))
                failures = 0
        except ApiError as error:
            failures += 1
            if failures >= attempts or not passing(error):
                raise
            offset = None
            retry_after_s = error.problem.retry_after_s
            await asyncio.sleep(backoff.delay_s(failures - 1, at_least_s=retry_after_s))
        else:
            _tell(progress, offset, size)


def passing(error: ApiError) -> bool:
    """Tell whether an upload that met `error` goes on when the server has been asked where it is."""
    # "In progress" is our own request that was cut off: the server has not noticed yet.
    moved = error.code in ("offset_mismatch", "upload_in_progress")
    return error.transient or (isinstance(error, Conflict) and moved)


async def _patch(api: Api, path: str, source: Source, offset: int, length: int) -> int:
    block = await asyncio.to_thread(_read_block, source, offset, length)
    if not block:
        raise OSError("the file became shorter while it was being uploaded")
    headers = {
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(len(block)),
    }
    async with api.open("PATCH", path, headers=headers, content=_pieces(block)):
        return offset + len(block)


async def _pieces(block: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(block), PIECE):
        yield block[start : start + PIECE]


async def _upload_offset(api: Api, path: str) -> int:
    answer = await api.request("HEAD", path, attempts=1)
    offset = answer.headers.get("upload-offset", "")
    if not offset.isdecimal():
        raise broken_protocol("it does not say how much of the file it has")
    return int(offset)


@asynccontextmanager
async def _range(
    api: Api, path: str, start: int, end: int | None
) -> AsyncIterator[tuple[httpx.Response, int]]:
    """Open the range and check that it is the one asked for; yields the response, total size."""
    wanted = f"bytes={start}-{'' if end is None else end - 1}"
    # Compression would make the ranges those of the compressed form.
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Range": wanted}
    async with api.open("GET", path, headers=headers) as response:
        said = response.headers.get("content-range", "")
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", said)
        if response.status_code != 206 or match is None or int(match[1]) != start:
            raise broken_protocol("it did not send the range that was asked for")
        yield response, int(match[2])


def _read_block(source: Source, offset: int, length: int) -> bytes:
    source.seek(offset)
    return source.read(length)


async def _flush(sink: Sink, block: bytearray) -> int:
    if not block:
        return 0
    data = bytes(block)
    block.clear()
    await asyncio.to_thread(sink.write, data)
    return len(data)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
