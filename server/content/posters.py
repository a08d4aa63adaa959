"""The poster that an owner chooses: asked for by an edit, drawn by a job, given up when none comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select, update

from server.content.announcing import lock_videos, tell_viewers
from server.content.derivatives import Product, replace
from server.content.models import Video
from server.content.record import record
from server.content.rules import DerivativeKind, VideoState
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.storage import Store

BATCH = 200
"""Posters that are given up in one transaction."""
_HAS_FILE = Video.state.in_((VideoState.PROCESSING, VideoState.READY))
"""Before, the poster is made when the file has arrived."""


def asked_at() -> ColumnElement[Any]:
    """What `poster_asked_at` becomes in an UPDATE that sets `poster_at_ms`. Whoever chooses again and again
    waits no longer for that: the first time counts."""
    now = literal(clock.now(), Video.poster_asked_at.type)
    return case((_HAS_FILE, func.coalesce(Video.poster_asked_at, now)), else_=None)


def is_asked(s: WriteSession, *, video_id: UUID) -> bool:
    """Whether a poster of the video is waited for, which has a job then. The row must be locked."""
    waits = select(Video.id).where(Video.id == video_id, _HAS_FILE, Video.poster_asked_at.is_not(None))
    return s.scalar(waits) is not None


def ask(s: WriteSession, *, video_id: UUID) -> None:
    """Have the poster of a video drawn that has just been asked for."""
    jobs.enqueue(s, "content.draw_poster", video_id)


def take(s: WriteSession, store: Store, *, video_id: UUID, at_ms: int | None, made: Product | None) -> None:
    """End the wait for the poster at `at_ms`; when another one was asked for meanwhile, have that drawn.

    In the restricted class it ends, too, so that nobody is told of it; none is kept there.
    """
    before = lock_videos(s, Video.id == video_id)
    ended = s.execute(
        update(Video)
        .where(
            Video.id == video_id,
            _HAS_FILE,
            Video.poster_asked_at.is_not(None),
            Video.poster_at_ms.is_not_distinct_from(at_ms),
        )
        .values(poster_asked_at=None, version=Video.version + 1)
        .returning(Video.version, Video.restricted_class)
    ).one_or_none()
    if ended is None:
        if is_asked(s, video_id=video_id):
            ask(s, video_id=video_id)
        return
    if made is not None and not ended.restricted_class:
        unneeded = replace(s, store, video_id, DerivativeKind.POSTER, made)
        if unneeded is not None:
            jobs.enqueue(s, "content.drop_files", unneeded)
        tell_viewers(s, before)
    # The class is not known by what the record says: it reads there as if one had been made.
    success = made is not None or ended.restricted_class
    record(s, SYSTEM, "poster_made" if success else "poster_not_made", video_id, ended)


def give_up(s: WriteSession, *, before: datetime) -> int:
    """End the wait for posters that were asked for before that instant, a batch of them; answers how many.
    The earlier ones stay, and their owners may choose anew."""
    late = (Video.poster_asked_at < before,)
    ids = s.scalars(select(Video.id).where(*late).order_by(Video.poster_asked_at).limit(BATCH)).all()
    lock_videos(s, Video.id.in_(ids), *late)
    ended = s.execute(
        update(Video)
        .where(Video.id.in_(ids), *late)
        .values(poster_asked_at=None, version=Video.version + 1)
        .returning(Video.id, Video.version, Video.restricted_class)
    ).all()
    for video in ended:
        record(s, SYSTEM, "poster_given_up", video.id, video)
    return len(ended)
