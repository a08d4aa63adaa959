"""Tasks inside a real Qt event loop: owners, errors, ordered writes and a clean end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.api.client import Api
from studio.api.errors import NotFound, Offline
from studio.messages import Message, Messages, Problem
from studio.offline.changes import Broadcast, Changes
from studio.offline.edits import Edit, EditKind
from studio.offline.outbox import Outbox
from studio.offline.store import Store
from studio.tasks import Tasks, off_thread, run

QUEUE = Changes(kinds=frozenset({"queue"}))


class Client:
    """Tasks with its neighbours, and all they were told."""

    def __init__(self) -> None:
        self.reports: list[Message | Problem] = []
        self.heard: list[Changes] = []
        messages, broadcast = Messages(), Broadcast()
        messages.listen(self.reports.append)
        broadcast.subscribe(self.hear)
        self.tasks = Tasks(messages, broadcast)

    def hear(self, changes: Changes) -> None:
        self.heard.append(changes)


Story = Callable[[Client], Coroutine[Any, Any, None]]


@pytest.fixture
def play(qapp: QApplication) -> Callable[[Story], Client]:
    """Run a story inside Qt and return the client after a clean close."""

    def play(story: Story) -> Client:
        client = Client()

        async def main() -> int:
            async with asyncio.timeout(20):
                await story(client)
                await client.tasks.close()
            return 0

        assert run(qapp, main) == 0
        return client

    return play


async def forever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


def test_destroyed_owner_cancels_its_tasks_only(play: Callable[[Story], Client]) -> None:
    async def story(client: Client) -> None:
        ended: list[str] = []
        owner, other = QObject(), QObject()
        mine = [client.tasks.spawn(forever(ended), owner) for _ in range(3)]
        kept = client.tasks.spawn(forever([]), other)
        await asyncio.sleep(0)
        owner.deleteLater()
        await asyncio.wait(mine)
        assert ended == ["ended"] * 3
        assert all(task.cancelled() for task in mine)
        assert not kept.done()

    assert play(story).reports == []


def test_nobody_else_needs_to_hold_the_task(play: Callable[[Story], Client]) -> None:
    async def story(client: Client) -> None:
        done = asyncio.Event()

        async def work() -> None:
            await asyncio.sleep(0)
            done.set()

        client.tasks.spawn(work())
        await done.wait()

    play(story)


def test_failure_is_reported_without_its_words_in_the_log(
    play: Callable[[Story], Client], caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("private words")

    async def story(client: Client) -> None:
        await asyncio.wait([client.tasks.spawn(fail())])

    client = play(story)
    (report,) = client.reports
    assert isinstance(report, Problem)
    assert "ValueError" in caplog.text
    assert "private words" not in caplog.text


def test_read_delivers(play: Callable[[Story], Client]) -> None:
    results: list[object] = []

    async def fetch() -> int:
        return await off_thread(sum, [1, 2])

    async def story(client: Client) -> None:
        await client.tasks.read(fetch, results.append)

    play(story)
    assert results == [3]


def test_read_gives_api_errors_to_the_caller_or_to_the_person(
    play: Callable[[Story], Client],
) -> None:
    caught: list[Exception] = []

    async def missing() -> None:
        raise NotFound

    async def unreachable() -> None:
        raise Offline(may_have_arrived=False)

    async def story(client: Client) -> None:
        await client.tasks.read(missing, lambda _: None, caught.append)
        await asyncio.wait([client.tasks.read(unreachable, lambda _: None)])

    client = play(story)
    assert [type(error) for error in caught] == [NotFound]
    (report,) = client.reports
    assert isinstance(report, Problem)
    assert report.what_happened == "The server cannot be reached."


def test_read_of_a_dead_owner_is_not_delivered(play: Callable[[Story], Client]) -> None:
    results: list[object] = []

    async def story(client: Client) -> None:
        release = asyncio.Event()
        owner = QObject()
        task = client.tasks.read(release.wait, results.append, owner=owner)
        await asyncio.sleep(0)
        owner.deleteLater()
        await asyncio.wait([task])
        release.set()

    play(story)
    assert results == []


def test_writes_are_ordered_saved_and_broadcast(play: Callable[[Story], Client], tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    outbox = Outbox(store)
    saved: list[int] = []
    edits = [Edit(EditKind.NOTE, "POST", "/v1/x", {"n": n}, "item:1") for n in range(50)]

    def told(number: int) -> None:
        assert len(outbox.entries()) > number, "told before it was saved"
        saved.append(number)

    async def story(client: Client) -> None:
        for number, edit in enumerate(edits):
            client.tasks.write(partial(outbox.add, edit), partial(told, number))

    client = play(story)
    assert [entry.edit for entry in outbox.entries()] == edits
    assert saved == list(range(50))
    assert len(client.heard) == 50
    store.close()


def test_write_outlives_its_owner_and_the_close(play: Callable[[Story], Client]) -> None:
    done: list[str] = []
    started = threading.Event()
    gate = threading.Event()

    def change() -> Changes:
        started.set()
        assert gate.wait(10)
        done.append("written")
        return QUEUE

    async def story(client: Client) -> None:
        owner = QObject()
        client.tasks.write(change, lambda: done.append("told"), owner=owner)
        await off_thread(started.wait)
        owner.deleteLater()
        asyncio.get_running_loop().call_soon(gate.set)

    client = play(story)
    assert done == ["written"]
    assert client.heard == [QUEUE]


def test_a_write_that_is_waited_for_is_told_at_once(play: Callable[[Story], Client]) -> None:
    told: list[str] = []

    async def story(client: Client) -> None:
        client.tasks.write(lambda: QUEUE, partial(told.append, "saved"), patience_s=10)
        assert (told, client.heard) == (["saved"], [QUEUE])

    client = play(story)
    assert (told, client.heard) == (["saved"], [QUEUE])


def test_a_read_after_the_writes_finds_what_was_asked_to_be_written(
    play: Callable[[Story], Client],
) -> None:
    found, go_on = [], threading.Event()

    async def story(client: Client) -> None:
        client.tasks.write(lambda: found.append(go_on.wait()))
        reading = asyncio.ensure_future(client.tasks.after_writes(found.copy))
        go_on.set()
        assert await reading == [True]

    play(story)


def test_writes_are_told_in_their_order_whoever_is_waited_for(play: Callable[[Story], Client]) -> None:
    told: list[str] = []

    def fail() -> None:
        raise OSError("disk full")

    async def story(client: Client) -> None:
        client.tasks.write(lambda: None, partial(told.append, "draft"))
        client.tasks.write(fail, None, partial(told.append, "mark failed"))
        client.tasks.write(lambda: QUEUE, partial(told.append, "decision"), patience_s=10)
        assert told == ["draft", "mark failed", "decision"]

    client = play(story)
    assert told == ["draft", "mark failed", "decision"]
    assert len(client.reports) == 1


def test_what_a_listener_raises_is_reported_and_is_nobody_elses(play: Callable[[Story], Client]) -> None:
    def listen() -> None:
        raise ValueError("in a listener")

    async def story(client: Client) -> None:
        client.tasks.write(lambda: QUEUE, listen, patience_s=10)
        client.tasks.write(lambda: QUEUE, listen)

    client = play(story)
    assert (len(client.reports), len(client.heard)) == (2, 2)


def test_patience_ends(play: Callable[[Story], Client]) -> None:
    told: list[str] = []
    gate = threading.Event()

    def change() -> Changes:
        assert gate.wait(10)
        return QUEUE

    async def story(client: Client) -> None:
        task = client.tasks.write(change, partial(told.append, "saved"), patience_s=0.001)
        assert told == []
        gate.set()
        await task
        assert told == ["saved"]

    assert play(story).heard == [QUEUE]


def test_a_failed_write_that_is_waited_for_is_reported(play: Callable[[Story], Client]) -> None:
    told: list[str] = []

    def fail() -> None:
        raise OSError("disk full")

    async def story(client: Client) -> None:
        client.tasks.write(
            fail, lambda: pytest.fail("it was not saved"), partial(told.append, "failed"), patience_s=10
        )
        assert told == ["failed"]

    assert len(play(story).reports) == 1
    assert told == ["failed"]


def test_failed_write_is_reported_and_the_next_goes_on(play: Callable[[Story], Client]) -> None:
    def fail() -> None:
        raise OSError("disk full")

    async def story(client: Client) -> None:
        client.tasks.write(fail, lambda: pytest.fail("told that it was saved"))
        client.tasks.write(lambda: QUEUE)

    client = play(story)
    assert len(client.reports) == 1
    assert client.heard == [QUEUE]


def test_close_runs_finally_blocks_and_refuses_new_work(play: Callable[[Story], Client]) -> None:
    ended: list[str] = []

    async def story(client: Client) -> None:
        client.tasks.spawn(forever(ended))
        await asyncio.sleep(0)
        await client.tasks.close()
        assert ended == ["ended"]
        late = client.tasks.spawn(forever(ended))
        await asyncio.wait([late])
        assert late.cancelled()

    play(story)


def test_close_does_not_wait_for_the_stubborn(
    play: Callable[[Story], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.tasks.CLOSE_S", 0.01)

    async def story(client: Client) -> None:
        let_go = asyncio.Event()

        async def stubborn() -> None:
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue

        task = client.tasks.spawn(stubborn())
        await asyncio.sleep(0)
        await client.tasks.close()
        assert not task.done()
        let_go.set()
        await asyncio.wait([task])

    play(story)


def test_closing_the_window_ends_everything(play: Callable[[Story], Client]) -> None:
    class Window(QWidget):
        def __init__(self, wish: asyncio.Event) -> None:
            super().__init__()
            self.wish = wish

        def closeEvent(self, event: QCloseEvent) -> None:
            event.ignore()
            self.wish.set()

    async def story(client: Client) -> None:
        wish = asyncio.Event()
        window = Window(wish)
        window.show()
        client.tasks.spawn(forever([]), window)
        QTimer.singleShot(0, window.close)
        await wish.wait()
        await client.tasks.close()
        window.hide()
        window.deleteLater()

    play(story)


def test_http_inside_qt_and_cancelled_in_flight(play: Callable[[Story], Client]) -> None:
    async def story(client: Client) -> None:
        asked, results = asyncio.Event(), []

        async def serve(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/slow":
                asked.set()
                await asyncio.Event().wait()
            return httpx.Response(200, json=request.url.path)

        api = Api("http://127.0.0.1:9", lambda: None, transport=httpx.MockTransport(serve))
        owner = QObject()
        slow = client.tasks.read(partial(api.get, "/slow"), results.append, owner=owner)
        await asked.wait()
        owner.deleteLater()
        await asyncio.wait([slow])
        await client.tasks.read(partial(api.get, "/quick"), lambda answer: results.append(answer.json()))
        assert results == ["/quick"]
        await api.aclose()

    play(story)
