"""A file that the server makes, streamed to the disk: whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

import httpx

from studio.api.client import CONNECT_S, Api
from studio.tasks import off_thread
from studio.whole_file import WholeFile

BLOCK: Final = 1024 * 1024
SILENCE_S: Final = 120.0
"""Evidence is gathered before its first byte comes."""

Progress = Callable[[int, int | None], object]
LAST: Final = "signature.json"
"""The member that the server writes last."""


class BrokenOff(Exception):
    """The file ended before its end."""


def whole_bundle(part: Path) -> None:
    """Look whether a bundle of evidence is all there. Raises BrokenOff, and OSError."""
    try:
        with ZipFile(part) as bundle:
            names = bundle.namelist()
    except BadZipFile:
        raise BrokenOff from None
    if names[-1:] != [LAST]:
        raise BrokenOff


def anything(_part: Path) -> None:
    """Take a file as it comes."""


async def download(
    api: Api,
    path: str,
    file: Path,
    progress: Progress,
    *,
    params: Mapping[str, str] | None = None,
    check: Callable[[Path], object] = anything,
) -> int:
    """Write what `path` answers to `file`; answers its size in bytes.

    `progress` is told of the bytes so far and of those in all, where the server says. `check` looks at what
    has come, off the thread. Raises ApiError, OSError and what `check` raises; then, and when it is
    cancelled, an older file of that name is untouched and nothing half-written stays.
    """
    done = 0
    part = await _begin(file)
    try:
        silence = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
        async with api.open("GET", path, params=dict(params or {}), timeout=silence) as response:
            length = response.headers.get("content-length", "")
            total = int(length) if length.isdecimal() else None
            block = bytearray()
            async for chunk in response.aiter_bytes():
                block += chunk
                done += len(chunk)
                if len(block) >= BLOCK:
                    await off_thread(part.write, bytes(block))
                    block.clear()
                    progress(done, total)
            await off_thread(part.write, bytes(block))
        await off_thread(part.finish, check)
    finally:
        await off_thread(part.drop)
    return done


async def _begin(file: Path) -> WholeFile:
    """Cancelled meanwhile, it leaves nothing: the thread that opens the file does not hear of that."""
    opening = asyncio.ensure_future(off_thread(WholeFile, file))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(OSError):
            await off_thread((await opening).drop)
        raise
