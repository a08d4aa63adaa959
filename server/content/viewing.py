"""Takes in what viewers did. The facts are kept as they came; everything counted is worked out of them.

Nothing depends on the order in which facts arrive or on how often they are sent: they may come from two
devices that were offline, in batches that were cut off. So each kind is a rule over the set of facts
(`counting`; the last word for likes, saves, follows and blocks), and what is counted is corrected by the
difference that a new fact makes. (A clock that is wrong is the exception: what it tells happened when it
arrived.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, func, or_, select, text

from server.accounts.models import Person
from server.accounts.schemas import PersonState
from server.content import opinions, queries, watching
from server.content.counters import Tally
from server.content.counting import Beat
from server.content.models import Block, OfPerson, Video
from server.content.models import ViewerEvent as Fact
from server.content.rules import (
    BLOCKS_MAX,
    FACTS_A_DAY,
    FOLLOWS_MAX,
    SKEW,
    VERY_LATE,
    EventKind,
    Relation,
    Verdict,
    VideoState,
)
from server.content.schemas import EventVerdict, ViewerEvent
from server.kit import clock, locks
from server.kit.access import Actor
from server.kit.db import Database, WriteSession
from server.kit.upsert import insert_new

VIEWER = 7_203_011
"""The space of the names that a transaction holds while it counts what one person did."""

AT_ONCE = 100
"""Events of one transaction."""
IS_SHARE = text("kind = 'share'")
"""In words, as the partial index has it."""

facts = cast(Table, Fact.__table__)
AnyRow = Row[*tuple[Any, ...]]


def hold_viewer(s: WriteSession, person_id: UUID, *, wait: bool = True) -> None:
    """Let nobody else count what this person did until the transaction ends. Raises Busy without `wait`."""
    locks.hold(s, VIEWER, person_id.bytes, wait=wait)


def take_in(s: WriteSession, *, actor: Actor, events: Sequence[ViewerEvent]) -> list[EventVerdict]:
    """Keep and count what is new among the events of the actor; one verdict each, in their order.

    Refused: `not_found` for a video or person that the actor does not see, `too_early` for watching before
    there was the video, `own` for following or blocking oneself, `id_taken` for the id of somebody else's
    event, and `too_many` for more than a person can do. Raises Busy while another request counts for the
    actor.
    """
    hold_viewer(s, actor.person, wait=False)
    codes = _known(s, actor, [event.id for event in events])
    fresh: dict[UUID, ViewerEvent] = {}
    for event in events:
        if event.id not in codes:
            fresh.setdefault(event.id, event)
    codes |= dict.fromkeys(fresh, Verdict.ACCEPTED.value)
    now = clock.now()
    videos = _videos(s, actor, {event.video_id for event in fresh.values() if event.video_id})
    codes |= _refusals(s, actor, fresh.values(), videos, now)
    rows = [
        _fact(actor.person, event, now) for event in fresh.values() if codes[event.id] == Verdict.ACCEPTED
    ]
    codes |= dict.fromkeys(_too_many(s, actor.person, rows, now), "too_many")
    rows = [row for row in rows if codes[row["id"]] == Verdict.ACCEPTED]
    watches = [row for row in rows if row["kind"] is EventKind.WATCH]
    codes |= dict.fromkeys(watching.surplus(s, actor.person, watches), "too_many")
    watches = [row for row in watches if codes[row["id"]] == Verdict.ACCEPTED]
    around = watching.around(s, actor.person, [row["at"] for row in watches])
    shared = _shared(s, actor.person, rows)
    # In one order, so that two who send the same ids do not wait for each other.
    rows = sorted((row for row in rows if codes[row["id"]] == Verdict.ACCEPTED), key=lambda row: row["id"])
    new = insert_new(s, facts, rows, key="id")
    codes |= {row["id"]: "id_taken" for row in rows if row["id"] not in new}
    _count(s, actor.person, [row for row in rows if row["id"] in new], around, shared, videos)
    return _verdicts(events, codes)


def take_in_all(db: Database, *, actor: Actor, events: Sequence[ViewerEvent]) -> list[EventVerdict]:
    """As `take_in`, in transactions of `AT_ONCE` events: nobody waits long for the counting of one."""
    verdicts: list[EventVerdict] = []
    for begin in range(0, len(events), AT_ONCE):
        with db.write() as s:
            verdicts += take_in(s, actor=actor, events=events[begin : begin + AT_ONCE])
    return verdicts


def _too_many(
    s: WriteSession, person_id: UUID, rows: Sequence[Mapping[str, Any]], now: datetime
) -> list[UUID]:
    """What is more than a person can do in a day: facts are kept for ever."""
    today = select(func.count()).where(
        Fact.person_id == person_id, Fact.received_at > now - timedelta(days=1)
    )
    room = max(0, FACTS_A_DAY - (s.scalar(today) or 0)) if rows else 0
    if room >= len(rows):
        return []
    return [row["id"] for row in sorted(rows, key=lambda row: (row["at"], row["id"]))[room:]]


def _shared(s: WriteSession, person_id: UUID, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Which of the videos that are shared now the person had shared before: that counts once."""
    videos = {row["video_id"] for row in rows if row["kind"] is EventKind.SHARE}
    if not videos:
        return set()
    found = select(Fact.video_id).where(Fact.video_id.in_(videos), Fact.person_id == person_id, IS_SHARE)
    return {video_id for video_id in s.scalars(found.distinct()) if video_id is not None}


def _known(s: WriteSession, actor: Actor, ids: Collection[UUID]) -> dict[UUID, str]:
    """What is to be said of events that were kept before, whatever has become of what they are about."""
    found = s.execute(select(Fact.id, Fact.person_id).where(Fact.id.in_(ids)))
    return {row.id: Verdict.DUPLICATE.value if row.person_id == actor.person else "id_taken" for row in found}


def _videos(s: WriteSession, actor: Actor, ids: Collection[UUID]) -> dict[UUID, AnyRow]:
    """The videos, none of which goes or changes its key until the transaction ends. Whoever changes one in
    another way, as the restricted class does, neither waits for this nor is waited for."""
    if not ids:
        return {}
    seen = queries.readable(actor).label("seen")
    found = (
        select(Video.id, Video.owner_id, Video.duration_ms, Video.state, Video.created_at, seen)
        .where(Video.id.in_(ids))
        .order_by(Video.id)
        .with_for_update(read=True, key_share=True, of=Video)
    )
    return {row.id: row for row in s.execute(found)}


def _refusals(
    s: WriteSession,
    actor: Actor,
    events: Collection[ViewerEvent],
    videos: Mapping[UUID, AnyRow],
    now: datetime,
) -> dict[UUID, str]:
    refused = _of_people(s, actor, [event for event in events if event.person_id], now)
    for event in events:
        if event.video_id and (code := _of_video(actor, event, videos.get(event.video_id))):
            refused[event.id] = code
    return refused


def _of_video(actor: Actor, event: ViewerEvent, video: AnyRow | None) -> str | None:
    """A video that was watched offline and removed meanwhile was watched all the same, and what one liked
    can be taken back; to like it, one has to see it. A reviewer would tell the restricted class by that."""
    lenient = event.kind in {EventKind.WATCH, *opinions.TAKING_BACK} and not actor.can(queries.REVIEW)
    if video is None or not (video.seen or lenient) or video.state is not VideoState.READY:
        return "not_found"
    if event.kind is EventKind.WATCH and event.at < video.created_at - SKEW:
        return "too_early"
    return None


def _of_people(
    s: WriteSession, actor: Actor, events: Sequence[ViewerEvent], now: datetime
) -> dict[UUID, str]:
    """Only to follow somebody one has to meet them, and whoever blocks the actor is not to be met for that:
    what the actor is told is the same as of an account that is suspended."""
    others = {event.person_id for event in events}
    if not others:
        return {}
    found = select(Person.id, Person.state).where(Person.id.in_(others)).order_by(Person.id)
    known = {row.id: row.state for row in s.execute(found.with_for_update(read=True, key_share=True))}
    blocking = select(Block.person_id).where(
        Block.person_id.in_(others), Block.other_id == actor.person, Block.holds
    )
    away = {*s.scalars(blocking)} | {i for i, state in known.items() if state is not PersonState.ACTIVE}
    most = {Relation.FOLLOW: FOLLOWS_MAX, Relation.BLOCK: BLOCKS_MAX}
    told = {opinions.OF_PEOPLE[event.kind][0] for event in events}
    before = {kind: _said(s, actor, opinions.TABLE[kind], others) for kind in told}
    held = {kind: {row.other_id for row in rows.values() if row.holds} for kind, rows in before.items()}
    refused: dict[UUID, str] = {}
    # By their time, as they count: that a place is free must not depend on the order in a batch.
    for event in sorted(events, key=lambda event: _when(event, now)):
        kind, takes = opinions.OF_PEOPLE[event.kind]
        last = before[kind].get(event.person_id)
        if event.person_id == actor.person:
            refused[event.id] = "own"
        elif event.person_id not in known or (event.kind is EventKind.FOLLOW and event.person_id in away):
            refused[event.id] = "not_found"
        elif last is not None and _when(event, now) <= (last.at, last.told_at, last.event_id):
            continue
        elif not takes:
            held[kind].discard(event.person_id)
        elif event.person_id in held[kind] or len(held[kind]) < most[kind]:
            held[kind].add(event.person_id)
        else:
            refused[event.id] = "too_many"
    return refused


def _said(
    s: WriteSession, actor: Actor, table: type[OfPerson], others: Collection[UUID | None]
) -> dict[UUID | None, AnyRow]:
    """The last words of the actor that hold, and those about `others`."""
    columns = (table.other_id, table.holds, table.at, table.told_at, table.event_id)
    mine = select(*columns).where(
        table.person_id == actor.person, or_(table.holds, table.other_id.in_(others))
    )
    return {row.other_id: row for row in s.execute(mine)}


def _when(event: ViewerEvent, now: datetime) -> tuple[datetime, datetime, UUID]:
    """The order of words that count (see `opinions`)."""
    return (now if event.at > now + SKEW else event.at), event.at, event.id


def _fact(person_id: UUID, event: ViewerEvent, now: datetime) -> dict[str, Any]:
    skewed = event.at > now + SKEW
    return {
        "id": event.id,
        "kind": event.kind,
        "person_id": person_id,
        "session_id": event.session_id,
        "video_id": event.video_id,
        "other_id": event.person_id,
        "playback_id": event.playback_id,
        "start_ms": event.start_ms,
        "end_ms": event.end_ms,
        "wall_ms": event.wall_ms,
        "told_at": event.at,
        "at": now if skewed else event.at,
        "received_at": now,
        "clock_skew": skewed,
        "very_late": event.at < now - VERY_LATE,
    }


def _count(
    s: WriteSession,
    person_id: UUID,
    new: Sequence[dict[str, Any]],
    around: Sequence[Beat],
    shared: set[UUID],
    videos: Mapping[UUID, AnyRow],
) -> None:
    tally = Tally()
    watches = [row for row in new if row["kind"] is EventKind.WATCH]
    watching.count(s, person_id, watches, around, videos, tally)
    opinions.take_in(s, person_id, new, tally)
    for video_id in {row["video_id"] for row in new if row["kind"] is EventKind.SHARE} - shared:
        tally.video(video_id, shares=1)
    tally.write(s)


def _verdicts(events: Sequence[ViewerEvent], codes: dict[UUID, str]) -> list[EventVerdict]:
    """A code is a verdict, or why there is none; of two events with one id the second is a duplicate."""
    verdicts = []
    for event in events:
        code = codes[event.id]
        if code in (Verdict.ACCEPTED, Verdict.DUPLICATE):
            verdicts.append(EventVerdict(id=event.id, verdict=Verdict(code)))
        else:
            verdicts.append(EventVerdict(id=event.id, verdict=Verdict.REFUSED, code=code))
        if code == Verdict.ACCEPTED:
            codes[event.id] = Verdict.DUPLICATE.value
    return verdicts
