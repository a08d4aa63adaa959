"""A file that the server makes, streamed to the disk: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx

from studio.api.client import CONNECT_S, Api
from studio.tasks import off_thread
from studio.whole_file import WholeFile

BLOCK: Final = 1024 * 1024
SILENCE_S: Final = 120.0
"""Evidence is gathered before its first byte comes."""

Progress = Callable[[int, int | None], object]


async def download(
    api: Api, path: str, file: Path, progress: Progress, *, params: Mapping[str, str] | None = None
) -> int:
    """Write what `path` answers to `file`; answers its size in bytes.

    `progress` is told of the bytes so far and of those in all, where the server says. Raises ApiError and
    OSError; then, and when it is cancelled, an older file of that name is untouched and nothing half-written
    stays.
    """
    done = 0
    part = await off_thread(WholeFile, file)
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
        await off_thread(part.finish)
    finally:
        await off_thread(part.drop)
    return done
