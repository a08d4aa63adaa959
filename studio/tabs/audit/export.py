"""The matching entries as a file: streamed to the disk, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Final

import httpx

from server.audit.schemas import ExportFormat
from studio.api.client import CONNECT_S, Api
from studio.tasks import off_thread

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
    part = await off_thread(_open_beside, file)
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
        await off_thread(_finish, part, file)
    finally:
        await off_thread(_drop, part)
    return _entries(lines, form)


def _entries(lines: int, form: ExportFormat) -> int:
    """Each entry is one line; CSV begins with one of titles."""
    return max(0, lines - 1) if form is ExportFormat.CSV else lines


def _open_beside(file: Path) -> IO[bytes]:
    return NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", suffix=".part", delete=False)


def _finish(part: IO[bytes], file: Path) -> None:
    part.close()
    Path(part.name).replace(file)


def _drop(part: IO[bytes]) -> None:
    part.close()
    with suppress(OSError):
        Path(part.name).unlink(missing_ok=True)
