"""A video read through a window: exact, bounded, shared by its readers, over when it is put away."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from benchmarks.coded_clips import Recipe, write_clip
from studio.api.client import Api
from studio.offline.media_window import MediaWindow
from studio.video.index import build_index
from studio.video.reader import FrameReader

pytestmark = pytest.mark.anyio
T = TypeVar("T")
BLOCK = 1000


class Server:
    """Serves ranges of `data`; `asked` are the spans, `broken` how many answers are cut off first."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []
        self.broken = 0
        self.gate: asyncio.Event | None = None
        self.api = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(self._serve))

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["range"])
        assert match is not None
        start, end = int(match[1]), int(match[2])
        self.asked.append((start, end))
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            self.broken -= 1
            raise httpx.ReadError("cut")
        headers = {"Content-Range": f"bytes {start}-{end}/{len(self.data)}", "Cache-Control": "no-store"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(self.data[start : end + 1]))

    def window(self, *, blocks: int) -> MediaWindow:
        return MediaWindow(self.api, "v", size=len(self.data), max_bytes=blocks * BLOCK, block=BLOCK)


async def away(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


async def test_what_is_read_is_the_file_and_no_more_than_the_window_is_held() -> None:
    server = Server(os.urandom(10_300))
    window = server.window(blocks=3)

    def whole() -> bytes:
        stream = window()
        found = bytearray()
        while piece := stream.read(700):
            found += piece
            assert window.held <= 3 * BLOCK
        return bytes(found)

    assert await away(whole) == server.data
    assert len(server.asked) == 11
    stream = window()
    stream.seek(-300, os.SEEK_END)
    assert await away(lambda: stream.read(10_000)) == server.data[-300:]
    assert len(server.asked) == 11


async def test_a_lost_connection_is_borne_and_readers_share_what_comes() -> None:
    server = Server(os.urandom(2_000))
    server.broken = 2
    window = server.window(blocks=2)
    both = await asyncio.gather(*(away(lambda: window().read(100)) for _ in range(2)))
    assert both == [server.data[:100]] * 2
    assert len(server.asked) <= 4


async def test_putting_it_away_ends_the_wait_and_holds_nothing() -> None:
    server = Server(os.urandom(2_000))
    window = server.window(blocks=2)
    await away(lambda: window().read(10))
    server.gate = asyncio.Event()

    def waits() -> str:
        stream = window()
        stream.seek(1_500)
        try:
            stream.read(10)
        except OSError as error:
            return str(error)
        return ""

    waiting = asyncio.create_task(away(waits))
    while len(server.asked) < 2:  # noqa: ASYNC110 - the server has no event of its own
        await asyncio.sleep(0)
    window.close()
    assert await waiting
    assert window.held == 0
    with pytest.raises(OSError, match="put away"):
        window().read(1)


async def test_every_frame_of_a_video_larger_than_the_window_is_exact(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", Recipe(), frames=60, width=320, height=180)
    server = Server(path.read_bytes())
    window = server.window(blocks=4)
    assert window.size > 8 * BLOCK

    def frames() -> list[bool]:
        index = build_index(window)
        seen = FrameReader(window, index.table)
        true = FrameReader(path, index.table)
        same = []
        for number in (0, 59, 17, 18, 3):
            *_, (_n, mine) = seen.run(number)
            *_, (_n, theirs) = true.run(number)
            same.append(bool((mine.to_ndarray() == theirs.to_ndarray()).all()))
        seen.close()
        true.close()
        return same

    assert await away(frames) == [True] * 5
    assert window.held <= 4 * BLOCK
    window.close()
