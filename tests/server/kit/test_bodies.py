"""What is read whole into memory is bounded, and every refusal is a problem document."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from server.kit import bodies, errors
from server.kit.bodies import Bounded, body_limit
from tests.server.conftest import AppTransport

JSON = {"Content-Type": "application/json"}
LARGER = 2 * bodies.DEFAULT


class Said(BaseModel):
    text: str


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    errors.install(app)
    app.add_middleware(Bounded)

    @app.post("/said")
    def say(body: Said) -> int:
        return len(body.text)

    @app.post("/said/at-length", openapi_extra=body_limit(LARGER))
    def say_at_length(body: Said) -> int:
        return len(body.text)

    @app.get("/said")
    def said_before() -> None:
        return None

    @app.patch("/file")
    async def append(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    @app.get("/lines")
    def lines() -> StreamingResponse:
        return StreamingResponse(iter(["one\n", "two\n"]))

    return app


@pytest.fixture
def client(app: FastAPI, portal: BlockingPortal) -> Iterator[httpx.Client]:
    with httpx.Client(transport=AppTransport(app, portal), base_url="http://studio.test") as client:
        yield client


def said(size: int) -> bytes:
    """A body of exactly `size` bytes."""
    return b'{"text": "' + b"a" * (size - 12) + b'"}'


def in_parts(data: bytes) -> Iterator[bytes]:
    """Sent without a Content-Length."""
    for start in range(0, len(data), 10_000):
        yield data[start : start + 10_000]


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.headers["Content-Type"], answer.json()["code"]


@pytest.mark.parametrize(("path", "most"), [("/said", bodies.DEFAULT), ("/said/at-length", LARGER)])
def test_a_declared_body_is_bounded_however_it_is_sent(client: httpx.Client, path: str, most: int) -> None:
    for content in (said(most), in_parts(said(most))):
        assert client.post(path, content=content, headers=JSON).json() == most - 12
    for content in (said(most + 1), in_parts(said(most + 1))):
        refused = client.post(path, content=content, headers=JSON)
        assert problem(refused) == (413, "application/problem+json", "too_large")
        assert str(most) in refused.json()["detail"]


def test_an_announced_length_is_refused_before_anything_is_read(client: httpx.Client) -> None:
    headers = JSON | {"Content-Length": str(bodies.DEFAULT + 1)}
    refused = client.post("/said", content=said(20), headers=headers)
    assert problem(refused) == (413, "application/problem+json", "too_large")


def test_a_stream_is_not_bounded_here(client: httpx.Client) -> None:
    assert client.patch("/file", content=in_parts(said(LARGER))).json() == LARGER


def test_a_body_that_nobody_asked_for_does_no_harm(client: httpx.Client) -> None:
    answer = client.request("GET", "/lines", content=in_parts(said(LARGER)))
    assert (answer.status_code, answer.text) == (200, "one\ntwo\n")


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("GET", "/nowhere", b"", 404, "not_found"),
        ("PUT", "/said", b"", 405, "method_not_allowed"),
        ("POST", "/said", b'{"text": "\xff"}', 400, "bad_request"),
        ("POST", "/said", b"[" * 60_000, 400, "bad_request"),
        ("POST", "/said", b"{", 422, "invalid"),
        ("POST", "/said", b'{"text": 1}', 422, "invalid"),
    ],
)
def test_every_refusal_is_a_problem(
    client: httpx.Client, method: str, path: str, content: bytes, status: int, code: str
) -> None:
    refused = client.request(method, path, content=content, headers=JSON)
    assert problem(refused) == (status, "application/problem+json", code)
    assert status != 405 or refused.headers["Allow"] == "GET, POST"
    assert set(refused.json()) >= {"type", "title", "status", "code", "detail"}
