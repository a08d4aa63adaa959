"""Works every counter out anew from the facts, and says or mends where it differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, text

from server.accounts.models import Person
from server.content.counters import of_people, of_videos
from server.content.counting import Beat, counted, enough_ms, watched_ms
from server.content.counting import Playback as Key
from server.content.models import Comment, Follow, Playback, Video, VideoReaction, ViewerEvent
from server.content.rules import EventKind, Reaction
from server.content.viewing import hold_viewer
from server.content.watching import WATCH, beat_of
from server.kit.db import AnySession, Database, WriteSession
from server.kit.upsert import add_to

BATCH = 500

Numbers = dict[UUID, dict[str, int]]


@dataclass(frozen=True)
class Difference:
    """A number that is stored otherwise than the facts say; `by` = right less stored."""

    row: UUID
    column: str
    by: int


def recount(db: Database, *, repair: bool = False) -> list[Difference]:
    """Compare what is stored with the facts: the stays of each person, the counters of videos and people.

    `repair` mends it. Each person and each batch is a transaction of its own, so that whoever watches
    meanwhile is not kept waiting.
    """
    found: list[Difference] = []
    for people in _batches(db, ViewerEvent.person_id):
        for person_id in people:
            with db.write() as s:
                hold_viewer(s, person_id)
                found += _stays(s, person_id, repair=repair)
    for ids in _batches(db, Video.id):
        with db.write() as s:
            found += _compare(s, of_videos, ids, _of_videos(s, ids), repair=repair)
    for ids in _batches(db, Person.id):
        with db.write() as s:
            found += _compare(s, of_people, ids, _of_people(s, ids), repair=repair)
    return found


def _batches(db: Database, column: Any) -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while True:
        with db.read() as s:
            ids = list(
                s.scalars(select(column).where(column > last).distinct().order_by(column).limit(BATCH))
            )
        if not ids:
            return
        yield ids
        last = ids[-1]


# What each stay is worth


@dataclass
class _Stay:
    began: datetime
    watched_ms: int = 0
    counted: bool = False


def _stays(s: WriteSession, person_id: UUID, *, repair: bool) -> list[Difference]:
    right = _right_stays(s, person_id)
    found: list[Difference] = []
    stored = {
        (row.id, row.video_id): row
        for row in s.scalars(select(Playback).where(Playback.person_id == person_id))
    }
    for key in sorted(right.keys() | stored.keys()):
        wanted, row = right.get(key), stored.get(key)
        if wanted is None or row is None:
            found.append(Difference(key[0], "content_playbacks", -1 if wanted is None else 1))
            continue
        pairs = (
            ("began", (wanted.began - row.began) // timedelta(milliseconds=1)),
            ("watched_ms", wanted.watched_ms - row.watched_ms),
            ("counted", wanted.counted - row.counted),
        )
        found += [Difference(key[0], name, by) for name, by in pairs if by]
        if repair:
            row.began, row.watched_ms, row.counted = wanted.began, wanted.watched_ms, wanted.counted
    return found


def _right_stays(s: AnySession, person_id: UUID) -> dict[Key, _Stay]:
    rows = s.execute(
        select(*WATCH, ViewerEvent.session_id, ViewerEvent.at).where(
            ViewerEvent.person_id == person_id, ViewerEvent.kind == EventKind.WATCH
        )
    ).all()
    sessions: dict[UUID, list[Beat]] = defaultdict(list)
    stays: dict[Key, _Stay] = {}
    for row in rows:
        sessions[row.session_id].append(beat_of(row))
        began = row.at - timedelta(milliseconds=row.wall_ms)
        stay = stays.setdefault((row.playback_id, row.video_id), _Stay(began))
        stay.began = min(stay.began, began)
    for beats in sessions.values():
        for key, ms in watched_ms(beats).items():
            stays[key].watched_ms += ms
    videos = {video_id for _, video_id in stays}
    found = s.execute(select(Video.id, Video.duration_ms).where(Video.id.in_(videos)))
    lengths = {row.id: row.duration_ms for row in found}
    for video_id in videos:
        at_it = {key: stay for key, stay in stays.items() if key[1] == video_id}
        enough = enough_ms(lengths[video_id])
        views = counted([(stay.began, key[0]) for key, stay in at_it.items() if stay.watched_ms >= enough])
        for key, stay in at_it.items():
            stay.counted = key[0] in views
    return stays


# Counters


def _of_videos(s: AnySession, ids: Collection[UUID]) -> Numbers:
    right: Numbers = defaultdict(dict)
    stays = Playback.video_id.in_(ids)
    held = (VideoReaction.video_id.in_(ids), VideoReaction.holds)
    shared = (ViewerEvent.video_id.in_(ids), text("kind = 'share'"))
    written = (Comment.video_id.in_(ids), Comment.deleted_at.is_(None))
    _fill(s, right, "views", Playback.video_id, stays, Playback.counted, Playback.own.is_(False))
    _fill(s, right, "own_views", Playback.video_id, stays, Playback.counted, Playback.own)
    _fill(s, right, "likes", VideoReaction.video_id, *held, VideoReaction.kind == Reaction.LIKE)
    _fill(s, right, "saves", VideoReaction.video_id, *held, VideoReaction.kind == Reaction.SAVE)
    _fill(s, right, "shares", ViewerEvent.video_id, *shared)
    _fill(s, right, "comments", Comment.video_id, *written)
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


def _compare(
    s: WriteSession, table: Table, ids: Collection[UUID], right: Numbers, *, repair: bool
) -> list[Difference]:
    key, *columns = table.c
    stored = {row[0]: row for row in s.execute(select(table).where(key.in_(ids)))}
    changes: Numbers = {}
    for row_id in ids:
        wanted, row = right.get(row_id, {}), stored.get(row_id)
        by = {c.name: wanted.get(c.name, 0) - (getattr(row, c.name) if row else 0) for c in columns}
        changes[row_id] = {name: step for name, step in by.items() if step}
    if repair:
        add_to(s, table, key.name, changes)
    return [Difference(row_id, name, by) for row_id, steps in changes.items() for name, by in steps.items()]
