"""What viewers did, against a model that looks at all of it at once: any order, batches and repetition."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content import viewing, watching
from server.content.models import Follow, Playback, Video, VideoCounts, VideoReaction
from server.content.models import ViewerEvent as Fact
from server.content.recount import recount
from server.content.rules import EventKind, Verdict, VideoState, Visibility
from server.content.schemas import EventVerdict, ViewerEvent
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.wire import Availability
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo, acting

MINUTE = 60_000
DURATION_MS = 4_000
EVENTS = "/v1/content/events"


@dataclass(frozen=True)
class Did:
    """An event in small numbers: when in seconds, on which device, of which video and stay."""

    kind: EventKind
    at_s: int
    device: int
    video: int
    stay: int
    wall_ms: int
    played_ms: int


dids = st.builds(
    Did,
    kind=st.sampled_from([EventKind.WATCH] * 6 + [k for k in EventKind if k is not EventKind.WATCH]),
    at_s=st.integers(0, 40) | st.integers(0, 7_200),
    device=st.integers(0, 1),
    video=st.integers(0, 1),
    stay=st.integers(0, 2),
    wall_ms=st.integers(0, 10_000),
    played_ms=st.integers(0, 9_000),
)


@dataclass(frozen=True)
class Sent:
    """The events, and the batches in which they are sent, some of them again."""

    did: list[Did]
    batches: list[list[int]]


@st.composite
def sent(draw: st.DrawFn) -> Sent:
    did = draw(st.lists(dids, min_size=1, max_size=14))
    order = draw(st.permutations(range(len(did))))
    again = draw(st.lists(st.sampled_from(range(len(did))), max_size=6))
    cuts = sorted(draw(st.lists(st.integers(0, len(did) + len(again)), max_size=4)))
    line = [*order, *again]
    parts = [line[a:b] for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
    return Sent(did, [part for part in parts if part])


def event(did: Did, event_id: UUID, begin: datetime, videos: Sequence[UUID], other: UUID) -> ViewerEvent:
    watch = did.kind is EventKind.WATCH
    of_person = did.kind in (EventKind.FOLLOW, EventKind.UNFOLLOW)
    of_session = did.kind in (EventKind.SESSION_START, EventKind.SESSION_END)
    return ViewerEvent(
        id=event_id,
        kind=did.kind,
        at=begin + timedelta(seconds=did.at_s),
        session_id=UUID(int=did.device + 1),
        video_id=None if of_person or of_session else videos[did.video],
        person_id=other if of_person else None,
        playback_id=UUID(int=did.stay + 1) if watch else None,
        start_ms=0 if watch else None,
        end_ms=did.played_ms if watch else None,
        wall_ms=did.wall_ms if watch else None,
    )


class Model:
    """Everything by its definition, from all events at once and slowly."""

    def __init__(self, events: Sequence[ViewerEvent]) -> None:
        self.events = events
        self.watched: dict[tuple[UUID, UUID], int] = defaultdict(int)
        self.began: dict[tuple[UUID, UUID], datetime] = {}
        self._watch()

    def _watch(self) -> None:
        beats = [e for e in self.events if e.kind is EventKind.WATCH]
        lived: list[tuple[datetime, datetime]] = []
        for e in sorted(beats, key=lambda e: (begun(e), e.id)):
            wall = (e.at - begun(e)) // MS
            lost = sum(covered(lived, begun(e), e.at))
            key = (e.playback_id, e.video_id)
            self.watched[key] += min((e.end_ms or 0) - (e.start_ms or 0), wall - lost)
            lived.append((begun(e), e.at))
        for e in beats:
            key = (e.playback_id, e.video_id)
            self.began[key] = min(begun(e), self.began.get(key, begun(e)))

    def views(self, video: UUID) -> int:
        stays = sorted((at, key) for key, at in self.began.items() if key[1] == video)
        good = [at for at, key in stays if self.watched[key] >= DURATION_MS // 2]
        views = 0
        while good:
            views += 1
            good = [at for at in good if at >= good[0] + timedelta(minutes=30)]
        return views

    def last(self, on: EventKind, off: EventKind, **what: Any) -> bool:
        said = [e for e in self.events if e.kind in (on, off)]
        said = [e for e in said if all(getattr(e, name) == value for name, value in what.items())]
        return bool(said) and max(said, key=lambda e: (e.at, e.id)).kind is on


MS = timedelta(milliseconds=1)


def begun(e: ViewerEvent) -> datetime:
    return e.at - timedelta(milliseconds=e.wall_ms or 0)


def covered(lived: list[tuple[datetime, datetime]], began: datetime, ended: datetime) -> list[int]:
    """How many ms of a span lie in the union of others."""
    parts, until = [], began
    for a, b in sorted(lived):
        a, b = max(a, until), min(b, ended)
        if b > a:
            parts.append((b - a) // MS)
            until = b
    return parts


@pytest.fixture
def videos(add_video: AddVideo, creator: Actor) -> list[UUID]:
    made = clock.now() - timedelta(days=50)
    return [add_video(creator, str(n).encode(), duration_ms=DURATION_MS, created_at=made) for n in range(2)]


def viewer(db: Database) -> Actor:
    """Somebody new."""
    person_id = uuid4()
    name = person_id.hex[:12]
    with db.write() as s:
        s.add(Person(id=person_id, handle=name, name=name, name_key=name))
        s.flush()
        return acting(s.get_one(Person, person_id), Role.FAN)


def send(db: Database, actor: Actor, events: Sequence[ViewerEvent]) -> list[EventVerdict]:
    with db.write() as s:
        return viewing.take_in(s, actor=actor, events=events)


def numbers(db: Database, videos: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    columns = [c.name for c in VideoCounts.__table__.c if c.name != "video_id"]
    with db.read() as s:
        rows = {row.video_id: row for row in s.scalars(sa.select(VideoCounts))}
    return {v: {c: getattr(rows[v], c) if v in rows else 0 for c in columns} for v in videos}


def test_whatever_the_order_each_thing_counts_once(db: Database, videos: list[UUID], creator: Actor) -> None:
    @settings(max_examples=60)
    @given(sent())
    def check(sent: Sent) -> None:
        actor, before = viewer(db), numbers(db, videos)
        ids = sorted((uuid4() for _ in sent.did), key=lambda i: i)
        begin = clock.now() - timedelta(hours=3)
        events = [event(d, i, begin, videos, creator.person) for i, d in zip(ids, sent.did, strict=True)]
        verdicts = [v for batch in sent.batches for v in send(db, actor, [events[n] for n in batch])]
        assert sorted(v.id for v in verdicts if v.verdict is Verdict.ACCEPTED) == ids
        model, after = Model(events), numbers(db, videos)
        for video in videos:
            gained = {name: after[video][name] - before[video][name] for name in after[video]}
            assert gained == {
                "views": model.views(video),
                "own_views": 0,
                "watched_ms": sum(ms for key, ms in model.watched.items() if key[1] == video),
                "likes": model.last(EventKind.LIKE, EventKind.UNLIKE, video_id=video),
                "saves": model.last(EventKind.SAVE, EventKind.UNSAVE, video_id=video),
                "shares": sum(e.kind is EventKind.SHARE and e.video_id == video for e in events),
                "comments": 0,
            }
        with db.read() as s:
            stays = s.scalars(sa.select(Playback).where(Playback.person_id == actor.person)).all()
            follows = s.scalars(sa.select(Follow.holds).where(Follow.person_id == actor.person)).all()
        assert {(p.id, p.video_id): p.watched_ms for p in stays} == dict(model.watched)
        assert any(follows) == model.last(EventKind.FOLLOW, EventKind.UNFOLLOW)
        assert {v.verdict for v in send(db, actor, events)} == {Verdict.DUPLICATE}
        assert numbers(db, videos) == after

    check()
    assert recount(db) == []


def test_a_recount_finds_and_mends_what_is_wrong(db: Database, videos: list[UUID], creator: Actor) -> None:
    actor = viewer(db)
    begin = clock.now() - timedelta(hours=1)
    did = [
        Did(EventKind.WATCH, 10, 0, 0, 0, 4_000, 3_500),
        Did(EventKind.LIKE, 11, 0, 0, 0, 0, 0),
        Did(EventKind.SHARE, 12, 0, 0, 0, 0, 0),
        Did(EventKind.FOLLOW, 13, 0, 0, 0, 0, 0),
    ]
    send(db, actor, [event(d, uuid4(), begin, videos, creator.person) for d in did])
    right = numbers(db, videos)
    assert recount(db) == []
    with db.write() as s:
        s.execute(sa.update(VideoCounts).values(views=7, shares=0))
        s.execute(sa.update(Playback).values(watched_ms=1))
        s.execute(sa.delete(VideoReaction))
        s.execute(sa.update(Follow).values(holds=False))
    wrong = {(d.what, d.by) for d in recount(db, repair=True)}
    assert wrong == {("watched_ms", 3_499), ("views", -6), ("shares", 1), ("like", 1), ("follow", 1)}
    assert recount(db) == []
    assert numbers(db, videos) == right
    with db.write() as s:
        s.execute(sa.delete(Playback))
        s.execute(sa.delete(VideoCounts))
    assert recount(db, repair=True)
    assert recount(db) == []
    assert numbers(db, videos) == right


def watch(video: UUID, at: datetime, **more: Any) -> ViewerEvent:
    given: dict[str, Any] = {
        "id": uuid4(),
        "kind": EventKind.WATCH,
        "at": at,
        "session_id": uuid4(),
        "video_id": video,
        "playback_id": uuid4(),
        "start_ms": 0,
        "end_ms": 3_000,
        "wall_ms": 3_000,
    }
    return ViewerEvent(**given | more)


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
        (Verdict.REFUSED, "not_found"),
        (Verdict.REFUSED, "id_taken"),
        (Verdict.ACCEPTED, None),
        (Verdict.ACCEPTED, None),
    ]


@pytest.mark.parametrize(
    "change", ["UPDATE content_events SET very_late = NULL", "DELETE FROM content_events"]
)
def test_nobody_rewrites_what_happened(db: Database, videos: list[UUID], fan: Actor, change: str) -> None:
    send(db, fan, [watch(videos[0], clock.now())])
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.write() as s:
        s.execute(sa.text(change))


def said(kind: EventKind, **more: Any) -> ViewerEvent:
    return ViewerEvent(**{"id": uuid4(), "kind": kind, "at": clock.now(), "session_id": uuid4()} | more)


def codes(verdicts: Sequence[EventVerdict]) -> list[str]:
    return [v.code or v.verdict for v in verdicts]


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


def test_nobody_follows_without_end(
    db: Database, fan: Actor, creator: Actor, moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "FOLLOWS_MAX", 1)
    follows = [said(EventKind.FOLLOW, person_id=who.person) for who in (creator, moderator)]
    assert codes(send(db, fan, follows)) == ["accepted", "too_many"]
    assert codes(send(db, fan, [said(EventKind.FOLLOW, person_id=moderator.person)])) == ["too_many"]
    send(db, fan, [said(EventKind.UNFOLLOW, person_id=creator.person)])
    assert codes(send(db, fan, [said(EventKind.FOLLOW, person_id=moderator.person)])) == ["accepted"]


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
