"""Range downloads and resumable uploads, against an ASGI app that fails on purpose."""

from __future__ import annotations

import io
import os
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studio.api import transfer
from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.errors import Offline, Refused, ServerFault

pytestmark = pytest.mark.anyio

CONTENT = os.urandom(3 * 1024 * 1024 + 17)
AT_ONCE = Backoff(base_s=0.0, cap_s=0.0)


def api_of(app: Starlette) -> Api:
    return Api("http://127.0.0.1:9", lambda: None, transport=httpx.ASGITransport(app=app))


async def download(request: Request) -> Response:
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers["range"])
    assert match is not None
    start, end = int(match[1]), int(match[2] or len(CONTENT) - 1)
    part = CONTENT[start : end + 1]
    span = f"bytes {start}-{end}/{len(CONTENT)}"
    return Response(part, status_code=206, headers={"Content-Range": span})


FILES = Starlette(routes=[Route("/file", download), Route("/whole", lambda _: Response(CONTENT))])


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 1), (5, 2_000_000), (3_000_000, None)])
async def test_stream_to_writes_the_range(start: int, end: int | None) -> None:
    sink, told = io.BytesIO(), []
    api = api_of(FILES)
    written = await transfer.stream_to(
        api, "/file", sink, start=start, end=end, progress=lambda *done: told.append(done)
    )
    expected = CONTENT[start:end]
    assert sink.getvalue() == expected
    assert written == len(expected)
    assert told == sorted(told)
    assert told[-1] == (start + len(expected), len(CONTENT))


async def test_read_range() -> None:
    assert await transfer.read_range(api_of(FILES), "/file", 10, 20) == CONTENT[10:20]


async def test_server_that_ignores_ranges_is_refused() -> None:
    with pytest.raises(ServerFault):
        await transfer.read_range(api_of(FILES), "/whole", 10, 20)


async def test_server_that_sends_more_than_asked_is_refused() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    def handle(_: httpx.Request) -> httpx.Response:
        headers = {"Content-Range": "bytes 0-9/100"}
        return httpx.Response(206, content=endless(), headers=headers)

    api = Api("http://127.0.0.1:9", lambda: None, transport=httpx.MockTransport(handle))
    with pytest.raises(ServerFault):
        await transfer.read_range(api, "/file", 0, 10)


class Uploads:
    """Stores one upload; `faults` are consumed one per PATCH."""

    def __init__(self, *faults: str) -> None:
        self.stored = bytearray()
        self.faults = list(faults)
        self.patches = 0
        self.heads = 0
        self.api = api_of(Starlette(routes=[Route("/file", self._file, methods=["HEAD", "PATCH"])]))

    async def _file(self, request: Request) -> Response:
        if request.method == "HEAD":
            self.heads += 1
            return Response(headers={"Upload-Offset": str(len(self.stored))})
        self.patches += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "busy":
            return Response(status_code=503)
        if fault == "too large":
            return JSONResponse({"code": "too_large"}, status_code=413)
        if int(request.headers["upload-offset"]) != len(self.stored) or fault == "mismatch":
            return JSONResponse({"code": "offset_mismatch"}, status_code=409)
        data = await request.body()
        if fault == "half kept":
            self.stored += data[: len(data) // 2]
            raise httpx.ReadError("cut")
        self.stored += data
        if fault == "answer lost":
            raise httpx.ReadError("cut")
        return Response(status_code=204)


@pytest.mark.parametrize(
    "faults",
    [(), ("busy",), ("mismatch",), ("half kept",), ("answer lost",), ("half kept", "busy", "answer lost")],
    ids=lambda faults: "+".join(faults) or "none",
)
async def test_upload_arrives_whole(faults: tuple[str, ...]) -> None:
    server = Uploads(*faults)
    told: list[int] = []
    await transfer.upload(
        server.api,
        "/file",
        io.BytesIO(CONTENT),
        len(CONTENT),
        progress=lambda done, _: told.append(done),
        backoff=AT_ONCE,
    )
    assert bytes(server.stored) == CONTENT
    assert told[-1] == len(CONTENT)
    assert server.heads == 1 + len(faults)


async def test_upload_resumes_where_the_server_is() -> None:
    server = Uploads()
    server.stored += CONTENT[: 3 * 1024 * 1024]
    await transfer.upload(server.api, "/file", io.BytesIO(CONTENT), len(CONTENT))
    assert bytes(server.stored) == CONTENT
    assert server.patches == 1


async def test_upload_gives_up_with_the_reason() -> None:
    with pytest.raises(Refused) as caught:
        await transfer.upload(Uploads("too large").api, "/file", io.BytesIO(CONTENT), len(CONTENT))
    assert caught.value.code == "too_large"


async def test_upload_to_a_dead_server_ends() -> None:
    tries = 0

    def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal tries
        tries += 1
        raise httpx.ConnectError("refused", request=request)

    api = Api("http://127.0.0.1:9", lambda: None, transport=httpx.MockTransport(refuse))
    with pytest.raises(Offline):
        await transfer.upload(api, "/file", io.BytesIO(b"x"), 1, backoff=AT_ONCE)
    assert tries == transfer.ATTEMPTS


async def test_upload_of_a_file_that_shrinks() -> None:
    with pytest.raises(OSError, match="shorter"):
        await transfer.upload(Uploads().api, "/file", io.BytesIO(b"ab"), 5, backoff=AT_ONCE)


async def test_a_part_goes_in_pieces_that_a_slow_line_can_take() -> None:
    pieces: list[int] = []

    class Line(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PATCH":
                assert request.headers["Content-Length"] == str(len(CONTENT))
                assert "Transfer-Encoding" not in request.headers
                assert isinstance(request.stream, httpx.AsyncByteStream)
                pieces.extend([len(piece) async for piece in request.stream])
            return httpx.Response(204, headers={"Upload-Offset": "0"})

    api = Api("http://127.0.0.1:9", lambda: None, transport=Line())
    await transfer.upload(api, "/file", io.BytesIO(CONTENT), len(CONTENT), block=8 * transfer.BLOCK)
    assert sum(pieces) == len(CONTENT)
    assert max(pieces) == transfer.PIECE
