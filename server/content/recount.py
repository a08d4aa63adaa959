"""Works everything counted out anew from the facts, and says or mends where it differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, text, union

from server.accounts.models import Person
from server.content.counters import of_people, of_videos
from server.content.counting import Playback as Key
from server.content.counting import watched_ms
from server.content.models import Comment, Follow, Playback, Video, VideoReaction, ViewerEvent
from server.content.opinions import TABLE, Kind, Opinion, holds, last_words, new_opinion, set_word
from server.content.rules import Reaction
from server.content.viewing import IS_SHARE, hold_viewer
from server.content.watching import IS_WATCH, WATCH, beat_of, new_stay, views_among
from server.kit.db import AnySession, Database, WriteSession
from server.kit.upsert import add_to

BATCH = 500
SAID = text("kind <> 'watch'")
_PEOPLE = (
    ViewerEvent.person_id,
    Playback.person_id,
    VideoReaction.person_id,
    *(table.person_id for table in TABLE.values()),
)
"""Who may have done something, whether or not a fact says so."""
WORD = tuple(getattr(ViewerEvent, name) for name in ("id", "kind", "video_id", "other_id", "at", "told_at"))

Numbers = dict[UUID, dict[str, int]]


@dataclass(frozen=True)
class Difference:
    """Something stored otherwise than the facts say; `by` = right less stored, of a whole row 1 or -1."""

    row: UUID
    what: str
    by: int


def recount(db: Database, *, repair: bool = False) -> list[Difference]:
    """Compare what is stored with the facts: what each person watched and says, then the counters.

    `repair` mends it, each person and each batch in a transaction of its own. Only what is wrong is written,
    so that nobody is kept waiting where all is right. What is counted while a batch is compared stays:
    differences are added.
    """
    found: list[Difference] = []
    for people in _batches(db, *_PEOPLE):
        for person_id in people:
            with db.read() as s:
                wrong = _of_person(s, person_id)
            if wrong and repair:
                with db.write() as s:
                    hold_viewer(s, person_id)
                    wrong = _of_person(s, person_id, mending=s)
            found += wrong
    for table, column, right in ((of_videos, Video.id, _of_videos), (of_people, Person.id, _of_people)):
        for ids in _batches(db, column):
            with db.read() as s:
                changes = _compare(s, table, ids, right(s, ids))
            found += [Difference(i, name, by) for i, steps in changes.items() for name, by in steps.items()]
            if repair and any(changes.values()):
                with db.write() as s:
                    add_to(s, table, table.c[0].name, changes)
    return found


def _batches(db: Database, *columns: Any) -> Iterator[list[UUID]]:
    """What these columns have, each value once, in order."""
    last = UUID(int=0)
    while True:
        parts = [
            select(column.label("id")).where(column > last).distinct().order_by(column).limit(BATCH)
            for column in columns
        ]
        every = union(*(select(part.subquery().c.id) for part in parts)).subquery()
        with db.read() as s:
            ids = list(s.scalars(select(every.c.id).order_by(every.c.id).limit(BATCH)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _of_person(s: AnySession, person_id: UUID, mending: WriteSession | None = None) -> list[Difference]:
    return _stays(s, person_id, mending) + _opinions(s, person_id, mending)


# What each stay is worth


def _stays(s: AnySession, person_id: UUID, mending: WriteSession | None) -> list[Difference]:
    right = _right_stays(s, person_id)
    rows = s.scalars(select(Playback).where(Playback.person_id == person_id))
    stored = {(row.id, row.video_id): row for row in rows}
    found: list[Difference] = []
    for key in sorted(right.keys() | stored.keys()):
        wanted, row = right.get(key), stored.get(key)
        if wanted is None or row is None:
            found.append(Difference(key[0], "content_playbacks", -1 if wanted is None else 1))
            if mending:
                mending.add(wanted) if wanted is not None else mending.delete(row)
            continue
        pairs = (
            ("began", (wanted.began - row.began) // timedelta(milliseconds=1)),
            ("watched_ms", wanted.watched_ms - row.watched_ms),
            ("own", wanted.own - row.own),
            ("counted", wanted.counted - row.counted),
        )
        found += [Difference(key[0], name, by) for name, by in pairs if by]
        if mending:
            row.began, row.watched_ms = wanted.began, wanted.watched_ms
            row.own, row.counted = wanted.own, wanted.counted
    return found


def _right_stays(s: AnySession, person_id: UUID) -> dict[Key, Playback]:
    rows = s.execute(select(*WATCH).where(ViewerEvent.person_id == person_id, IS_WATCH))
    beats = [beat_of(row) for row in rows]
    ids = {beat.playback[1] for beat in beats}
    videos = {
        row.id: row
        for row in s.execute(select(Video.id, Video.owner_id, Video.duration_ms).where(Video.id.in_(ids)))
    }
    stays: dict[Key, Playback] = {}
    for beat in beats:
        if beat.playback not in stays:
            own = videos[beat.playback[1]].owner_id == person_id
            stays[beat.playback] = new_stay(person_id, beat, own=own)
        stays[beat.playback].began = min(stays[beat.playback].began, beat.began)
    for key, ms in watched_ms(beats).items():
        stays[key].watched_ms = ms
    for video_id, video in videos.items():
        at_it = [stay for stay in stays.values() if stay.video_id == video_id]
        views = views_among(at_it, video.duration_ms)
        for stay in at_it:
            stay.counted = stay.id in views
    return stays


# What each person says


def _opinions(s: AnySession, person_id: UUID, mending: WriteSession | None) -> list[Difference]:
    facts = [
        row._asdict() for row in s.execute(select(*WORD).where(ViewerEvent.person_id == person_id, SAID))
    ]
    reactions = s.scalars(select(VideoReaction).where(VideoReaction.person_id == person_id))
    held: dict[tuple[Kind, UUID], Opinion] = {(row.kind, row.video_id): row for row in reactions}
    for relation, table in TABLE.items():
        of_people = s.scalars(select(table).where(table.person_id == person_id))
        held |= {(relation, row.other_id): row for row in of_people}
    said = last_words(facts)
    found: list[Difference] = []
    for key in held.keys() | said.keys():
        row, fact = held.get(key), said.get(key)
        is_held, right = row is not None and row.holds, fact is not None and holds(fact)
        if is_held != right:
            found.append(Difference(key[1], key[0], right - is_held))
        if not mending:
            continue
        if fact is None:
            mending.delete(row)
        else:
            if row is None:
                row = new_opinion(person_id, *key)
                mending.add(row)
            set_word(row, fact)
    return found


# Counters


def _of_videos(s: AnySession, ids: Collection[UUID]) -> Numbers:
    right: Numbers = defaultdict(dict)
    stays = Playback.video_id.in_(ids)
    held = (VideoReaction.video_id.in_(ids), VideoReaction.holds)
    written = (Comment.deleted_at.is_(None), Comment.restricted_class.is_(False))
    _fill(s, right, "views", Playback.video_id, stays, Playback.counted, Playback.own.is_(False))
    _fill(s, right, "own_views", Playback.video_id, stays, Playback.counted, Playback.own)
    _fill(s, right, "likes", VideoReaction.video_id, *held, VideoReaction.kind == Reaction.LIKE)
    _fill(s, right, "saves", VideoReaction.video_id, *held, VideoReaction.kind == Reaction.SAVE)
    sharers = func.count(ViewerEvent.person_id.distinct())
    _fill(s, right, "shares", ViewerEvent.video_id, ViewerEvent.video_id.in_(ids), IS_SHARE, number=sharers)
    _fill(s, right, "comments", Comment.video_id, Comment.video_id.in_(ids), *written)
    spent = func.sum(Playback.watched_ms)
    _fill(s, right, "watched_ms", Playback.video_id, stays, Playback.own.is_(False), number=spent)
    return right


def _of_people(s: AnySession, ids: Collection[UUID]) -> Numbers:
    right: Numbers = defaultdict(dict)
    _fill(s, right, "followers", Follow.other_id, Follow.other_id.in_(ids), Follow.holds)
    _fill(s, right, "following", Follow.person_id, Follow.person_id.in_(ids), Follow.holds)
    return right


def _fill(
    s: AnySession,
    right: Numbers,
    column: str,
    key: Any,
    *which: Any,
    number: ColumnElement[Any] | None = None,
) -> None:
    counts = select(key, func.count() if number is None else number).where(*which).group_by(key)
    for row_id, value in s.execute(counts):
        right[row_id][column] = int(value)


def _compare(s: AnySession, table: Table, ids: Collection[UUID], right: Numbers) -> Numbers:
    key, *columns = table.c
    stored = {row[0]: row for row in s.execute(select(table).where(key.in_(ids)))}
    changes: Numbers = {}
    for row_id in ids:
        wanted, row = right.get(row_id, {}), stored.get(row_id)
        by = {c.name: wanted.get(c.name, 0) - (getattr(row, c.name) if row else 0) for c in columns}
        changes[row_id] = {name: step for name, step in by.items() if step}
    return changes
