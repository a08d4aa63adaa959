"""The export reaches the disk whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.audit.schemas import ExportFormat
from studio.api.client import Api
from studio.api.errors import ApiError, Forbidden
from studio.tabs.audit.export import BLOCK, export, form_of

LINE = b'{"seq":1,"at":"x"}\n'


class Stream(httpx.AsyncByteStream):
    """Chunks as they come; `fails` cuts the connection after them."""

    def __init__(
        self, chunks: list[bytes], *, fails: bool = False, hold: asyncio.Event | None = None
    ) -> None:
        self._chunks, self._fails, self._hold = chunks, fails, hold
        self.reached_the_end = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        self.reached_the_end.set()
        if self._hold is not None:
            await self._hold.wait()
        if self._fails:
            raise httpx.ReadError("cut")


def api(answer: httpx.Response, asked: list[httpx.Request] | None = None) -> Api:
    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return answer

    return Api("http://127.0.0.1:9", lambda: "token", transport=httpx.MockTransport(handle))


def test_the_name_chooses_the_format() -> None:
    assert form_of(Path("a.csv")) is ExportFormat.CSV
    assert form_of(Path("a.JSONL")) is ExportFormat.JSONL
    assert form_of(Path("a")) is ExportFormat.CSV


@pytest.mark.parametrize(("name", "count"), [("log.jsonl", 150_000), ("log.csv", 149_999)])
def test_every_byte_arrives_and_the_entries_are_counted(tmp_path: Path, name: str, count: int) -> None:
    whole = LINE * 150_000
    chunks = [whole[n : n + 65_536] for n in range(0, len(whole), 65_536)]
    asked: list[httpx.Request] = []
    seen: list[int] = []

    async def main() -> int:
        client = api(httpx.Response(200, stream=Stream(chunks)), asked)
        return await export(client, tmp_path / name, {"action": "x"}, progress=seen.append)

    assert asyncio.run(main()) == count
    assert (tmp_path / name).read_bytes() == whole
    assert dict(asked[0].url.params) == {"action": "x", "format": name[4:]}
    assert len(seen) == len(whole) // BLOCK
    assert seen == sorted(seen)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(200, stream=Stream([LINE], fails=True)), ApiError),
        (httpx.Response(403, json={"code": "forbidden"}), Forbidden),
    ],
)
def test_a_failure_leaves_the_older_file_alone(
    tmp_path: Path, answer: httpx.Response, error: type[Exception]
) -> None:
    file = tmp_path / "log.csv"
    file.write_text("older")

    async def main() -> None:
        await export(api(answer), file, {}, progress=lambda _: None)

    with pytest.raises(error):
        asyncio.run(main())
    assert file.read_text() == "older"
    assert [each.name for each in tmp_path.iterdir()] == ["log.csv"]


def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        stream = Stream([LINE], hold=asyncio.Event())
        client = api(httpx.Response(200, stream=stream))
        task = asyncio.ensure_future(export(client, tmp_path / "log.csv", {}, progress=lambda _: None))
        await stream.reached_the_end.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    async def main() -> None:
        await export(api(httpx.Response(200)), tmp_path / "no" / "log.csv", {}, progress=lambda _: None)

    with pytest.raises(OSError, match="no"):
        asyncio.run(main())
