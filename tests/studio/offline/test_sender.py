"""The sender against a server that loses answers, is busy, breaks, refuses and forgets people."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.offline.changes import Broadcast, Changes
from studio.offline.edits import HELD, Edit, EditKind, EditState, Entry
from studio.offline.outbox import Outbox
from studio.offline.sender import FAULTS, Sender
from studio.offline.store import Store

pytestmark = pytest.mark.anyio


class Server:
    """Does each idempotency key once; `faults` are consumed one per request."""

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.done: list[str] = []
        self.keys: set[str] = set()
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "unreachable":
            raise httpx.ConnectError("refused")
        if fault.isdigit():
            return httpx.Response(int(fault), json={"code": f"c{fault}", "current": {"v": 2}})
        key = request.headers["idempotency-key"]
        if key not in self.keys:
            self.keys.add(key)
            self.done.append(json.loads(request.content)["text"])
        if fault == "answer lost":
            raise httpx.ReadError("cut")
        return httpx.Response(201)


class Desk:
    """An outbox, its sender and everything it broadcast."""

    def __init__(self, path: Path, server: Server, *, base_s: float = 0.0) -> None:
        self.server = server
        self.store = Store(path)
        self.outbox = Outbox(self.store)
        self.broadcast = Broadcast()
        self.heard: list[Changes] = []
        self.signed_out = asyncio.Event()
        self.troubles: list[Exception] = []
        self.unreadable: list[Entry] = []
        self._more = asyncio.Event()
        self.broadcast.subscribe(self._hear)
        api = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(server))
        self.sender = Sender(
            self.outbox,
            api,
            self.broadcast,
            on_signed_out=self.signed_out.set,
            on_trouble=self.troubles.append,
            on_unreadable=self.unreadable.append,
            backoff=Backoff(base_s=base_s, cap_s=base_s),
        )

    def _hear(self, changes: Changes) -> None:
        self.heard.append(changes)
        self._more.set()

    def write(self, text: str, subject: str = "item:1") -> Edit:
        edit = Edit(EditKind.NOTE, "POST", "/v1/moderation/notes", {"text": text}, subject)
        self.broadcast.send(self.outbox.add(edit))
        return edit

    async def until(self, waiting: int, refused: int = 0) -> None:
        async with asyncio.timeout(10):
            while True:
                self._more.clear()
                counts = self.outbox.counts()
                still = counts[EditState.WAITING] + counts[EditState.SENDING]
                if (still, counts[EditState.REFUSED]) == (waiting, refused):
                    return
                await self._more.wait()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.sender.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.store.close()


@pytest.mark.parametrize("fault", ["unreachable", "answer lost", "503", "429", "502", "500"])
async def test_each_edit_is_done_once_and_in_order(tmp_path: Path, fault: str) -> None:
    server = Server(fault, fault, "", fault)
    desk = Desk(tmp_path / "s.sqlite", server)
    texts = [f"t{number}" for number in range(5)]
    for text in texts:
        desk.write(text)
    async with desk.sending():
        await desk.until(waiting=0)
    assert server.done == texts
    keys = Counter(request.headers["idempotency-key"] for request in server.requests)
    assert len(keys) == 5
    assert len(server.requests) == 8


async def test_later_edits_are_sent_as_they_come(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server())
    async with desk.sending():
        for text in ("a", "b"):
            desk.write(text)
            await desk.until(waiting=0)
    assert desk.server.done == ["a", "b"]
    accepted = [changes for changes in desk.heard if changes.touches("note")]
    assert [changes.touches("note", "item:1") for changes in accepted] == [True, True]


async def test_who_listens_gets_what_the_server_said_to_an_edit(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server("429"))
    edit = desk.write("a")
    async with desk.sending():
        await desk.until(waiting=0)
    (answered,) = [changes.answered for changes in desk.heard if changes.answered is not None]
    assert answered.edit == edit
    assert answered.answer.status == 201


async def test_refusal_is_kept_and_does_not_block(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server("409"))
    refused = desk.write("a")
    desk.write("b")
    async with desk.sending():
        await desk.until(waiting=0, refused=1)
        assert desk.server.done == ["b"]
        (entry,) = desk.outbox.entries()
        assert entry.edit == refused
        assert entry.refusal is not None
        assert entry.refusal.code == "c409"
        assert entry.refusal.current == {"v": 2}
        desk.broadcast.send(desk.outbox.retry(refused.id))
        await desk.until(waiting=0)
    assert desk.server.done == ["b", "a"]


async def test_poison_rests_while_others_pass_and_is_refused_in_the_end(tmp_path: Path) -> None:
    class Poison(Server):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if json.loads(request.content)["text"] == "poison":
                self.faults = ["500"]
            return super().__call__(request)

    desk = Desk(tmp_path / "s.sqlite", Poison())
    desk.write("poison", subject="item:1")
    desk.write("fine", subject="item:2")
    async with desk.sending():
        await desk.until(waiting=0, refused=1)
    assert desk.server.done == ["fine"]
    assert len(desk.server.requests) == FAULTS + 1


async def test_offline_waits_for_the_backoff_or_a_wake(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server("unreachable"), base_s=3600.0)
    desk.write("a")
    async with desk.sending():
        async with asyncio.timeout(10):
            while not desk.server.requests or desk.outbox.counts()[EditState.SENDING]:
                desk._more.clear()
                await desk._more.wait()
        desk.write("b")  # new work does not cut the wait short
        assert len(desk.server.requests) == 1
        desk.sender.wake()
        await desk.until(waiting=0)
    assert desk.server.done == ["a", "b"]


async def test_signed_out_keeps_everything_until_the_next_sign_in(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server("401"))
    desk.write("a")
    async with desk.sending():
        async with asyncio.timeout(10):
            await desk.signed_out.wait()
        (entry,) = desk.outbox.entries()
        assert entry.state is EditState.WAITING
        assert not entry.uncertain
        desk.sender.wake()
        await desk.until(waiting=0)
    assert desk.server.done == ["a"]


async def test_stopped_in_the_middle_goes_on_next_time(tmp_path: Path) -> None:
    started = asyncio.Event()

    class Slow(Server):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            super().__call__(request)
            started.set()
            raise asyncio.CancelledError

    server = Slow()
    desk = Desk(tmp_path / "s.sqlite", server)
    desk.write("a")
    with pytest.raises(asyncio.CancelledError):
        await desk.sender.run()
    assert desk.outbox.counts()[EditState.SENDING] == 1
    desk.store.close()

    again = Server()
    again.keys, again.done = server.keys, server.done
    desk = Desk(tmp_path / "s.sqlite", again)
    async with desk.sending():
        await desk.until(waiting=0)
    assert again.done == ["a"]


async def test_a_disk_that_fails_is_told_once_and_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server())
    accept, faults = desk.outbox.accept, [1, 1]

    def fail(entry: Entry) -> Changes:
        if faults:
            faults.pop()
            raise sqlite3.OperationalError("database or disk is full")
        return accept(entry)

    desk.outbox.accept = fail  # type: ignore[method-assign]
    desk.write("a")
    desk.write("b", subject="item:2")
    async with desk.sending():
        await desk.until(waiting=0)
    assert desk.server.done == ["a", "b"]
    assert len(desk.troubles) == 1


async def test_what_a_later_version_left_is_put_aside_and_holds_up_nobody(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s.sqlite", Server())
    strange = desk.write("a")
    desk.write("b")
    with desk.store.transaction() as db:
        db.execute("UPDATE outbox SET kind = 'hologram' WHERE id = ?", (str(strange.id),))
    async with desk.sending():
        await desk.until(waiting=0, refused=1)
        (entry,) = desk.outbox.entries()
        assert desk.unreadable == [entry]
        assert entry.refusal is not None
        assert entry.refusal.code == "unreadable"
        assert entry.edit.kind is EditKind.UNKNOWN
        assert '"a"' in entry.edit.body["body"]
        desk.outbox.discard(strange.id)
    assert desk.server.done == ["b"]


async def test_what_is_held_is_sent_when_its_time_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HELD, EditKind.VERDICT, timedelta(milliseconds=30))
    server = Server()
    desk = Desk(tmp_path / "s.sqlite", server)
    edit = Edit(EditKind.VERDICT, "POST", "/v1/forensics/matches/1/verdict", {"text": "held"}, "match:1")
    desk.broadcast.send(desk.outbox.add(edit))
    async with desk.sending():
        await desk.until(waiting=0)
        assert datetime.now(UTC) - edit.created_at >= HELD[EditKind.VERDICT]
    assert server.done == ["held"]
