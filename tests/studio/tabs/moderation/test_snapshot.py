"""Reading, renewing and keeping the open queue."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.api.client import Api
from studio.api.errors import ApiError, Offline, ServerFault
from studio.offline.store import Store
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.queue_feed import MOST_SINGLE, QueueFeed
from studio.tabs.moderation.snapshot import QueueRow
from tests.studio.tabs.moderation.conftest import until
from tests.studio.tabs.moderation.world import World, columns_of, item


def api(world: World) -> Api:
    return Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(world.handle))


def rows(*numbers: int) -> list[QueueRow]:
    return [snapshot.row_of(item(n)) for n in numbers]


# Columns


def test_columns_and_single_items_give_the_same_rows() -> None:
    items = [item(n) for n in range(40)]
    assert snapshot.rows_of(columns_of(items)) == [snapshot.row_of(each) for each in items]


def test_words_that_repeat_are_held_once() -> None:
    plain = json.loads(json.dumps(columns_of([item(0), item(30)])))
    first, second = snapshot.rows_of(plain)
    assert first.policy is second.policy
    assert first.creator is second.creator


@pytest.mark.parametrize("name", QueueRow._fields)
def test_a_missing_or_short_column_is_a_broken_answer(name: str) -> None:
    columns = columns_of([item(0), item(1)])
    with pytest.raises(ServerFault):
        snapshot.rows_of({**columns, name: columns[name][:1]})
    with pytest.raises(ServerFault):
        snapshot.rows_of({key: value for key, value in columns.items() if key != name})


@given(st.dictionaries(st.sampled_from(QueueRow._fields), st.lists(st.none() | st.integers() | st.text())))
def test_no_columns_at_all_can_do_more_than_be_refused(columns: dict[str, list[Any]]) -> None:
    try:
        found = snapshot.rows_of(columns)
    except ServerFault:
        return
    assert len({len(column) for column in columns.values()}) == 1
    assert len(found) == len(columns["id"])


def test_a_policy_that_is_not_known_yet_has_a_title() -> None:
    titles = snapshot.PolicyTitles({"spam.repetitive": "Repetitive spam"})
    assert titles["spam.repetitive"] == "Repetitive spam"
    assert titles["adult.non_consensual_image"] == "Non consensual image"
    titles.update({"adult.non_consensual_image": "Intimate image without consent"})
    assert titles["adult.non_consensual_image"] == "Intimate image without consent"


# Reading


def test_reading_tells_how_far_it_is() -> None:
    world = World(item(n) for n in range(25))
    world.chunk = 10
    told: list[int] = []
    found = asyncio.run(snapshot.read(api(world), told.append))
    assert told == [10, 20, 25]
    assert found == rows(*range(25))


def test_a_stream_without_its_last_line_is_not_a_queue() -> None:
    world = World(item(n) for n in range(3))
    cut = httpx.Response(200, content=next(iter(world.snapshot())))
    client = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(lambda _: cut))
    with pytest.raises(Offline):
        asyncio.run(snapshot.read(client, lambda _: None))


@pytest.mark.parametrize("line", [b"[]\n", b'{"end": true, "rows": 2}\n', b'{"id": [1]}\n'])
def test_a_stream_of_something_else_is_a_broken_answer(line: bytes) -> None:
    client = Api(
        "http://127.0.0.1:9",
        lambda: "t",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=line)),
    )
    with pytest.raises(ServerFault):
        asyncio.run(snapshot.read(client, lambda _: None))


def test_reading_can_be_cancelled() -> None:
    closed = asyncio.Event()

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield next(iter(World([item(0)]).snapshot()))
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            closed.set()

    client = Api(
        "http://127.0.0.1:9",
        lambda: "t",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless())),
    )

    async def story() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(snapshot.read(client, lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert closed.is_set()

    asyncio.run(story())


def test_only_open_items_are_fetched() -> None:
    world = World([item(0), item(1, state="decided"), item(2)])
    found = asyncio.run(snapshot.fetch(api(world), list(world.items)))
    assert [row.id for row in found] == [row.id for row in rows(0, 2)]


# Keeping


def test_what_is_kept_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK", 128)
    store = Store(tmp_path / "s.sqlite")
    many = rows(*range(300))
    snapshot.keep(store, many, {"a": "A"})
    kept = snapshot.recall(store)
    assert kept is not None
    assert (kept.rows, kept.titles) == (many, {"a": "A"})
    store.close()


def test_nothing_of_the_restricted_class_reaches_the_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    secret = [
        snapshot.row_of(item(n, queue=queue, title="SECRET-TITLE"))
        for n, queue in enumerate(("restricted", "restricted_escalated"))
    ]
    snapshot.keep(store, [*secret, *rows(7)], {})
    kept = snapshot.recall(store)
    assert kept is not None
    assert kept.rows == rows(7)
    store.close()


EARLIER = zlib.compress(b'{}\n{"id": ["1"]}\n')  # of a version that had fewer columns


@pytest.mark.parametrize("value", [b"", b"nonsense", b"x\x9c\x03\x00\x00\x00\x00\x01", EARLIER])
def test_a_damaged_copy_is_no_copy(tmp_path: Path, value: bytes) -> None:
    store = Store(tmp_path / "s.sqlite")
    assert snapshot.recall(store) is None
    store.put(snapshot.KEPT, value)
    assert snapshot.recall(store) is None
    store.close()


# Following


class Listener:
    """Holds the queue as a view would, from what it is told alone."""

    def __init__(self) -> None:
        self.rows: dict[str, QueueRow] = {}
        self.kept_at: datetime | None = None
        self.progress: list[int] = []
        self.faults: list[ApiError] = []
        self.rounds = 0
        self.told = 0

    def loading(self, rows: int) -> None:
        self.progress.append(rows)

    def replaced(self, rows: Sequence[QueueRow], kept_at: datetime | None) -> None:
        self.rows = {row.id: row for row in rows}
        self.kept_at = kept_at

    def changed(self, rows: Sequence[QueueRow], gone: Collection[str]) -> None:
        self.told += 1
        self.rows |= {row.id: row for row in rows}
        for each in gone:
            del self.rows[each]

    def fresh(self) -> None:
        self.rounds += 1

    def failed(self, error: ApiError) -> None:
        self.faults.append(error)


class Following:
    """A feed that runs before a world, and its listener."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.listener = Listener()
        self.store = Store(folder / "s.sqlite")
        self.feed = QueueFeed(api(world), self.store, self.listener, gather_s=0)

    async def __aenter__(self) -> Following:
        self._task = asyncio.create_task(self.feed.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self.store.close()

    async def load(self) -> None:
        """Read everything."""
        self.feed.refresh()
        await self.round()

    async def announce(self, *ids: str) -> None:
        """Hear of changes, and wait until they have been told."""
        self.feed.announce(ids)
        self.feed.hurry()
        await self.round()

    async def round(self) -> None:
        """Wait for the end of the work that was asked for."""
        before = (self.listener.rounds, len(self.listener.faults))
        async with asyncio.timeout(10):
            await until(lambda: (self.listener.rounds, len(self.listener.faults)) != before)

    def agrees(self) -> bool:
        """Whether feed, view and server hold the same."""
        server = {key: snapshot.row_of(each) for key, each in self.world.items.items()}
        open_rows = {key: row for key, row in server.items() if row.state not in ("decided", "cancelled")}
        return self.feed.rows == self.listener.rows == open_rows


def test_live_changes_insert_replace_and_remove(tmp_path: Path) -> None:
    async def story() -> None:
        async with Following(World(item(n) for n in range(10)), tmp_path) as f:
            await f.load()
            assert f.agrees()
            new = f.world.put(item(99))
            claimed = f.world.put(item(3, version=2, state="claimed", claimed_by_handle="samir"))
            decided = f.world.put(item(4, version=2, state="decided"))
            del f.world.items[str(item(5).id)]
            await f.announce(new, claimed, decided, str(item(5).id), str(item(777).id))
            assert f.agrees()
            assert f.listener.rows[claimed].claimed_by == "samir"
            assert f.world.asked.count("GET items") == 1
            assert f.world.asked.count("GET queue/snapshot") == 1

    asyncio.run(story())


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["pending", "claimed", "decided", "gone"]))))
def test_any_history_ends_in_the_servers_queue(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, str]]
) -> None:
    async def story() -> None:
        world = World(item(n) for n in range(6))
        async with Following(world, tmp_path_factory.mktemp("f")) as f:
            await f.load()
            for version, (n, state) in enumerate(history, start=2):
                if state == "gone":
                    world.items.pop(str(item(n).id), None)
                else:
                    world.put(item(n, state=state, version=version))
                f.feed.announce({str(item(n).id)})
                if version % 3 == 0:
                    f.feed.hurry()
                    await asyncio.sleep(0)
            await f.announce()
            await until(f.agrees)

    asyncio.run(story())


def test_many_changes_go_in_few_requests(tmp_path: Path) -> None:
    async def story() -> None:
        async with Following(World(item(n) for n in range(1000)), tmp_path) as f:
            await f.load()
            ids = [f.world.put(item(n, version=2, title="new")) for n in range(1000)]
            await f.announce(*ids)
            assert f.agrees()
            assert f.world.asked.count("GET items") == 1000 // snapshot.BATCH

    asyncio.run(story())


def test_too_many_changes_are_read_as_a_whole(tmp_path: Path) -> None:
    async def story() -> None:
        async with Following(World([item(0)]), tmp_path) as f:
            await f.load()
            await f.announce(*(str(n) for n in range(MOST_SINGLE + 1)))
            await until(lambda: f.world.asked.count("GET queue/snapshot") == 2)
            assert "GET items" not in f.world.asked

    asyncio.run(story())


def test_an_older_answer_does_not_undo_a_newer_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with Following(World([item(0, version=5)]), tmp_path) as f:
            await f.load()
            old = f.world.put(item(0, version=4, title="old"))
            await f.announce(old)
            assert f.listener.rows[old].version == 5
            assert f.listener.told == 0

    asyncio.run(story())


def test_a_change_announced_while_reading_is_not_lost(tmp_path: Path) -> None:
    async def story() -> None:
        world = World(item(n) for n in range(3))
        async with Following(world, tmp_path) as f:

            def meanwhile(request: httpx.Request) -> None:
                if request.url.path.endswith("snapshot"):
                    world.before = lambda _: None
                    f.feed.announce({str(item(50).id)})

            world.before = meanwhile
            f.feed.refresh()
            await until(lambda: f.feed.read_once)
            world.put(item(50))
            await until(lambda: str(item(50).id) in f.listener.rows)
            assert f.agrees()

    asyncio.run(story())


def test_after_a_failure_nothing_that_was_announced_is_lost(tmp_path: Path) -> None:
    async def story() -> None:
        world = World([item(0)])
        async with Following(world, tmp_path) as f:
            await f.load()
            world.broken = httpx.Response(500, json={})
            new = world.put(item(1))
            await f.announce(new)
            assert len(f.listener.faults) == 1
            assert set(f.listener.rows) == {str(item(0).id)}
            world.broken = None
            f.feed.hurry()
            await f.round()
            assert f.agrees()

    asyncio.run(story())


def test_without_the_server_the_kept_queue_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        world = World([item(0)])
        world.broken = httpx.ConnectError
        async with Following(world, tmp_path) as f:
            snapshot.keep(f.store, rows(1, 2), {"spam.repetitive": "Spam"})
            await f.load()
            assert isinstance(f.listener.faults[0], Offline)
            assert set(f.listener.rows) == {row.id for row in rows(1, 2)}
            assert f.listener.kept_at is not None
            assert f.feed.titles == {"spam.repetitive": "Spam"}
            assert not f.feed.read_once
            world.broken = None
            f.feed.hurry()
            await f.round()
            assert f.agrees()
            assert f.listener.kept_at is None

    asyncio.run(story())
