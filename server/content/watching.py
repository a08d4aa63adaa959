"""What each stay at a video is worth, kept up as stretches of watching come in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Row, column, func, select, text, values

from server.content.counters import Tally
from server.content.counting import Beat, counted, enough_ms, watched_ms
from server.content.counting import Playback as Key
from server.content.models import Playback, Video, ViewerEvent
from server.content.rules import BEAT_MAX_MS, BEATS_A_MINUTE, STAYS_MAX
from server.kit.db import AnySession, WriteSession
from server.kit.types import UTCDateTime

LONGEST = timedelta(milliseconds=BEAT_MAX_MS)
APART = 2 * LONGEST
"""Stretches whose ends lie further apart have nothing to do with each other."""

IS_WATCH = text("kind = 'watch'")
"""In words, as the partial index has it."""
WATCH = tuple(
    getattr(ViewerEvent, name)
    for name in ("id", "playback_id", "video_id", "start_ms", "end_ms", "wall_ms", "at")
)
"""The columns that `beat_of` reads."""

AnyRow = Row[*tuple[Any, ...]]


def beat_of(row: AnyRow) -> Beat:
    """A watch event as the rules count it."""
    return _beat(row._asdict())


def _beat(row: Mapping[str, Any]) -> Beat:
    return Beat(
        id=row["id"],
        playback=(row["playback_id"], row["video_id"]),
        began=row["at"] - timedelta(milliseconds=row["wall_ms"]),
        ended=row["at"],
        played_ms=row["end_ms"] - row["start_ms"],
    )


def around(s: AnySession, person_id: UUID, ends: Collection[datetime]) -> list[Beat]:
    """The stretches of a person whose worth new ones that end then can change, and those on which that
    depends: what ended before a new one began, or begins after it has ended, has no part in it."""
    if not ends:
        return []
    near = _table("near", [(first - LONGEST, last + LONGEST) for first, last in _spans(ends)])
    rows = s.execute(
        select(*WATCH).join_from(
            near,
            ViewerEvent,
            (ViewerEvent.person_id == person_id)
            & ViewerEvent.at.between(near.c.first, near.c.last)
            & IS_WATCH,
        )
    )
    return [beat_of(row) for row in rows]


def _table(name: str, spans: Sequence[tuple[datetime, datetime]]) -> CTE:
    """Spans of time as a table, so that one statement looks each up along the index."""
    columns = (column(each, UTCDateTime()) for each in ("first", "last"))
    return values(*columns, name=name).data(spans).cte(name)


def _spans(ends: Collection[datetime]) -> Iterator[tuple[datetime, datetime]]:
    first: datetime | None = None
    last: datetime | None = None
    for at in sorted(ends):
        if first is None or last is None:
            first = at
        elif at - last > APART:
            yield first, last
            first = at
        last = at
    if first is not None and last is not None:
        yield first, last


def surplus(s: AnySession, person_id: UUID, told: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Those of the new stretches that are more than anybody can watch, so that to count them stays cheap:
    what is stored of the minutes in which they end leaves room for so many, and these are the first of them.
    """
    if not told:
        return set()
    stays = (
        select(Playback.video_id)
        .where(Playback.person_id == person_id, Playback.video_id.in_({row["video_id"] for row in told}))
        .group_by(Playback.video_id)
        .having(func.count() >= STAYS_MAX)
    )
    full = set(s.scalars(stays))
    a_minute = _stored(s, person_id, {_minute(row["at"]) for row in told})
    refused: set[UUID] = set()
    for row in sorted(told, key=lambda row: (row["at"], row["id"])):
        minute = _minute(row["at"])
        if row["video_id"] in full or a_minute[minute] >= BEATS_A_MINUTE:
            refused.add(row["id"])
        else:
            a_minute[minute] += 1
    return refused


def _stored(s: AnySession, person_id: UUID, minutes: Collection[datetime]) -> Counter[datetime]:
    """How many stretches of a person that end in these minutes are stored."""
    table = _table("minutes", [(minute, minute + timedelta(minutes=1)) for minute in sorted(minutes)])
    counts = (
        select(table.c.first, func.count())
        .join_from(
            table,
            ViewerEvent,
            (ViewerEvent.person_id == person_id)
            & (ViewerEvent.at >= table.c.first)
            & (ViewerEvent.at < table.c.last)
            & IS_WATCH,
        )
        .group_by(table.c.first)
    )
    return Counter({row[0]: row[1] for row in s.execute(counts)})


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def count(
    s: WriteSession,
    person_id: UUID,
    told: Sequence[Mapping[str, Any]],
    stored: Sequence[Beat],
    videos: Mapping[UUID, AnyRow],
    tally: Tally,
) -> None:
    """Take new stretches of watching of a person into their stays and views, given those `around` them."""
    if not told:
        return
    beats = [_beat(row) for row in told]
    gained: dict[Key, int] = defaultdict(int)
    for key, ms in watched_ms([*stored, *beats]).items():
        gained[key] += ms
    for key, ms in watched_ms(stored).items():
        gained[key] -= ms
    touched = {video_id for (_, video_id), ms in gained.items() if ms} | {row["video_id"] for row in told}
    stays = _stays(s, person_id, touched)
    for beat in beats:
        stay = stays.get(beat.playback)
        if stay is None:
            own = videos[beat.playback[1]].owner_id == person_id
            stay = stays[beat.playback] = new_stay(person_id, beat, own=own)
            s.add(stay)
        stay.began = min(stay.began, beat.began)
    for key, ms in gained.items():
        if ms:
            stays[key].watched_ms += ms
            if not stays[key].own:
                tally.video(key[1], watched_ms=ms)
    lengths = _lengths(s, touched)
    for video_id in touched:
        at_it = [stay for stay in stays.values() if stay.video_id == video_id]
        _recount_views(at_it, lengths[video_id], tally)


def new_stay(person_id: UUID, beat: Beat, *, own: bool) -> Playback:
    """A stay that has just begun."""
    stay_id, video_id = beat.playback
    return Playback(
        person_id=person_id,
        video_id=video_id,
        id=stay_id,
        began=beat.began,
        watched_ms=0,
        own=own,
        counted=False,
    )


def _stays(s: WriteSession, person_id: UUID, videos: Collection[UUID]) -> dict[Key, Playback]:
    found = select(Playback).where(Playback.person_id == person_id, Playback.video_id.in_(videos))
    return {(stay.id, stay.video_id): stay for stay in s.scalars(found)}


def _lengths(s: AnySession, videos: Collection[UUID]) -> dict[UUID, int | None]:
    found = s.execute(select(Video.id, Video.duration_ms).where(Video.id.in_(videos)))
    return {row.id: row.duration_ms for row in found}


def views_among(stays: Collection[Playback], duration_ms: int | None) -> set[UUID]:
    """Which of the stays of one person at one video of this length are views."""
    enough = enough_ms(duration_ms)
    return counted([(stay.began, stay.id) for stay in stays if stay.watched_ms >= enough])


def _recount_views(stays: Collection[Playback], duration_ms: int | None, tally: Tally) -> None:
    views = views_among(stays, duration_ms)
    for stay in stays:
        if stay.counted != (stay.id in views):
            stay.counted = not stay.counted
            step = 1 if stay.counted else -1
            tally.video(stay.video_id, **{"own_views" if stay.own else "views": step})
