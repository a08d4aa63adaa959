"""The stream of changes: who hears what, how it resumes, and that it ends with the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import Request

from server.accounts.permissions import Role, permissions_of
from server.kit.access import Actor
from server.kit.live import CLIENT_LIMIT, Change, broadcaster
from server.ops import live
from server.ops.live import TOPICS, may_hear, stream

WAIT_S = 10
VIDEO = Change("content.video", "v1", 1)


def person(*permissions: str, of: UUID | None = None) -> Actor:
    return Actor(kind="person", id=of or uuid4(), permissions=frozenset({"live.listen", *permissions}))


class Account:
    """Stands in for the resolver: the session as it is now."""

    def __init__(self, actor: Actor) -> None:
        self.actor: Actor | None = actor
        self.looked_up = 0

    def __call__(self, token: str) -> Actor | None:
        assert token == "cst_token"
        self.looked_up += 1
        return self.actor

    def request(self) -> Request:
        class App:
            class state:
                peek_actor = self

        return Request({"type": "http", "app": App, "headers": [(b"authorization", b"Bearer cst_token")]})


class Reader:
    """Reads the stream frame by frame from a test that is not async."""

    def __init__(self, portal: BlockingPortal, frames: AsyncIterator[bytes]) -> None:
        self._portal = portal
        self._frames = frames

    def next(self) -> str:
        async def read() -> bytes:
            with anyio.fail_after(WAIT_S):
                return await anext(self._frames)

        return self._portal.call(read).decode()

    def ended(self) -> bool:
        try:
            self.next()
        except StopAsyncIteration:
            return True
        return False


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with anyio.from_thread.start_blocking_portal() as portal:
        yield portal


@contextmanager
def listening(portal: BlockingPortal, account: Account, last_event_id: str | None = None) -> Iterator[Reader]:
    assert account.actor
    frames: Any = stream(account.request(), account.actor, last_event_id)
    reader = Reader(portal, frames)
    try:
        yield reader
    finally:
        portal.call(frames.aclose)


def test_a_change_arrives_with_its_event_id(portal: BlockingPortal) -> None:
    with listening(portal, Account(person("content.review"))) as reader:
        opening = reader.next()
        assert opening.startswith("retry: 2000\nid: ")
        broadcaster.receive([Change("content.video", "v1", 3)])
        frame = reader.next()
        assert frame.startswith("event: change\nid: ")
        assert frame.endswith('\ndata: {"topic": "content.video", "id": "v1", "version": 3}\n\n')


def test_only_permitted_topics_are_heard(portal: BlockingPortal) -> None:
    with listening(portal, Account(person("content.review"))) as reader:
        reader.next()
        broadcaster.receive([Change(topic, "hidden", 1) for topic in TOPICS if topic != "content.video"])
        broadcaster.receive([Change("unheard.of", "hidden", 1), Change("content.video", "seen", 1)])
        assert '"id": "seen"' in reader.next()


@pytest.mark.parametrize("topic", ["moderation.restricted_item", "content.restricted_video"])
def test_what_is_restricted_is_heard_by_cleared_people_only(topic: str) -> None:
    change = Change(topic, "i", 1)
    assert not may_hear(person("moderation.read"), change)
    assert may_hear(person("moderation.restricted"), change)


def test_the_id_of_an_unlisted_video_is_told_to_reviewers_only() -> None:
    heard = {
        role for role in Role if may_hear(person(*permissions_of(frozenset({role}), cleared=False)), VIDEO)
    }
    assert heard == {Role.MODERATOR, Role.LEAD}


def test_who_watches_hears_of_the_feed_and_nobody_else() -> None:
    change = Change("content.feed", "v1", 0)
    roles = [permissions_of(frozenset({role}), cleared=False) for role in Role]
    assert all(may_hear(person(*permissions), change) for permissions in roles)
    temporary = permissions_of(frozenset(Role), cleared=True, temporary=True)
    assert not may_hear(person(*temporary), change)


def test_an_owner_does_not_hear_of_their_own_video_in_the_feed(portal: BlockingPortal) -> None:
    owner, other = person("content.watch"), person("content.watch")
    own = Change("content.feed", "own", 0, not_to=str(owner.id))
    with listening(portal, Account(owner)) as theirs, listening(portal, Account(other)) as reader:
        theirs.next()
        reader.next()
        broadcaster.receive([own, Change("content.feed", "another", 0, not_to=str(other.id))])
        assert theirs.next().endswith('\ndata: {"topic": "content.feed", "id": "another", "version": 0}\n\n')
        assert reader.next().endswith('\ndata: {"topic": "content.feed", "id": "own", "version": 0}\n\n')


def test_everyone_hears_of_themselves_but_not_of_others() -> None:
    me = person()
    assert may_hear(me, Change("accounts.person", str(me.id), 1))
    assert not may_hear(me, Change("accounts.person", str(uuid4()), 1))


def test_who_comes_back_gets_what_was_missed(portal: BlockingPortal) -> None:
    account = Account(person("content.review"))
    with listening(portal, account) as reader:
        last = reader.next().partition("id: ")[2].partition("\n")[0]
    broadcaster.receive([Change("content.video", "missed", 1)])
    with listening(portal, account, last) as reader:
        assert "id:" not in reader.next()
        assert '"missed"' in reader.next()


def test_an_unknown_event_id_gets_an_order_to_read_anew(portal: BlockingPortal) -> None:
    with listening(portal, Account(person()), "elsewhere-7") as reader:
        reader.next()
        assert reader.next().startswith("event: resync\n")


def test_a_slow_reader_gets_one_order_to_read_anew(portal: BlockingPortal) -> None:
    with listening(portal, Account(person("content.review"))) as reader:
        reader.next()
        for n in range(CLIENT_LIMIT + 50):
            broadcaster.receive([Change("content.video", str(n), 1)])
        assert reader.next().startswith("event: resync\n")
        broadcaster.receive([Change("content.video", "after", 1)])
        assert '"after"' in reader.next()


def test_a_revoked_session_ends_the_stream_at_once(portal: BlockingPortal) -> None:
    me = person()
    account = Account(me)
    with listening(portal, account) as reader:
        reader.next()
        account.actor = None
        broadcaster.receive([Change("accounts.person", str(me.id), 2)])
        assert reader.ended()


def test_a_permission_taken_away_counts_at_once(portal: BlockingPortal) -> None:
    me = person("content.review", "moderation.read")
    account = Account(me)
    with listening(portal, account) as reader:
        reader.next()
        account.actor = person("content.review", of=me.id)
        broadcaster.receive([Change("accounts.person", str(me.id), 2)])
        assert '"accounts.person"' in reader.next()
        broadcaster.receive([Change("moderation.item", "hidden", 1), Change("content.video", "seen", 1)])
        assert '"seen"' in reader.next()


def test_silence_is_filled_with_heartbeats_that_look_at_the_session(
    portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    account = Account(person())
    with listening(portal, account) as reader:
        reader.next()
        assert reader.next() == ": heartbeat\n\n"
        assert account.looked_up >= 1
        account.actor = None
        for _ in range(3):
            if reader.ended():
                return
        raise AssertionError("the stream outlives its session")


def test_the_server_ends_every_stream_when_it_stops(portal: BlockingPortal) -> None:
    with listening(portal, Account(person())) as reader:
        reader.next()
        broadcaster.end()
        assert reader.ended()


def test_a_client_that_goes_is_forgotten(portal: BlockingPortal) -> None:
    before = broadcaster.clients
    with listening(portal, Account(person())) as reader:
        reader.next()
        assert broadcaster.clients == before + 1
    assert broadcaster.clients == before


def test_a_busy_stream_looks_at_the_session_too(
    portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0)
    account = Account(person("content.review"))
    with listening(portal, account) as reader:
        reader.next()
        account.actor = None
        broadcaster.receive([Change("content.video", "v1", 1)])
        assert reader.ended()


def test_an_order_to_read_anew_hides_no_permission_taken_away(portal: BlockingPortal) -> None:
    me = person("content.review", "moderation.restricted")
    account = Account(me)
    with listening(portal, account) as reader:
        reader.next()
        account.actor = person("content.review", of=me.id)
        flood = [Change("content.video", str(n), 1) for n in range(CLIENT_LIMIT + 1)]
        broadcaster.receive([*flood, Change("accounts.person", str(me.id), 2)])
        assert reader.next().startswith("event: resync\n")
        broadcaster.receive([Change("moderation.restricted_item", "hidden", 1)])
        broadcaster.receive([Change("content.video", "seen", 1)])
        assert '"seen"' in reader.next()


def test_owners_alone_hear_of_their_videos() -> None:
    owner = person()
    change = Change("content.own_videos", str(owner.id), 3)
    assert may_hear(owner, change)
    assert not may_hear(person("content.review", "moderation.restricted"), change)
