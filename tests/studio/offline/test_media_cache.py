"""The media cache: verified, bounded, private, and closed to restricted items."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
from pathlib import Path

import httpx
import pytest

from studio.api.client import Api
from studio.api.errors import Offline
from studio.offline import media_cache
from studio.offline.media_cache import (
    MediaCache,
    MediaCorrupt,
    MediaTooLarge,
    MediaWiped,
    RestrictedMedia,
    read_into_memory,
)

pytestmark = pytest.mark.anyio

VIDEOS = {name: os.urandom(1000) for name in "abcd"}


def sha256(name: str) -> str:
    return hashlib.sha256(VIDEOS[name]).hexdigest()


class Server:
    """Serves ranges of VIDEOS; `gate`, when given, holds every answer until it is set."""

    def __init__(self, *, gate: asyncio.Event | None = None) -> None:
        self.downloads: list[str] = []
        self.gate = gate
        self.asked = asyncio.Event()
        self.cut = False
        self.corrupt = False
        self.api = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(self._serve))

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[-2]
        self.downloads.append(name)
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.cut:
            raise httpx.ReadError("cut")
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["range"])
        assert match is not None
        content = VIDEOS[name][int(match[1]) : int(match[2]) + 1]
        if self.corrupt:
            content = bytes(len(content))
        span = f"bytes {match[1]}-{int(match[1]) + len(content) - 1}/{len(VIDEOS[name])}"
        return httpx.Response(206, stream=httpx.ByteStream(content), headers={"Content-Range": span})

    async def fetch(self, cache: MediaCache, name: str, *, restricted: bool = False) -> Path:
        return await cache.fetch(self.api, name, sha256=sha256(name), size=1000, restricted=restricted)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "media"


def names(directory: Path) -> set[str]:
    known = {sha256(name): name for name in VIDEOS}
    return {known.get(path.name, path.name) for path in directory.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_fetch_is_verified_private_and_once(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    path = await server.fetch(cache, "a")
    assert path.read_bytes() == VIDEOS["a"]
    assert mode(path) == 0o600
    assert mode(directory) == 0o700
    await server.fetch(cache, "a")
    assert server.downloads == ["a"]


async def test_least_recently_used_goes_first(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    for name in ("a", "b", "a"):
        await server.fetch(cache, name)
        cache.release(sha256(name))
    await server.fetch(cache, "c")
    assert names(directory) == {"a", "c"}
    assert cache.size == 2000


async def test_order_and_bound_survive_a_restart(directory: Path) -> None:
    server = Server()
    cache = MediaCache(directory, max_bytes=3000)
    for when, name in enumerate("abc"):
        path = await server.fetch(cache, name)
        os.utime(path, (when, when))
    (directory / "leftover.1.part").write_bytes(b"x")
    (directory / "README").write_bytes(b"not ours")
    cache = MediaCache(directory, max_bytes=2000)
    assert names(directory) == {"b", "c", "README"}
    assert cache.size == 2000


async def test_files_in_use_are_not_evicted(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    for name in "abc":
        await server.fetch(cache, name)
    assert names(directory) == {"a", "b", "c"}
    cache.release(sha256("b"))
    assert names(directory) == {"a", "c"}


async def test_wipe_and_clear(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=4000), Server()
    for name in "abc":
        await server.fetch(cache, name)
    cache.wipe([sha256("a"), sha256("d")])
    assert names(directory) == {"b", "c"}
    cache.clear()
    assert names(directory) == set()
    assert cache.size == 0


async def test_wipe_reaches_a_fetch_on_its_way(directory: Path) -> None:
    gate = asyncio.Event()
    cache, server = MediaCache(directory, max_bytes=2000), Server(gate=gate)
    fetching = asyncio.create_task(server.fetch(cache, "a"))
    await server.asked.wait()
    cache.wipe([sha256("a")])
    gate.set()
    with pytest.raises(MediaWiped):
        await fetching
    assert names(directory) == set()


async def test_two_fetches_download_once(directory: Path) -> None:
    gate = asyncio.Event()
    cache, server = MediaCache(directory, max_bytes=2000), Server(gate=gate)
    fetches = [asyncio.create_task(server.fetch(cache, "a")) for _ in range(3)]
    await server.asked.wait()
    fetches[0].cancel()
    gate.set()
    results = await asyncio.gather(*fetches, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == results[2] == directory / sha256("a")
    assert server.downloads == ["a", "a"]  # the cancelled one, and one for both others


@pytest.mark.parametrize("fault", ["cut", "corrupt", "cancel"])
async def test_failure_leaves_nothing(directory: Path, fault: str) -> None:
    gate = asyncio.Event()
    cache, server = MediaCache(directory, max_bytes=2000), Server(gate=gate)
    fetching = asyncio.create_task(server.fetch(cache, "a"))
    await server.asked.wait()
    if fault == "cancel":
        fetching.cancel()
    else:
        setattr(server, fault, True)
        gate.set()
    with pytest.raises((Offline, MediaCorrupt, asyncio.CancelledError)):
        await fetching
    assert names(directory) == set()
    assert cache.size == 0
    server.cut = server.corrupt = False
    gate.set()
    await server.fetch(cache, "a")


async def test_too_large_and_malformed(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=999), Server()
    with pytest.raises(MediaTooLarge):
        await server.fetch(cache, "a")
    with pytest.raises(ValueError, match="hexadecimal"):
        await cache.fetch(server.api, "a", sha256="../../etc/passwd", size=1, restricted=False)
    assert server.downloads == []


async def test_restricted_never_touches_the_disk(directory: Path) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    with pytest.raises(RestrictedMedia):
        await server.fetch(cache, "a", restricted=True)
    assert server.downloads == []
    before = set(directory.parent.rglob("*"))
    content = await read_into_memory(server.api, "a", sha256=sha256("a"), size=1000, max_bytes=1000)
    assert content == VIDEOS["a"]
    assert set(directory.parent.rglob("*")) == before


async def test_read_into_memory_is_bounded_and_verified() -> None:
    server = Server()
    with pytest.raises(MediaTooLarge):
        await read_into_memory(server.api, "a", sha256=sha256("a"), size=1000, max_bytes=999)
    server.corrupt = True
    with pytest.raises(MediaCorrupt):
        await read_into_memory(server.api, "a", sha256=sha256("a"), size=1000, max_bytes=1000)


async def test_a_file_that_a_reader_holds_goes_when_it_is_let_go(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    path = await server.fetch(cache, "a")
    unlink, held, gone = Path.unlink, [path], asyncio.Event()

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self in held:
            raise PermissionError("The process cannot access the file")
        unlink(self, missing_ok=missing_ok)
        if self == path:
            gone.set()

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(media_cache, "AGAIN_S", 0.0)
    cache.wipe([sha256("a")])
    assert path.exists()
    await server.fetch(cache, "b")
    held.clear()
    async with asyncio.timeout(10):
        await gone.wait()
    assert names(directory) == {"b"}


async def test_a_held_file_is_used_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, server = MediaCache(directory, max_bytes=2000), Server()
    path = await server.fetch(cache, "a")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError("The process cannot access the file")

    with monkeypatch.context() as held:
        held.setattr(Path, "unlink", refuse)
        cache.wipe([sha256("a")])
    assert await server.fetch(cache, "a") == path
    assert names(directory) == {"a"}
