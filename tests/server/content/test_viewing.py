"""What is taken of what viewers say that they did, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.content import viewing, watching
from server.content.models import Video
from server.content.models import ViewerEvent as Fact
from server.content.recount import recount
from server.content.rules import EventKind, Verdict, VideoState, Visibility
from server.content.schemas import ViewerEvent
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.wire import Availability
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo
from tests.server.content.viewers import DURATION_MS, MS, codes, numbers, said, send, watch

EVENTS = "/v1/content/events"


@pytest.fixture
def videos(add_video: AddVideo, creator: Actor) -> list[UUID]:
    made = clock.now() - timedelta(days=50)
    return [add_video(creator, str(n).encode(), duration_ms=DURATION_MS, created_at=made) for n in range(2)]


def test_views_of_ones_own_are_kept_apart(db: Database, videos: list[UUID], creator: Actor) -> None:
    send(db, creator, [watch(videos[0], clock.now())])
    counts = numbers(db, videos)[videos[0]]
    assert (counts["views"], counts["own_views"], counts["watched_ms"]) == (0, 1, 0)


def test_a_clock_that_is_ahead_and_news_of_last_year_are_marked(
    db: Database, videos: list[UUID], fan: Actor
) -> None:
    now = clock.now()
    told = [watch(videos[0], now + timedelta(hours=2)), watch(videos[1], now - timedelta(days=40))]
    send(db, fan, told)
    with db.read() as s:
        rows = {row.id: row for row in s.scalars(sa.select(Fact))}
    ahead, late = (rows[e.id] for e in told)
    assert (ahead.clock_skew, ahead.very_late, ahead.told_at) == (True, False, told[0].at)
    assert now <= ahead.at == ahead.received_at
    assert (late.clock_skew, late.very_late, late.at) == (False, True, told[1].at)


def test_what_cannot_be_is_refused_and_the_rest_is_kept(
    db: Database, videos: list[UUID], fan: Actor, creator: Actor, add_video: AddVideo
) -> None:
    hidden = add_video(creator, b"hidden", visibility=Visibility.PRIVATE)
    of_another = watch(videos[0], clock.now())
    send(db, creator, [of_another])

    told = [
        watch(uuid4(), clock.now()),
        said(EventKind.LIKE, video_id=hidden),
        said(EventKind.FOLLOW, person_id=fan.person),
        said(EventKind.BLOCK, person_id=fan.person),
        said(EventKind.FOLLOW, person_id=uuid4()),
        of_another,
        watch(hidden, clock.now()),
        said(EventKind.LIKE, video_id=videos[0]),
    ]
    verdicts = [(v.verdict, v.code) for v in send(db, fan, told)]
    assert verdicts == [
        (Verdict.REFUSED, "not_found"),
        (Verdict.REFUSED, "not_found"),
        (Verdict.REFUSED, "own"),
        (Verdict.REFUSED, "own"),
        (Verdict.REFUSED, "not_found"),
        (Verdict.REFUSED, "id_taken"),
        (Verdict.ACCEPTED, None),
        (Verdict.ACCEPTED, None),
    ]


CHANGES = (
    "UPDATE content_events SET seq = 9",
    "DELETE FROM content_events",
    "REPLACE INTO content_events SELECT * FROM content_events",
)


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_rewrites_what_happened(db: Database, videos: list[UUID], fan: Actor, change: str) -> None:
    if change.startswith("REPLACE") and not db.sqlite:
        pytest.skip("PostgreSQL has no REPLACE")
    send(db, fan, [watch(videos[0], clock.now())])
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.write() as s:
        s.execute(sa.text(change))


def test_nobody_watches_more_than_time_goes_by_on_any_number_of_devices(
    db: Database, videos: list[UUID], fan: Actor
) -> None:
    now = clock.now()
    send(db, fan, [watch(videos[n % 2], now) for n in range(100)])
    assert sum(of["watched_ms"] for of in numbers(db, videos).values()) == 3_000
    assert sum(of["views"] for of in numbers(db, videos).values()) == 1


def test_more_than_a_player_tells_is_refused(
    db: Database, videos: list[UUID], fan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BEATS_A_MINUTE", 3)
    monkeypatch.setattr(watching, "STAYS_MAX", 4)
    begin = clock.now().replace(second=10) - timedelta(hours=1)
    beats = [watch(videos[0], begin + n * MS) for n in range(5)]
    assert codes(send(db, fan, beats[:2])) == ["accepted"] * 2
    assert codes(send(db, fan, beats)) == ["duplicate"] * 2 + ["accepted"] + ["too_many"] * 2
    later = [watch(videos[0], begin + timedelta(minutes=2 * n)) for n in (1, 2)]
    assert codes([*send(db, fan, later[:1]), *send(db, fan, later[1:])]) == ["accepted", "too_many"]
    assert codes(send(db, fan, [watch(videos[1], begin + timedelta(minutes=4))])) == ["accepted"]


@pytest.mark.parametrize(
    ("limit", "word", "back"),
    [
        ("FOLLOWS_MAX", EventKind.FOLLOW, EventKind.UNFOLLOW),
        ("BLOCKS_MAX", EventKind.BLOCK, EventKind.UNBLOCK),
    ],
)
def test_nobody_follows_or_blocks_without_end(
    db: Database,
    fan: Actor,
    creator: Actor,
    moderator: Actor,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    word: EventKind,
    back: EventKind,
) -> None:
    monkeypatch.setattr(viewing, limit, 1)
    words = [said(word, person_id=who.person) for who in (creator, moderator)]
    assert codes(send(db, fan, words)) == ["accepted", "too_many"]
    assert codes(send(db, fan, [said(word, person_id=moderator.person)])) == ["too_many"]
    send(db, fan, [said(back, person_id=creator.person)])
    assert codes(send(db, fan, [said(word, person_id=moderator.person)])) == ["accepted"]


@pytest.mark.parametrize(
    ("limit", "word", "back"),
    [
        ("FOLLOWS_MAX", EventKind.FOLLOW, EventKind.UNFOLLOW),
        ("BLOCKS_MAX", EventKind.BLOCK, EventKind.UNBLOCK),
    ],
)
def test_the_limit_does_not_depend_on_the_order_in_a_batch(
    db: Database,
    fan: Actor,
    creator: Actor,
    moderator: Actor,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    word: EventKind,
    back: EventKind,
) -> None:
    monkeypatch.setattr(viewing, limit, 1)
    begin = clock.now() - timedelta(hours=1)
    first, gone, other = creator.person, creator.person, moderator.person
    told = [(word, first), (word, first), (back, gone), (word, other), (word, first), (back, other)]
    events = [said(k, person_id=who, at=begin + n * MS) for n, (k, who) in enumerate(told)]
    expected = ["accepted"] * 4 + ["too_many", "accepted"]
    assert codes(send(db, fan, events[::-1])) == expected[::-1]
    again = said(word, person_id=first)
    late = [said(word, person_id=other, at=begin - MS), said(back, person_id=first, at=begin)]
    assert codes(send(db, fan, [again])) == ["accepted"]
    assert codes(send(db, fan, [*late, said(word, person_id=other)])) == ["accepted", "accepted", "too_many"]


def test_nothing_was_watched_before_it_was_there(
    db: Database, fan: Actor, creator: Actor, add_video: AddVideo
) -> None:
    video = add_video(creator, duration_ms=DURATION_MS)
    assert codes(send(db, fan, [watch(video, clock.now() - timedelta(minutes=6))])) == ["too_early"]
    assert codes(send(db, fan, [watch(video, clock.now() - timedelta(minutes=4))])) == ["accepted"]


@pytest.mark.parametrize("state", [VideoState.UPLOADING, VideoState.PROCESSING, VideoState.REFUSED])
def test_what_is_not_ready_cannot_be_watched(
    db: Database, creator: Actor, add_video: AddVideo, state: VideoState
) -> None:
    assert codes(send(db, creator, [watch(add_video(creator, state=state), clock.now())])) == ["not_found"]


def test_what_was_counted_stays_counted_and_can_be_taken_back(
    db: Database, videos: list[UUID], fan: Actor
) -> None:
    like = said(EventKind.LIKE, video_id=videos[0])
    send(db, fan, [like])
    with db.write() as s:
        s.execute(sa.update(Video).where(Video.id == videos[0]).values(availability=Availability.REMOVED))
    assert codes(send(db, fan, [like])) == ["duplicate"]
    assert codes(send(db, fan, [said(EventKind.LIKE, video_id=videos[0])])) == ["not_found"]
    assert codes(send(db, fan, [said(EventKind.UNLIKE, video_id=videos[0])])) == ["accepted"]
    assert numbers(db, videos)[videos[0]]["likes"] == 0


def test_a_reviewer_does_not_tell_the_restricted_class_by_watching(
    db: Database, moderator: Actor, cleared: Actor, creator: Actor, add_video: AddVideo
) -> None:
    video = add_video(creator, restricted_class=True)
    told = [watch(video, clock.now()), said(EventKind.UNLIKE, video_id=video)]
    assert codes(send(db, moderator, told)) == ["not_found", "not_found"]
    assert codes(send(db, cleared, told)) == ["accepted", "accepted"]


def test_the_last_word_of_a_fast_clock_counts(db: Database, videos: list[UUID], fan: Actor) -> None:
    ahead = clock.now() + timedelta(minutes=10)
    for _ in range(8):
        ahead += timedelta(seconds=9)
        words = [
            said(EventKind.UNLIKE, video_id=videos[0], at=ahead + timedelta(seconds=5)),
            said(EventKind.LIKE, video_id=videos[0], at=ahead),
        ]
        send(db, fan, words)
        assert numbers(db, videos)[videos[0]]["likes"] == 0


def test_two_who_send_the_same_ids_do_not_wait_for_each_other(
    db: Database, videos: list[UUID], fan: Actor, creator: Actor
) -> None:
    for _ in range(6):
        told = [watch(videos[n % 2], clock.now() - timedelta(seconds=9 * n)) for n in range(60)]
        together = threading.Barrier(2)

        def tell(who: Actor, events: Sequence[ViewerEvent], together: threading.Barrier) -> list[str]:
            with db.write() as s:
                together.wait(10) if not db.sqlite else None
                return codes(viewing.take_in(s, actor=who, events=events))

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(tell, *one, together) for one in ((fan, told), (creator, told[::-1]))]
        taken = [one.result() for one in both]
        assert sum(code == "accepted" for one in taken for code in one) == 60
    assert recount(db) == []


def test_events_are_sent_in_over_http(client: httpx.Client, sign_in: SignIn, videos: list[UUID]) -> None:
    told = [watch(videos[0], clock.now()).model_dump(mode="json")]
    headers = sign_in(Role.FAN)
    for verdict in ("accepted", "duplicate"):
        answer = client.post(EVENTS, json={"events": told}, headers=headers)
        assert answer.status_code == 200
        assert [v["verdict"] for v in answer.json()["verdicts"]] == [verdict]
    assert client.post(EVENTS, json={"events": told}).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"wall_ms": 60_001},
        {"end_ms": None},
        {"start_ms": 9, "end_ms": 8},
        {"video_id": None},
        {"kind": "like"},
        {"kind": "follow"},
    ],
)
def test_half_an_event_is_refused(client: httpx.Client, sign_in: SignIn, wrong: dict[str, Any]) -> None:
    told = watch(uuid4(), clock.now()).model_dump(mode="json") | wrong
    answer = client.post(EVENTS, json={"events": [told]}, headers=sign_in(Role.FAN))
    assert answer.status_code == 422
