"""The matching entries as a file: streamed to the disk, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx

from server.audit.schemas import ExportFormat
from studio.api.client import CONNECT_S, Api
from studio.tasks import off_thread
from studio.whole_file import WholeFile

BLOCK: Final = 1024 * 1024
SILENCE_S: Final = 60.0
FORMS: Final = {"CSV (*.csv)": ExportFormat.CSV, "JSON lines (*.jsonl)": ExportFormat.JSONL}


def form_of(file: Path) -> ExportFormat:
    """The format that a file name asks for."""
    return ExportFormat.JSONL if file.suffix.lower() == ".jsonl" else ExportFormat.CSV


async def export(
    api: Api, file: Path, params: Mapping[str, str | int], *, progress: Callable[[int], object]
) -> int:
    """Write the entries that match `params` to `file`; answers how many.

    `progress` is told of the entries so far. Raises ApiError and OSError; then, and when it is cancelled,
    an older file of that name is untouched and nothing half-written stays.
    """
    form = form_of(file)
    lines = 0
    part = await off_thread(WholeFile, file)
    try:
        query = {**params, "format": form.value}
        silence = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
        path = "/v1/audit/entries/export"
        async with api.open("GET", path, params=query, timeout=silence) as response:
            block = bytearray()
            async for chunk in response.aiter_bytes():
                block += chunk
                lines += chunk.count(b"\n")
                if len(block) >= BLOCK:
                    await off_thread(part.write, bytes(block))
                    block.clear()
                    progress(_entries(lines, form))
            await off_thread(part.write, bytes(block))
        await off_thread(part.finish)
    finally:
        await off_thread(part.drop)
    return _entries(lines, form)


def _entries(lines: int, form: ExportFormat) -> int:
    """Each entry is one line; CSV begins with one of titles."""
    return max(0, lines - 1) if form is ExportFormat.CSV else lines
