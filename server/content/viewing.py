"""Takes in what viewers did. The facts are kept as they came; everything counted is worked out of them.

Nothing depends on the order in which facts arrive or on how often they are sent: they may come from two
devices that were offline, in batches that were cut off. So each kind is a rule over the set of facts
(`counting`; the last word for likes, saves and follows), and what is counted is corrected by the difference
that a new fact makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select

from server.accounts import queries as accounts
from server.content import opinions, queries, watching
from server.content.counters import Tally
from server.content.models import Video
from server.content.models import ViewerEvent as Fact
from server.content.rules import SKEW, VERY_LATE, EventKind, Verdict
from server.content.schemas import EventVerdict, ViewerEvent
from server.kit import clock, locks
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.upsert import insert_new

VIEWER = 7_203_011
"""The space of the names that a transaction holds while it counts what one person did."""

facts = cast(Table, Fact.__table__)


def hold_viewer(s: WriteSession, person_id: UUID) -> None:
    """Let nobody else count what this person did until the transaction ends."""
    locks.hold(s, VIEWER, person_id.bytes)


def take_in(s: WriteSession, *, actor: Actor, events: Sequence[ViewerEvent]) -> list[EventVerdict]:
    """Keep and count what is new among the events of the actor; one verdict each, in their order.

    Refused: `not_found` for a video or person that the actor does not see, `own` for following oneself,
    `id_taken` for the id of somebody else's event.
    """
    hold_viewer(s, actor.person)
    refused = _refusals(s, actor, events)
    now = clock.now()
    rows: dict[UUID, dict[str, Any]] = {}
    for event in events:
        if event.id not in refused:
            rows.setdefault(event.id, _fact(actor.person, event, now))
    new = insert_new(s, facts, list(rows.values()), key="id")
    fresh = [row for row in rows.values() if row["id"] in new]
    tally = Tally()
    watching.count(s, actor.person, [row for row in fresh if row["kind"] is EventKind.WATCH], tally)
    opinions.react(s, actor.person, fresh, tally)
    opinions.follow(s, actor.person, fresh, tally)
    for row in fresh:
        if row["kind"] is EventKind.SHARE:
            tally.video(row["video_id"], shares=1)
    tally.write(s)
    return _verdicts(s, actor, events, refused, new)


def _verdicts(
    s: WriteSession, actor: Actor, events: Sequence[ViewerEvent], refused: dict[UUID, str], new: set[UUID]
) -> list[EventVerdict]:
    known = {event.id for event in events} - new - refused.keys()
    if known:
        of_others = select(Fact.id).where(Fact.id.in_(known), Fact.person_id != actor.person)
        refused = refused | dict.fromkeys(s.scalars(of_others), "id_taken")
    told: set[UUID] = set()
    verdicts = []
    for event in events:
        code = refused.get(event.id)
        first = event.id in new and event.id not in told
        told.add(event.id)
        verdict = Verdict.REFUSED if code else Verdict.ACCEPTED if first else Verdict.DUPLICATE
        verdicts.append(EventVerdict(id=event.id, verdict=verdict, code=code))
    return verdicts


def _refusals(s: WriteSession, actor: Actor, events: Sequence[ViewerEvent]) -> dict[UUID, str]:
    """What cannot be kept, and why. A video that was watched offline and removed meanwhile was watched all
    the same; to like it, one has to see it."""
    videos = {event.video_id for event in events if event.video_id}
    people = {event.person_id for event in events if event.person_id}
    exist = set(s.scalars(select(Video.id).where(Video.id.in_(videos)))) if videos else set()
    seen = (
        set(s.scalars(select(Video.id).where(Video.id.in_(exist), queries.readable(actor))))
        if exist
        else set()
    )
    known = set(accounts.cards(s, people))
    refused: dict[UUID, str] = {}
    for event in events:
        wanted = exist if event.kind is EventKind.WATCH else seen
        if event.person_id == actor.person:
            refused[event.id] = "own"
        elif (event.video_id and event.video_id not in wanted) or (
            event.person_id and event.person_id not in known
        ):
            refused[event.id] = "not_found"
    return refused


def _fact(person_id: UUID, event: ViewerEvent, now: datetime) -> dict[str, Any]:
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
        "at": min(event.at, now),
        "received_at": now,
        "clock_skew": event.at > now + SKEW,
        "very_late": event.at < now - VERY_LATE,
    }
