"""Whoever blocks a person is shown nothing of them; the blocked one is kept off, and not told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content.models import Follow
from server.content.recount import recount
from server.content.rules import EventKind
from server.content.schemas import ViewerEvent
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo
from tests.server.content.viewers import codes, said, send, viewer

CONTENT = "/v1/content"
Headers = dict[str, str]


@pytest.fixture
def video(add_video: AddVideo, creator: Actor) -> UUID:
    return add_video(creator, published_at=clock.now() - timedelta(hours=1), duration_ms=4_000)


def block(db: Database, who: Actor, whom: Actor, kind: EventKind = EventKind.BLOCK) -> None:
    assert codes(send(db, who, [said(kind, person_id=whom.person)])) == ["accepted"]


def unblock(db: Database, who: Actor, whom: Actor) -> None:
    block(db, who, whom, EventKind.UNBLOCK)


def ids(client: httpx.Client, headers: Headers, path: str, **params: Any) -> list[str]:
    answer = client.get(f"{CONTENT}/{path}", headers=headers, params=params).raise_for_status().json()
    return [item["video"]["id"] if "video" in item else item["id"] for item in answer["items"]]


def comment(client: httpx.Client, headers: Headers, video: UUID, body: str = "Nice") -> httpx.Response:
    return client.post(f"{CONTENT}/videos/{video}/comments", json={"body": body}, headers=headers)


def test_who_blocks_is_shown_nothing_of_the_blocked_one(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, creator: Actor, video: UUID
) -> None:
    me, other = sign_in(Role.FAN), sign_in(Role.MODERATOR)
    written = comment(client, sign_in(Role.CREATOR), video).json()["id"]

    def shown(headers: Headers) -> dict[str, Any]:
        return {
            "feed": ids(client, headers, "feed"),
            "videos": ids(client, headers, "videos", owner=str(creator.person)),
            "comments": ids(client, headers, f"videos/{video}/comments"),
            "link": client.get(f"{CONTENT}/feed/{video}", headers=headers).status_code,
            "video": client.get(f"{CONTENT}/videos/{video}", headers=headers).status_code,
        }

    everything = {
        "feed": [str(video)],
        "videos": [str(video)],
        "comments": [written],
        "link": 200,
        "video": 200,
    }
    assert shown(me) == everything
    block(db, fan, creator)
    assert shown(me) == {"feed": [], "videos": [], "comments": [], "link": 404, "video": 404}
    assert client.get(f"{CONTENT}/feed/{video}", headers=me).json()["code"] == "blocked"
    page = client.get(f"{CONTENT}/people/{creator.person}", headers=me).json()
    assert (page["blocked"], page["name"]) == (True, "Creator")
    assert shown(other) == everything
    unblock(db, fan, creator)
    assert shown(me) == everything


def test_of_followed_people_too(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, creator: Actor, video: UUID
) -> None:
    send(db, fan, [said(EventKind.FOLLOW, person_id=creator.person)])
    assert ids(client, sign_in(Role.FAN), "feed") == [str(video)]
    block(db, fan, creator)
    assert ids(client, sign_in(Role.FAN), "feed") == []


def test_reviewers_see_all_but_in_their_feed(
    client: httpx.Client, db: Database, sign_in: SignIn, moderator: Actor, creator: Actor, video: UUID
) -> None:
    headers = sign_in(Role.MODERATOR)
    written = comment(client, sign_in(Role.CREATOR), video).json()["id"]
    block(db, moderator, creator)
    assert ids(client, headers, "feed") == []
    assert ids(client, headers, "videos", owner=str(creator.person)) == [str(video)]
    assert ids(client, headers, f"videos/{video}/comments") == [written]
    for under in ("videos", "feed"):
        client.get(f"{CONTENT}/{under}/{video}", headers=headers).raise_for_status()


def test_the_blocked_one_is_kept_off_and_not_told(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, creator: Actor, video: UUID
) -> None:
    headers = sign_in(Role.FAN)
    page = f"{CONTENT}/people/{creator.person}"

    def seen() -> list[Any]:
        paths = (f"{CONTENT}/feed", page, f"{CONTENT}/videos/{video}", f"{CONTENT}/blocks")
        answers = [client.get(path, headers=headers).raise_for_status().json() for path in paths]
        return [*answers, ids(client, headers, "videos", owner=str(creator.person))]

    before = seen()
    block(db, creator, fan)
    assert seen() == before
    refused = comment(client, headers, video)
    assert (refused.status_code, refused.json()["code"]) == (409, "comments_limited")
    assert "block" not in refused.text
    assert codes(send(db, fan, [said(EventKind.FOLLOW, person_id=creator.person)])) == ["not_found"]
    assert codes(send(db, fan, [said(EventKind.LIKE, video_id=video)])) == ["accepted"]
    unblock(db, creator, fan)
    assert comment(client, headers, video).status_code == 201
    assert codes(send(db, fan, [said(EventKind.FOLLOW, person_id=creator.person)])) == ["accepted"]


def test_a_comment_that_was_written_before_is_answered_the_same_again(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, creator: Actor, video: UUID
) -> None:
    headers = sign_in(Role.FAN) | {"Idempotency-Key": "once"}
    first = comment(client, headers, video)
    block(db, creator, fan)
    assert comment(client, headers, video).json() == first.json()


def test_who_follows_goes_on_following_and_can_stop(db: Database, fan: Actor, creator: Actor) -> None:
    send(db, fan, [said(EventKind.FOLLOW, person_id=creator.person)])
    block(db, creator, fan)
    with db.read() as s:
        assert s.scalars(sa.select(Follow.holds)).all() == [True]
    assert codes(send(db, fan, [said(EventKind.UNFOLLOW, person_id=creator.person)])) == ["accepted"]
    assert recount(db) == []


def test_words_of_one_evening_mean_the_same_in_any_order(
    db: Database, fan: Actor, creator: Actor, video: UUID
) -> None:
    """What was liked before somebody was blocked is liked, whichever arrives first."""
    now = clock.now()
    like = said(EventKind.LIKE, video_id=video, at=now - timedelta(minutes=2))
    wish = said(EventKind.BLOCK, person_id=creator.person, at=now - timedelta(minutes=1))
    for event in (wish, like):
        assert codes(send(db, fan, [event])) == ["accepted"]
    assert recount(db) == []


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_an_account_that_is_away_can_be_blocked_and_let_go(
    db: Database, fan: Actor, creator: Actor, state: str
) -> None:
    send(db, fan, [said(EventKind.FOLLOW, person_id=creator.person)])
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id == creator.person).values(state=state))
    told = [said(kind, person_id=creator.person) for kind in (EventKind.BLOCK, EventKind.UNBLOCK)]
    assert codes(send(db, fan, told)) == ["accepted", "accepted"]
    words = [said(kind, person_id=creator.person) for kind in (EventKind.UNFOLLOW, EventKind.FOLLOW)]
    assert codes(send(db, fan, words)) == ["accepted", "not_found"]


def test_the_list_of_the_blocked_is_ones_own_and_paged(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor
) -> None:
    begin = clock.now() - timedelta(hours=1)
    blocked = [viewer(db) for _ in range(5)]
    words: list[ViewerEvent] = [
        said(EventKind.BLOCK, person_id=who.person, at=begin + timedelta(minutes=min(n, 3)))
        for n, who in enumerate(blocked)
    ]
    send(db, fan, words)
    block(db, fan, blocked[0], EventKind.UNBLOCK)
    found: list[tuple[str, str]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = client.get(f"{CONTENT}/blocks", headers=sign_in(Role.FAN), params=query).json()
        found += [(item["person"]["handle"], item["since"]) for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        query["cursor"] = answer["next_cursor"]
    latest = sorted(blocked[1:], key=lambda who: (words[blocked.index(who)].at, who.person), reverse=True)
    assert [handle for handle, _ in found] == [who.handle for who in latest]
    assert client.get(f"{CONTENT}/blocks", headers=sign_in(Role.CREATOR)).json()["items"] == []


def test_a_person_who_does_not_exist_cannot_be_blocked(db: Database, fan: Actor) -> None:
    assert codes(send(db, fan, [said(EventKind.BLOCK, person_id=uuid4())])) == ["not_found"]
