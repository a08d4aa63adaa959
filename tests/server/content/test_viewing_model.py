"""What viewers did, against a model that looks at all of it at once: any order, batches and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from server.content.models import Block, Follow, Playback, VideoCounts, VideoReaction
from server.content.recount import recount
from server.content.rules import EventKind, Verdict
from server.content.schemas import ViewerEvent
from server.content.schemas.events import OF_PERSON
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.content.conftest import AddVideo
from tests.server.content.viewers import DURATION_MS, MS, numbers, send, viewer


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
    of_person = did.kind in OF_PERSON
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
                "shares": int(any(e.kind is EventKind.SHARE and e.video_id == video for e in events)),
                "comments": 0,
            }
        with db.read() as s:
            stays = s.scalars(sa.select(Playback).where(Playback.person_id == actor.person)).all()
            follows, blocks = (
                s.scalars(sa.select(table.holds).where(table.person_id == actor.person)).all()
                for table in (Follow, Block)
            )
        assert {(p.id, p.video_id): p.watched_ms for p in stays} == dict(model.watched)
        assert any(follows) == model.last(EventKind.FOLLOW, EventKind.UNFOLLOW)
        assert any(blocks) == model.last(EventKind.BLOCK, EventKind.UNBLOCK)
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
        Did(EventKind.BLOCK, 14, 0, 0, 0, 0, 0),
    ]
    send(db, actor, [event(d, uuid4(), begin, videos, creator.person) for d in did])
    right = numbers(db, videos)
    assert recount(db) == []
    with db.write() as s:
        s.execute(sa.update(VideoCounts).values(views=7, shares=0))
        s.execute(sa.update(Playback).values(watched_ms=1))
        s.execute(sa.delete(VideoReaction))
        s.execute(sa.update(Follow).values(holds=False))
        s.execute(sa.delete(Block))
    wrong = {(d.what, d.by) for d in recount(db, repair=True)}
    numbers_wrong = {("watched_ms", 3_499), ("views", -6), ("shares", 1)}
    assert wrong == numbers_wrong | {("like", 1), ("follow", 1), ("block", 1)}
    assert recount(db) == []
    assert numbers(db, videos) == right
    with db.write() as s:
        s.execute(sa.delete(Playback))
        s.execute(sa.delete(VideoCounts))
    assert recount(db, repair=True)
    assert recount(db) == []
    assert numbers(db, videos) == right
