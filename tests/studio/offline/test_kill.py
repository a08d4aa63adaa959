"""kill -9 of the client: what was said to be saved is saved, and is done once by the server."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studio.api.client import Api
from studio.offline.changes import Broadcast, Changes
from studio.offline.outbox import Outbox
from studio.offline.sender import Sender
from studio.offline.store import Store
from tests.studio.loopback import Loopback

pytestmark = pytest.mark.crash

ROUNDS = 6


def victim(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.studio.offline.victim", *arguments]
    # A small pipe keeps the victim from running far ahead of what has been read.
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pipesize=4096)


def add_until_killed(database: Path, rng: random.Random) -> list[str]:
    """Return the ids that were printed, including those still in the pipe at the kill."""
    process = victim("add", str(database))
    assert process.stdout is not None
    printed = [process.stdout.readline().strip() for _ in range(rng.randint(1, 80))]
    process.kill()
    rest, _ = process.communicate()
    return printed + [line for line in rest.splitlines(keepends=False) if len(line) == 36]


class Recorder:
    """A server that does each key once; `seen` is set whenever a request has been dealt with."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.order: list[str] = []
        self.seen = threading.Semaphore(0)
        self.facts: dict[str, list[str]] = {}
        routes = [
            Route("/v1/moderation/notes", self._note, methods=["POST"]),
            Route("/v1/content/events", self._events, methods=["POST"]),
        ]
        self.server = Loopback(Starlette(routes=routes))

    async def _events(self, request: Request) -> Response:
        key = request.headers["idempotency-key"]
        facts = [event["id"] for event in (await request.json())["events"]]
        if self.facts.setdefault(key, facts) != facts:
            return Response(
                status_code=500
            )  # one key for two bodies: what is new in the second would be lost
        self.seen.release()
        return Response(status_code=201)

    async def _note(self, request: Request) -> Response:
        key = request.headers["idempotency-key"]
        self.requests[key] += 1
        if self.requests[key] == 1:
            self.done[key] += 1
            self.order.append(key)
        self.seen.release()
        return Response(status_code=201)


class Rest:
    """Sends what the victims left, to the end."""

    def __init__(self, database: Path, url: str) -> None:
        self.store = Store(database)
        self.outbox = Outbox(self.store)
        self.api = Api(url, lambda: "t")
        self.broadcast = Broadcast()
        self.broadcast.subscribe(self._hear)
        self.empty = asyncio.Event()

    def _hear(self, _: Changes) -> None:
        if not any(self.outbox.counts().values()):
            self.empty.set()

    async def send(self) -> None:
        sender = Sender(self.outbox, self.api, self.broadcast, on_signed_out=self.empty.set)
        task = asyncio.create_task(sender.run())
        async with asyncio.timeout(60):
            await self.empty.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.api.aclose()
        self.store.close()


def test_saved_means_saved_and_done_once(tmp_path: Path) -> None:
    rng = random.Random(20261123)
    database = tmp_path / "s.sqlite"
    printed: list[str] = []
    for _ in range(ROUNDS):
        printed += add_until_killed(database, rng)

    store = Store(database)
    assert store.set_aside is None
    entries = Outbox(store).entries()
    present = [str(entry.edit.id) for entry in entries]
    store.close()
    # At most one edit per kill was committed without its id having been printed.
    assert [key for key in present if key in set(printed)] == printed
    assert len(present) <= len(printed) + ROUNDS

    recorder = Recorder()
    with recorder.server:
        for _ in range(ROUNDS):
            process = victim("send", str(database), recorder.server.url)
            for _ in range(rng.randint(1, len(present) // (2 * ROUNDS))):
                assert recorder.seen.acquire(timeout=30)
            process.kill()
            process.communicate()
        asyncio.run(Rest(database, recorder.server.url).send())
    assert recorder.done == Counter(present)
    by_subject = defaultdict(list)
    for entry in entries:
        by_subject[entry.edit.subject].append(str(entry.edit.id))
    for expected in by_subject.values():
        assert [key for key in recorder.order if key in set(expected)] == expected


def test_facts_that_are_stored_arrive_however_often_the_client_is_killed(tmp_path: Path) -> None:
    rng = random.Random(20261129)
    database = tmp_path / "s.sqlite"
    printed: list[str] = []
    recorder = Recorder()
    with recorder.server:
        for _ in range(ROUNDS):
            process = victim("watch", str(database), recorder.server.url)
            assert process.stdout is not None
            printed += [process.stdout.readline().strip() for _ in range(rng.randint(1, 60))]
            assert recorder.seen.acquire(timeout=30)  # what is sent and what is added meet
            process.kill()
            rest, _ = process.communicate()
            printed += [line for line in rest.splitlines(keepends=False) if len(line) == 36]
        asyncio.run(Rest(database, recorder.server.url).send())
    arrived = Counter(fact for facts in recorder.facts.values() for fact in facts)
    assert arrived.keys() >= set(printed)
    assert set(arrived.values()) == {1}  # in two edits they would have two keys
    # At most one fact per kill was stored without its id having been printed.
    assert len(arrived) <= len(printed) + ROUNDS
