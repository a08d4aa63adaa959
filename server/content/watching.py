"""What each stay at a video is worth, kept up as stretches of watching come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from server.content.counters import Tally
from server.content.counting import Beat, counted, enough_ms, watched_ms
from server.content.counting import Playback as Key
from server.content.models import Playback, Video, ViewerEvent
from server.content.rules import BEAT_MAX_MS, EventKind
from server.kit.db import AnySession, WriteSession

LONGEST = timedelta(milliseconds=BEAT_MAX_MS)


def count(s: WriteSession, person_id: UUID, beats: Sequence[Mapping[str, Any]], tally: Tally) -> None:
    """Take new stretches of watching of a person, which are written already, into their stays and views."""
    if not beats:
        return
    gained = _gained(s, person_id, beats)
    videos = {
        row.id: row
        for row in s.execute(
            select(Video.id, Video.owner_id, Video.duration_ms).where(Video.id.in_({v for _, v in gained}))
        )
    }
    stays = _stays(s, person_id, videos)
    for key, began in _begun(beats).items():
        _, video_id = key
        if key not in stays:
            stays[key] = Playback(
                person_id=person_id,
                video_id=video_id,
                id=key[0],
                began=began,
                watched_ms=0,
                own=videos[video_id].owner_id == person_id,
                counted=False,
            )
            s.add(stays[key])
        stays[key].began = min(stays[key].began, began)
    for key, ms in gained.items():
        stays[key].watched_ms += ms
        if not stays[key].own:
            tally.video(key[1], watched_ms=ms)
    for video_id, video in videos.items():
        recount_views(
            [stay for stay in stays.values() if stay.video_id == video_id], video.duration_ms, tally
        )


def recount_views(stays: Collection[Playback], duration_ms: int | None, tally: Tally) -> None:
    """Mark which stays of one person at one video are views."""
    enough = enough_ms(duration_ms)
    views = counted([(stay.began, stay.id) for stay in stays if stay.watched_ms >= enough])
    for stay in stays:
        if stay.counted != (stay.id in views):
            stay.counted = not stay.counted
            step = 1 if stay.counted else -1
            tally.video(stay.video_id, **{"own_views" if stay.own else "views": step})


WATCH = tuple(
    getattr(ViewerEvent, name)
    for name in ("id", "playback_id", "video_id", "start_ms", "end_ms", "wall_ms", "told_at")
)
"""The columns that `beat_of` reads."""


def beat_of(row: Row[*tuple[Any, ...]]) -> Beat:
    """A watch event as the rules count it: by the clock of its device, which alone tells how one follows
    another."""
    return Beat(
        id=row.id,
        playback=(row.playback_id, row.video_id),
        began=row.told_at - timedelta(milliseconds=row.wall_ms),
        ended=row.told_at,
        played_ms=row.end_ms - row.start_ms,
    )


def _gained(s: WriteSession, person_id: UUID, beats: Sequence[Mapping[str, Any]]) -> dict[Key, int]:
    """By how many ms the new stretches change each stay; those of a session share its time."""
    sessions: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for beat in beats:
        sessions[beat["session_id"]].append(beat)
    gained: dict[Key, int] = defaultdict(int)
    for session_id, told in sessions.items():
        new = {beat["id"] for beat in told}
        around = _around(s, person_id, session_id, [beat["told_at"] for beat in told])
        before = watched_ms(beat for beat in around if beat.id not in new)
        for key, ms in watched_ms(around).items():
            gained[key] += ms - before.get(key, 0)
    return gained


def _around(s: AnySession, person_id: UUID, session_id: UUID, ends: Collection[datetime]) -> list[Beat]:
    """The stretches of a session whose worth a new one can change, and those on which that depends: what
    ended before the first new one began, or begins after the last has ended, has no part in it."""
    rows = s.execute(
        select(*WATCH).where(
            ViewerEvent.person_id == person_id,
            ViewerEvent.session_id == session_id,
            ViewerEvent.told_at.between(min(ends) - LONGEST, max(ends) + LONGEST),
            ViewerEvent.kind == EventKind.WATCH,
        )
    )
    return [beat_of(row) for row in rows]


def _stays(s: WriteSession, person_id: UUID, videos: Collection[UUID]) -> dict[Key, Playback]:
    found = select(Playback).where(Playback.person_id == person_id, Playback.video_id.in_(videos))
    return {(stay.id, stay.video_id): stay for stay in s.scalars(found)}


def _begun(beats: Iterable[Mapping[str, Any]]) -> dict[Key, datetime]:
    began: dict[Key, datetime] = {}
    for beat in beats:
        key = (beat["playback_id"], beat["video_id"])
        at = beat["at"] - timedelta(milliseconds=beat["wall_ms"])
        began[key] = min(at, began.get(key, at))
    return began
