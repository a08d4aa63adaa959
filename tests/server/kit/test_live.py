"""Changes reach the clients after COMMIT, once, in order, and never more than a client can hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.kit import live
from server.kit.db import Database
from server.kit.live import CLIENT_LIMIT, Broadcaster, Change, Listener, Subscription, broadcaster
from tests.postgresql import Cluster

WAIT_S = 10


class Client:
    """A subscription whose arrivals can be waited for."""

    def __init__(
        self, stack: ExitStack, to: Broadcaster, topics: str = "", last_event_id: str | None = None
    ) -> None:
        self.woken = threading.Event()
        self.subscription: Subscription = stack.enter_context(
            to.subscribe(
                wants=lambda change: change.topic.startswith(topics),
                wake=self.woken.set,
                last_event_id=last_event_id,
            )
        )

    def next(self) -> live.Batch:
        assert self.woken.wait(WAIT_S), "nothing arrived"
        self.woken.clear()
        return self.subscription.take()

    def names(self) -> list[str]:
        return [f"{change.id}@{change.version}" for _, change in self.next().changes]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def connected(db: Database) -> Iterator[None]:
    """This process hears the changes of `db`."""
    listener = live.listen(db)
    if listener:
        assert listener.connected.wait(WAIT_S)
    yield
    if listener:
        listener.stop()


def test_a_committed_change_arrives_and_a_rolled_back_one_does_not(
    db: Database, connected: None, stack: ExitStack
) -> None:
    client = Client(stack, broadcaster)

    def fail() -> None:
        with db.write() as s:
            live.publish(s, "test.thing", "lost", 1)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    thing = uuid4()
    with db.write() as s:
        live.publish(s, "test.thing", thing, 1)
        live.publish(s, "test.thing", thing, 2)
        assert not client.woken.is_set()
    assert client.names() == [f"{thing}@2"]


def test_more_changes_than_a_client_holds_become_one_order_to_read_anew(
    db: Database, connected: None, stack: ExitStack
) -> None:
    client = Client(stack, broadcaster)
    with db.write() as s:
        for n in range(CLIENT_LIMIT):
            live.publish(s, "test.thing", f"{n:064d}", n)
    arrived: list[str] = []
    while len(arrived) < CLIENT_LIMIT:
        arrived += client.names()
    assert arrived == [f"{n:064d}@{n}" for n in range(CLIENT_LIMIT)]
    with db.write() as s:
        for n in range(CLIENT_LIMIT + 1):
            live.publish(s, "test.thing", n, n)
    assert client.next() == live.Batch(resync=True)


def test_a_client_that_does_not_read_is_told_to_read_anew_once(stack: ExitStack) -> None:
    to = Broadcaster()
    client = Client(stack, to)
    for n in range(CLIENT_LIMIT * 3):
        to.receive([Change("test.thing", str(n), 1)])
    assert client.subscription.take() == live.Batch(resync=True)
    assert client.subscription.take() == live.Batch()
    to.receive([Change("test.thing", "after", 1)])
    assert [change.id for _, change in client.subscription.take().changes] == ["after"]


def test_changes_of_one_thing_are_joined_and_keep_the_order_of_the_last(stack: ExitStack) -> None:
    to = Broadcaster()
    client = Client(stack, to)
    for thing, version in (("a", 1), ("b", 1), ("a", 2)):
        to.receive([Change("test.thing", thing, version)])
    assert client.names() == ["b@1", "a@2"]


def test_a_client_hears_only_what_it_wants(stack: ExitStack) -> None:
    to = Broadcaster()
    client = Client(stack, to, topics="content.")
    to.receive([Change("moderation.item", "secret", 1), Change("content.video", "seen", 1)])
    assert client.names() == ["seen@1"]


def test_a_client_that_comes_back_gets_what_it_missed(stack: ExitStack) -> None:
    to = Broadcaster()
    client = Client(stack, to)
    to.receive([Change("test.thing", "a", 1)])
    ((last, _),) = client.next().changes
    to.receive([Change("test.thing", "b", 1), Change("test.thing", "c", 1)])
    assert Client(stack, to, last_event_id=last).names() == ["b@1", "c@1"]
    up_to_date = Client(stack, to, last_event_id=to.position)
    assert not up_to_date.woken.is_set()


@pytest.mark.parametrize(
    "unknown", ["", "x", "-", "deadbeef-1", "\x00", "9" * 400, "-1", "{epoch}-99", "{epoch}--1"]
)
def test_an_unknown_event_id_means_reading_anew(stack: ExitStack, unknown: str) -> None:
    to = Broadcaster()
    to.receive([Change("test.thing", "a", 1)])
    unknown = unknown.replace("{epoch}", to.position.partition("-")[0])
    assert Client(stack, to, last_event_id=unknown).next().resync


def test_an_id_older_than_what_is_remembered_means_reading_anew(stack: ExitStack) -> None:
    to = Broadcaster()
    first = to.position
    for n in range(live.REMEMBERED + 1):
        to.receive([Change("test.thing", str(n), 1)])
    assert Client(stack, to, last_event_id=first).next().resync


def test_a_client_that_left_is_forgotten(stack: ExitStack) -> None:
    to = Broadcaster()
    with ExitStack() as inner:
        Client(inner, to)
        assert to.clients == 1
    assert to.clients == 0


@pytest.fixture
def shared(postgresql: Cluster) -> Iterator[Database]:
    """A database that several processes could share."""
    with postgresql.lent("template_studio") as url:
        db = Database(url, pool_size=5)
        yield db
        db.dispose()


@contextmanager
def listening(db: Database, *to: Broadcaster) -> Iterator[list[Listener]]:
    listeners = [Listener(db, one) for one in to]
    try:
        assert all(listener.connected.wait(WAIT_S) for listener in listeners)
        yield listeners
    finally:
        for listener in listeners:
            listener.stop()


def test_two_processes_hear_each_other(shared: Database, stack: ExitStack) -> None:
    one, other = Broadcaster(), Broadcaster()
    with listening(shared, one, other):
        clients = [Client(stack, one), Client(stack, other)]
        with shared.write() as s:
            live.publish(s, "test.thing", "a", 1)
        assert [client.names() for client in clients] == [["a@1"], ["a@1"]]


def test_a_lost_connection_comes_back_and_clients_read_anew(shared: Database, stack: ExitStack) -> None:
    to = Broadcaster()
    with listening(shared, to) as [listener]:
        client = Client(stack, to)
        listener.connected.clear()
        with shared.write() as s:
            s.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
                )
            )
        assert client.next().resync
        assert listener.connected.wait(WAIT_S)
        with shared.write() as s:
            live.publish(s, "test.thing", "after", 1)
        assert client.names() == ["after@1"]
