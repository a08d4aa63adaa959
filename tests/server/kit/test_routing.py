"""Routes that know their address at once and everything else late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from server.kit.routing import LateRoute
from server.kit.wire import Frozen
from tests.server.conftest import AppTransport


@pytest.fixture
def app() -> FastAPI:
    class Told(Frozen):
        number: int
        word: str

    router = APIRouter(prefix="/v1/things", tags=["things"], route_class=LateRoute)

    def thing(number: int, word: str = "none") -> Told:
        return Told(number=number, word=word)

    def made(body: Told) -> Told:
        return body

    for told in (thing, made):  # the names in the annotations are local ones here
        told.__annotations__ = {
            name: {"int": int, "str": str, "Told": Told}[kind] for name, kind in told.__annotations__.items()
        }
    router.get("/{number}")(thing)
    router.post("", status_code=201)(made)
    return FastAPI(routes=router.routes)


@pytest.fixture
def client(app: FastAPI, portal: BlockingPortal) -> Iterator[httpx.Client]:
    with httpx.Client(transport=AppTransport(app, portal), base_url="http://studio.test") as client:
        yield client


def worked_out(app: FastAPI) -> list[str]:
    return [route.name for route in app.routes if isinstance(route, LateRoute) and "dependant" in vars(route)]


def test_a_route_is_worked_out_when_it_is_first_asked_for(app: FastAPI, client: httpx.Client) -> None:
    assert client.get("/v1/things").status_code == 405
    assert client.get("/v1/elsewhere").status_code == 404
    assert worked_out(app) == []
    assert client.get("/v1/things/5", params={"word": "five"}).json() == {"number": 5, "word": "five"}
    assert worked_out(app) == ["thing"]
    assert client.get("/v1/things/five").status_code == 422
    assert client.post("/v1/things", json={"number": 1}).status_code == 422
    assert client.post("/v1/things", json={"number": 1, "word": "one"}).status_code == 201
    assert worked_out(app) == ["thing", "made"]


def test_the_description_of_the_api_has_all_of_it(app: FastAPI) -> None:
    described = app.openapi()
    assert {path: list(methods) for path, methods in described["paths"].items()} == {
        "/v1/things/{number}": ["get"],
        "/v1/things": ["post"],
    }
    assert described["paths"]["/v1/things"]["post"]["tags"] == ["things"]
    assert "Told" in described["components"]["schemas"]


def test_what_no_route_has_is_still_missing(app: FastAPI) -> None:
    route = next(route for route in app.routes if isinstance(route, LateRoute))
    assert not hasattr(route, "nothing_of_the_kind")


def test_two_threads_that_ask_at_once_both_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, times = threading.Event(), threading.Event(), []
    declare = APIRoute.__init__

    def slow(self: APIRoute, *parts: Any, **declared: Any) -> None:
        times.append(self)
        begun.set()
        assert go_on.wait(30)
        declare(self, *parts, **declared)

    monkeypatch.setattr(APIRoute, "__init__", slow)
    route = LateRoute("/things", lambda: None)
    asking = threading.Event()

    def second() -> object:
        asking.set()
        return route.dependant

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(lambda: route.dependant)
        assert begun.wait(30)
        other = threads.submit(second)
        assert asking.wait(30)
        go_on.set()
        assert one.result(30) is other.result(30)
    assert times == [route]


def test_what_is_wrong_with_a_declaration_is_told_each_time() -> None:
    def wrong(thing: object) -> None: ...

    wrong.__annotations__ = {"thing": threading.Lock, "return": None}
    route = LateRoute("/things/{thing}", wrong)
    told = []
    for _ in range(2):
        with pytest.raises(Exception, match=r"thing|Invalid args") as raised:
            _ = route.dependant
        told.append(type(raised.value))
    assert told[0] is told[1] is not AttributeError
