"""Requests, retries, protocol faults and streams of the API client."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from studio.api.client import Api, checked_url
from studio.api.errors import (
    ApiError,
    Busy,
    NotFound,
    Offline,
    Refused,
    ServerFault,
    Unauthorised,
)

pytestmark = pytest.mark.anyio

Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers from a list; an exception in the list is raised as the transport would."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def api(self, token: str | None = "secret") -> Api:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return Api(
            "http://127.0.0.1:9",
            lambda: token,
            transport=httpx.MockTransport(self._handle),
            sleep=sleep,
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


async def test_bearer_and_conditions_are_sent() -> None:
    server = Server(answer(200, {"a": 1}, ETag='"7"'))
    result = await server.api().request("PUT", "/v1/x", json={"b": 2}, if_match='"6"')
    sent = server.requests[0]
    assert sent.headers["authorization"] == "Bearer secret"
    assert sent.headers["if-match"] == '"6"'
    assert json.loads(sent.content) == {"b": 2}
    assert result.json() == {"a": 1}
    assert result.etag == '"7"'


async def test_no_token_no_header() -> None:
    server = Server(answer(204))
    result = await server.api(token=None).get("/v1/x")
    assert "authorization" not in server.requests[0].headers
    assert result.status == 204


async def test_requests_wait_until_it_is_known_where_the_server_is() -> None:
    asked: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(204)

    api = Api("http://127.0.0.1:9", lambda: None, transport=httpx.MockTransport(handle), begun=False)
    early = [asyncio.ensure_future(api.get(path)) for path in ("/v1/x", "/v1/y")]
    await asyncio.wait(early, timeout=0.0)
    assert asked == []
    api.move_to("http://127.0.0.1:10")
    api.begin()
    assert [(await answer).status for answer in early] == [204, 204]
    assert [str(url) for url in asked] == ["http://127.0.0.1:10/v1/x", "http://127.0.0.1:10/v1/y"]


async def test_empty_list_is_a_body() -> None:
    server = Server(answer(200))
    await server.api().request("PUT", "/v1/x", json=[])
    assert server.requests[0].content == b"[]"


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), answer(503), answer(429), answer(502)],
    ids=["connect", "timeout", "503", "429", "502"],
)
async def test_get_is_repeated(failure: httpx.Response | Exception) -> None:
    server = Server(failure, answer(200, "done"))
    assert (await server.api().get("/v1/x")).json() == "done"
    assert len(server.waits) == 1


async def test_retry_after_is_a_floor() -> None:
    server = Server(answer(503, **{"Retry-After": "2"}), answer(200))
    await server.api().get("/v1/x")
    assert 2.0 <= server.waits[0] <= 2.25


async def test_long_retry_after_is_told_not_waited() -> None:
    server = Server(answer(429, {"code": "locked_out"}, **{"Retry-After": "900"}))
    with pytest.raises(Busy) as caught:
        await server.api().get("/v1/x")
    assert caught.value.retry_after_s == 900
    assert server.waits == []


async def test_attempts_end() -> None:
    server = Server(*[httpx.ConnectError("no")] * 4)
    with pytest.raises(Offline) as caught:
        await server.api().get("/v1/x")
    assert len(server.requests) == 4
    assert not caught.value.may_have_arrived


async def test_post_without_key_is_sent_once() -> None:
    server = Server(httpx.ReadTimeout("slow"))
    with pytest.raises(Offline) as caught:
        await server.api().post("/v1/x", json={})
    assert len(server.requests) == 1
    assert caught.value.may_have_arrived


async def test_post_with_key_is_repeated_with_the_same_key() -> None:
    server = Server(httpx.ReadTimeout("slow"), answer(201, {"id": 1}))
    await server.api().post("/v1/x", json={"a": 1}, idempotency_key="k1")
    first, second = server.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k1"
    assert first.content == second.content


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Unauthorised), (404, NotFound), (422, Refused), (500, ServerFault)]
)
async def test_final_answers_are_not_repeated(status: int, kind: type[ApiError]) -> None:
    server = Server(answer(status, {"code": "c"}))
    with pytest.raises(kind) as caught:
        await server.api().get("/v1/x")
    assert caught.value.code == "c"
    assert len(server.requests) == 1


async def test_redirect_is_neither_followed_nor_a_success() -> None:
    server = Server(answer(302, Location="https://elsewhere.example/"))
    with pytest.raises(ServerFault) as caught:
        await server.api().post("/v1/x", json={}, idempotency_key="k")
    assert caught.value.code == "broken_protocol"
    assert len(server.requests) == 1


class Wallet(BaseModel):
    credits: int


async def test_model() -> None:
    server = Server(answer(200, {"credits": 3}), answer(200, {"credits": "many"}))
    api = server.api()
    assert (await api.get("/v1/ledger/wallet")).model(Wallet) == Wallet(credits=3)
    with pytest.raises(ServerFault) as caught:
        (await api.get("/v1/ledger/wallet")).model(Wallet)
    assert caught.value.code == "broken_protocol"


async def test_answer_that_is_not_json() -> None:
    server = Server(httpx.Response(200, content=b"<html>"))
    with pytest.raises(ServerFault):
        (await server.api().get("/v1/x")).json()


async def test_undecodable_body_is_a_server_fault() -> None:
    garbled = body(b"no gzip")
    garbled.headers["Content-Encoding"] = "gzip"
    server = Server(garbled)
    with pytest.raises(ServerFault):
        await server.api().request("POST", "/v1/x")


async def test_huge_error_body_is_cut() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    server = Server(httpx.Response(418, content=endless()))
    with pytest.raises(Refused):
        await server.api().get("/v1/x")


def body(*chunks: bytes, then: Exception | None = None) -> httpx.Response:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk
        if then is not None:
            raise then

    return httpx.Response(200, content=stream())


async def rows_of(server: Server) -> list[Any]:
    async with server.api().ndjson("/v1/x") as rows:
        return [row async for row in rows]


async def test_ndjson_across_chunks() -> None:
    assert await rows_of(Server(body(b'{"a":', b' 1}\n\n[2]\r\n"', b'x"'))) == [{"a": 1}, [2], "x"]


async def test_ndjson_cut_in_the_middle_is_offline() -> None:
    with pytest.raises(Offline):
        await rows_of(Server(body(b"1\n", then=httpx.ReadError("cut"))))


async def test_ndjson_with_garbage_is_a_server_fault() -> None:
    with pytest.raises(ServerFault):
        await rows_of(Server(body(b"1\nnope\n")))


@pytest.mark.parametrize(
    "url", ["https://studio.example.org", "http://127.0.0.1:8000", "http://[::1]:1", "http://localhost"]
)
def test_urls_the_token_may_go_to(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url", ["http://studio.example.org", "http://127.0.0.1.evil.example", "ftp://x", "x", "", "http://"]
)
def test_urls_the_token_must_not_go_to(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        checked_url(url)


async def test_move_to_another_address() -> None:
    server = Server(answer(204))
    api = server.api()
    api.move_to("http://127.0.0.1:10")
    await api.get("/v1/x")
    assert str(server.requests[0].url) == "http://127.0.0.1:10/v1/x"
    assert api.base_url == "http://127.0.0.1:10"
    for elsewhere in ("http://elsewhere.example", "https://elsewhere.example", "https://127.0.0.1"):
        with pytest.raises(ValueError, match="this machine"):
            api.move_to(elsewhere)


async def test_certificates_are_checked_wherever_tls_is_spoken() -> None:
    for url in ("https://studio.example.org", "https://127.0.0.1"):
        api = Api(url, lambda: None)
        context = api._http._transport._pool._ssl_context  # type: ignore[attr-defined]
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        await api.aclose()


@pytest.mark.parametrize("path", ["https://elsewhere.example/v1/x", "v1/x", ""])
async def test_token_does_not_leave_for_another_server(path: str) -> None:
    server = Server()
    with pytest.raises(ValueError, match="not a path"):
        await server.api().get(path)
    assert server.requests == []


async def test_path_cannot_name_a_host() -> None:
    server = Server(answer(204))
    await server.api().get("//elsewhere.example/v1/x")
    assert server.requests[0].url.host == "127.0.0.1"
