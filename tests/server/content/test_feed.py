"""The feed against a list that is sorted by hand, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content import comments, feed, feed_walks, viewing
from server.content.models import Block, Follow, Playback, Video
from server.content.recount import recount
from server.content.rules import FOLLOW_BONUS, FRESH, EventKind, VideoState, Visibility
from server.content.schemas import ViewerEvent
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database, WriteSession
from server.kit.wire import Availability
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

FEED = "/v1/content/feed"
NOW = clock.now()
HIDDEN: list[dict[str, Any]] = [
    {"visibility": Visibility.PRIVATE},
    {"visibility": Visibility.UNLISTED},
    {"state": VideoState.PROCESSING},
    {"availability": Availability.RESTRICTED},
    {"availability": Availability.REMOVED},
    {"deleted_at": NOW},
    {"restricted_class": True},
    {"published_at": None},
]


def published(s: WriteSession, owner: UUID, at: datetime | None, **fields: Any) -> UUID:
    """A video without a file, as the feed knows it."""
    video = Video(
        id=uuid4(),
        owner_id=owner,
        filename="clip.mp4",
        title="A day at the lake",
        size=1,
        **{"visibility": Visibility.PUBLIC, "state": VideoState.READY, "published_at": at} | fields,
    )
    s.add(video)
    return video.id


def creators(s: WriteSession, count: int) -> list[UUID]:
    """People who publish."""
    made = [Person(id=uuid4(), handle=f"maker{n}", name="M", name_key="m") for n in range(count)]
    s.add_all(made)
    s.flush()
    return [person.id for person in made]


def follow(s: WriteSession, who: Actor, other: UUID, *, holds: bool = True) -> None:
    at = NOW - timedelta(days=90)
    s.add(Follow(person_id=who.person, other_id=other, holds=holds, at=at, told_at=at, event_id=uuid4()))


def block(s: WriteSession, who: Actor, other: UUID, *, holds: bool = True) -> None:
    s.add(Block(person_id=who.person, other_id=other, holds=holds, at=NOW, told_at=NOW, event_id=uuid4()))


def see(s: WriteSession, who: Actor, video: UUID) -> None:
    stay = {"began": NOW, "watched_ms": 0, "own": False, "counted": False}
    s.add(Playback(person_id=who.person, video_id=video, id=uuid4(), **stay))


def walked(db: Database, viewer: Actor, limit: int, as_of: datetime = NOW) -> list[UUID]:
    """The whole feed, page by page."""
    place: feed_walks.Place | None = feed.begin(as_of)
    found: list[UUID] = []
    while place is not None:
        with db.read() as s:
            some, place = feed.ranked(s, viewer, place=place, limit=limit)
        assert len(some) <= limit
        found += [one.id for one in some]
    return found


@pytest.mark.parametrize(("seed", "limit"), [(1, 1), (2, 3), (3, 7), (4, 50)])
@pytest.mark.parametrize(
    ("chunk", "looked_at", "thick"),
    [
        pytest.param(feed_walks.CHUNK, feed_walks.LOOKED_AT, feed_walks.THICK, id="at_once"),
        pytest.param(3, 8, 10_000, id="among_the_fresh"),
        pytest.param(4, 9, 1, id="by_the_people"),
        pytest.param(2, 12, 3, id="both_ways"),
    ],
)
def test_the_order_is_what_it_says(
    db: Database,
    fan: Actor,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    limit: int,
    chunk: int,
    looked_at: int,
    thick: int,
) -> None:
    for name, value in (("CHUNK", chunk), ("LOOKED_AT", looked_at), ("THICK", thick)):
        monkeypatch.setattr(feed_walks, name, value)
    random = Random(seed)
    with db.write() as s:
        makers = [*creators(s, 6), fan.person]
        followed = set(random.sample(makers[:6], 3))
        for n, maker in enumerate(makers[:6]):
            if maker in followed or n % 2:
                follow(s, fan, maker, holds=maker in followed)
        blocked = set(random.sample(makers[:6], 2))
        for maker in (*blocked, *random.sample([each for each in makers[:6] if each not in blocked], 2)):
            block(s, fan, maker, holds=maker in blocked)
        wanted: list[tuple[datetime, UUID]] = []
        for n in range(160):
            age = timedelta(hours=random.choice([1, 2, 30, 70, 74, 24 * 40]), minutes=random.randrange(90))
            owner = random.choice(makers)
            hidden = random.choice(HIDDEN) if n % 9 == 0 else {}
            video = published(s, owner, NOW - age, **hidden)
            s.flush()
            seen = random.random() < 0.3
            if seen:
                see(s, fan, video)
            if not hidden and not seen and owner not in {fan.person, *blocked}:
                bonus = FOLLOW_BONUS if owner in followed and age < FRESH else timedelta()
                wanted.append((NOW - age + bonus, video))
    assert walked(db, fan, limit) == [video for _, video in sorted(wanted, reverse=True)]


def test_nothing_moves_while_one_goes_down(db: Database, fan: Actor) -> None:
    with db.write() as s:
        (maker,) = creators(s, 1)
        follow(s, fan, maker)
        videos = [published(s, maker, NOW - timedelta(minutes=n)) for n in range(6)]
    with db.read() as s:
        first, place = feed.ranked(s, fan, place=feed.begin(NOW), limit=3)
    with db.write() as s:
        published(s, maker, NOW + timedelta(seconds=1))
        see(s, fan, videos[0])
    assert place is not None
    with clock.held(NOW + FRESH), db.read() as s:
        rest, _ = feed.ranked(s, fan, place=place, limit=10)
    assert [one.id for one in first + rest] == videos


def test_to_follow_somebody_on_the_way_moves_nothing(db: Database, fan: Actor) -> None:
    with db.write() as s:
        (maker,) = creators(s, 1)
        videos = [published(s, maker, NOW - timedelta(minutes=n)) for n in range(4)]
    with db.read() as s:
        first, place = feed.ranked(s, fan, place=feed.begin(NOW), limit=1)
    with db.write() as s:
        at = NOW + timedelta(seconds=1)
        s.add(Follow(person_id=fan.person, other_id=maker, holds=True, at=at, told_at=at, event_id=uuid4()))
    assert place is not None
    with db.read() as s:
        rest, _ = feed.ranked(s, fan, place=place, limit=10)
    assert [one.id for one in first + rest] == videos


def test_a_biography_that_was_taken_away_is_not_shown(
    client: httpx.Client, db: Database, sign_in: SignIn, people: dict[Role, Person]
) -> None:
    page = f"/v1/content/people/{people[Role.CREATOR].id}"
    fan, owner = sign_in(Role.FAN), sign_in(Role.CREATOR)

    def shown(headers: dict[str, str], **now: Any) -> str | int:
        if now:
            with db.write() as s:
                s.execute(sa.update(Person).where(Person.id == people[Role.CREATOR].id).values(**now))
        answer = client.get(page, headers=headers)
        return str(answer.json()["bio"]) if answer.status_code == 200 else answer.status_code

    assert shown(fan, bio="rude words") == "rude words"
    assert shown(fan, availability=Availability.REMOVED) == ""
    assert shown(owner) == "rude words"
    assert shown(fan, state="suspended") == 404


def test_comments_of_the_restricted_class_are_not_counted(
    client: httpx.Client, db: Database, sign_in: SignIn, add_video: AddVideo, creator: Actor
) -> None:
    video = add_video(creator, published_at=clock.now())
    headers = sign_in(Role.FAN)

    def count() -> int:
        (item,) = client.get(FEED, headers=headers).json()["items"]
        return int(item["counts"]["comments"])

    made = [
        client.post(f"/v1/content/videos/{video}/comments", json={"body": "Nice"}, headers=headers).json()
        for _ in range(3)
    ]
    assert count() == 3
    for _ in range(2):
        with db.write() as s:
            comments.restrict_comment(s, actor=SYSTEM, comment_id=UUID(made[0]["id"]))
    assert count() == 2
    for comment in made[:2]:
        client.delete(f"/v1/content/comments/{comment['id']}", headers=headers).raise_for_status()
    assert count() == 1
    assert recount(db) == []


def test_whoever_has_watched_the_newest_thousand_gets_short_pages(
    db: Database, fan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_walks, "CHUNK", 4)
    monkeypatch.setattr(feed_walks, "LOOKED_AT", 8)
    with db.write() as s:
        (maker,) = creators(s, 1)
        videos = [published(s, maker, NOW - timedelta(minutes=n)) for n in range(30)]
        s.flush()
        for video in videos[:25]:
            see(s, fan, video)
    with db.read() as s:
        some, place = feed.ranked(s, fan, place=feed.begin(NOW), limit=5)
    assert (some, place is None) == ([], False)
    assert walked(db, fan, 5) == videos[25:]


def test_an_item_says_what_there_is_to_know(
    client: httpx.Client,
    db: Database,
    sign_in: SignIn,
    people: dict[Role, Person],
    add_video: AddVideo,
    creator: Actor,
) -> None:
    published_at = clock.now() - timedelta(hours=5)
    video = add_video(creator, duration_ms=4_000, published_at=published_at)
    headers = sign_in(Role.FAN)
    me = people[Role.FAN].id

    def said(kind: EventKind, **more: Any) -> dict[str, Any]:
        made = ViewerEvent(id=uuid4(), kind=kind, at=clock.now(), session_id=uuid4(), **more)
        return made.model_dump(mode="json")

    events = [
        said(EventKind.LIKE, video_id=video),
        said(EventKind.SHARE, video_id=video),
        said(EventKind.FOLLOW, person_id=creator.person),
    ]
    client.post("/v1/content/events", json={"events": events}, headers=headers).raise_for_status()
    client.post(
        f"/v1/content/videos/{video}/comments", json={"body": "Nice"}, headers=headers
    ).raise_for_status()
    (item,) = client.get(FEED, headers=headers).raise_for_status().json()["items"]
    assert item["video"]["id"] == str(video)
    assert item["counts"] == {"views": 0, "likes": 1, "comments": 1, "shares": 1, "saves": 0}
    assert item["mine"] == {"liked": True, "saved": False, "following": True}
    assert item["why"]["bonus_s"] == 86_400
    assert datetime.fromisoformat(item["why"]["published_at"]) == published_at
    assert datetime.fromisoformat(item["why"]["rank_at"]) == published_at + FOLLOW_BONUS
    by_id = client.get(f"{FEED}/{video}", headers=headers).raise_for_status().json()
    assert by_id == item | {"why": None}
    page = client.get(f"/v1/content/people/{creator.person}", headers=headers).json()
    assert (page["followers"], page["followed"], page["me"]) == (1, True, False)
    mine = client.get(f"/v1/content/people/{me}", headers=headers).json()
    assert (mine["following"], mine["me"]) == (1, True)


def test_the_pages_follow_each_other_over_http(client: httpx.Client, db: Database, sign_in: SignIn) -> None:
    with db.write() as s:
        (maker,) = creators(s, 1)
        videos = [published(s, maker, NOW - timedelta(minutes=n)) for n in range(5)]
    headers, cursor, found = sign_in(Role.FAN), None, []
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = client.get(FEED, params=query, headers=headers).raise_for_status().json()
        found += [UUID(item["video"]["id"]) for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert found == videos


@pytest.mark.parametrize("years", [(1, 2026), (2026, 1), (9999, 9999)])
def test_a_cursor_of_another_age_is_refused(
    client: httpx.Client, sign_in: SignIn, years: Sequence[int]
) -> None:
    from server.kit.paging import encode

    as_of, level = (NOW.replace(year=year) for year in years)
    answer = client.get(FEED, params={"cursor": encode(as_of, level, uuid4())}, headers=sign_in(Role.FAN))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_what_was_watched_does_not_come_again(db: Database, fan: Actor, creator: Actor) -> None:
    with db.write() as s:
        video = published(s, creator.person, NOW - timedelta(hours=1), duration_ms=9_000)
    assert walked(db, fan, 5) == [video]
    glimpse = ViewerEvent(
        id=uuid4(),
        kind=EventKind.WATCH,
        at=clock.now(),
        session_id=uuid4(),
        video_id=video,
        playback_id=uuid4(),
        start_ms=0,
        end_ms=200,
        wall_ms=200,
    )
    with db.write() as s:
        viewing.take_in(s, actor=fan, events=[glimpse])
    assert walked(db, fan, 5) == []
