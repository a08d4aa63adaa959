"""The live feed over real connections: changes, resume, resync, silence and a server that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.errors import Unauthorised
from studio.api.live import Change, Connection, Live
from tests.studio.loopback import Loopback

pytestmark = pytest.mark.anyio


class Feed:
    """A server whose n-th connection plays the n-th script; then it holds the line open."""

    def __init__(self, *scripts: str, status: int = 200) -> None:
        self.scripts = list(scripts)
        self.status = status
        self.resumed_from: list[str | None] = []
        self.server = Loopback(Starlette(routes=[Route("/v1/live", self._live)]))

    async def _live(self, request: Request) -> Response:
        self.resumed_from.append(request.headers.get("last-event-id"))
        if self.status != 200:
            return Response(status_code=self.status)
        script = self.scripts.pop(0) if self.scripts else ""
        return StreamingResponse(self._play(script, request), media_type="text/event-stream")

    async def _play(self, script: str, request: Request) -> AsyncIterator[bytes]:
        yield script.removesuffix("CUT").encode()
        while not script.endswith("CUT") and not await _disconnected(request):
            pass


async def _disconnected(request: Request) -> bool:
    message = await request.receive()
    return message["type"] == "http.disconnect"


class Ear:
    """Records what a Live says, and lets a test wait for it."""

    def __init__(self, url: str, **options: float) -> None:
        self.heard: list[object] = []
        self._more = asyncio.Event()
        self.api = Api(url, lambda: "token")
        self.live = Live(
            self.api,
            on_changes=self._changes,
            on_resync=lambda: self._hear("resync"),
            on_state=self._hear,
            backoff=Backoff(base_s=0.005, cap_s=0.005),
            **options,
        )

    def _changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._hear(change)

    def _hear(self, what: object) -> None:
        self.heard.append(what)
        self._more.set()

    async def until(self, what: object, times: int = 1) -> None:
        async with asyncio.timeout(10):
            while self.heard.count(what) < times:
                self._more.clear()
                await self._more.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Ear]:
        task = asyncio.create_task(self.live.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.api.aclose()


def change(number: int, topic: str = "queue") -> str:
    data = f'{{"topic": "{topic}", "id": "i{number}", "version": {number}}}'
    return f"event: change\nid: {number}\ndata: {data}\n\n"


@pytest.fixture
def feed(request: pytest.FixtureRequest) -> Iterator[Feed]:
    feed = Feed(*request.param) if isinstance(request.param, tuple) else request.param
    with feed.server:
        yield feed


def scripts(*texts: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("feed", [texts], indirect=True, ids=["feed"])


@scripts(": hello\n\n" + change(1) + change(2))
async def test_changes_in_order(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Change("queue", "i2", 2))
    assert ear.heard == [
        Connection.CONNECTING,
        Connection.ONLINE,
        Change("queue", "i1", 1),
        Change("queue", "i2", 2),
    ]


@scripts("")
async def test_the_first_connection_starts_where_the_first_answers_were_read(feed: Feed) -> None:
    ear = Ear(feed.server.url)
    ear.live.read_early("e-10")
    ear.live.read_early("e-9")
    ear.live.read_early("e-11")
    async with ear.running():
        await ear.until(Connection.ONLINE)
        ear.live.read_early("e-9")
        assert "resync" not in ear.heard
        ear.live.read_early("e-8")
        assert ear.heard.count("resync") == 1
    assert feed.resumed_from == ["e-9"]


@pytest.mark.parametrize("read", [("e-1", "f-2"), ("e-1", ""), ("",), ("party", "e-1")])
@scripts("")
async def test_what_was_read_nobody_knows_where_is_read_anew(feed: Feed, read: tuple[str, ...]) -> None:
    ear = Ear(feed.server.url)
    for position in read:
        ear.live.read_early(position)
    async with ear.running():
        await ear.until("resync")
    assert ear.heard.index(Connection.ONLINE) < ear.heard.index("resync")
    assert feed.resumed_from == [None]


@scripts("")
async def test_an_early_request_answered_late_is_read_anew(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Connection.ONLINE)
        ear.live.read_early("e-8")
        assert ear.heard.count("resync") == 1


@scripts(change(1) + "CUT", change(2))
async def test_resumes_after_a_cut(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Change("queue", "i2", 2))
    assert feed.resumed_from == [None, "1"]
    assert "resync" not in ear.heard
    assert ear.heard.count(Connection.OFFLINE) == 1


@scripts(": nothing yet\n\nCUT", "")
async def test_reconnect_without_an_id_asks_for_a_resync(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until("resync")
    assert feed.resumed_from == [None, None]


@scripts("event: resync\nid: 9\ndata: {}\n\n")
async def test_resync_of_the_server(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until("resync")


@scripts("event: change\nid: 4\ndata: not json\n\n")
async def test_unreadable_change_is_a_resync(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until("resync")


@scripts("event: party\nid: 4\ndata: {}\n\n" + change(5))
async def test_unknown_events_are_ignored(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Change("queue", "i5", 5))
    assert "resync" not in ear.heard


@scripts(change(1), change(2))
async def test_silence_is_a_lost_connection(feed: Feed) -> None:
    async with Ear(feed.server.url, silence_s=0.1).running() as ear:
        await ear.until(Change("queue", "i2", 2))
    assert feed.resumed_from[:2] == [None, "1"]


@scripts(change(1), change(2))
async def test_server_dies_and_comes_back(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Change("queue", "i1", 1))
        await asyncio.to_thread(feed.server.stop)
        await ear.until(Connection.OFFLINE, times=2)
        await asyncio.to_thread(feed.server.start)
        await ear.until(Change("queue", "i2", 2))
    assert feed.resumed_from == [None, "1"]


@scripts("retry: 60000\n" + change(1) + "CUT", change(2))
async def test_hurry_skips_the_wait(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Connection.OFFLINE)
        ear.live.hurry()
        await ear.until(Change("queue", "i2", 2))


@pytest.mark.parametrize("feed", [Feed(status=401)], indirect=True)
async def test_signed_out_ends_the_run(feed: Feed) -> None:
    ear = Ear(feed.server.url)
    with pytest.raises(Unauthorised):
        await ear.live.run()
    assert ear.heard == [Connection.CONNECTING, Connection.OFFLINE]
    await ear.api.aclose()


@pytest.mark.parametrize("feed", [Feed("CUT", "", status=503)], indirect=True)
async def test_a_first_connection_that_failed_may_have_missed_something(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Connection.OFFLINE)
        feed.status = 200
        await ear.until("resync")
    assert feed.resumed_from[-1] is None


@pytest.mark.parametrize("feed", [Feed(change(1), status=403)], indirect=True)
async def test_forbidden_is_waited_out(feed: Feed) -> None:
    async with Ear(feed.server.url).running() as ear:
        await ear.until(Connection.OFFLINE, times=2)
        feed.status = 200
        await ear.until(Change("queue", "i1", 1))
