"""Reads of videos and comments. What a reader may not see does not exist for the query."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from server.content.models import SLOTS, Block, Comment, Derivative, Video
from server.content.rules import ContentType, DerivativeKind, VideoState, Visibility
from server.kit import clock, job_history
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.wire import Availability

Key = tuple[datetime, UUID]
"""Sorts a list: when the row was made, and its id."""

Rows = Sequence[Row[*tuple[Any, ...]]]

REVIEW = "content.review"
CLEARANCE = "moderation.restricted"


def readable(viewer: Actor) -> ColumnElement[bool]:
    """The videos that `viewer` may see by id: own ones; as a reviewer all, where cleared also of the
    restricted class; else what is ready, shared and allowed, and not of that class."""
    own = Video.owner_id == viewer.id if viewer.id else false()
    if viewer.can(REVIEW):
        return true() if viewer.can(CLEARANCE) else or_(own, Video.restricted_class.is_(False))
    shared = and_(
        Video.state == VideoState.READY,
        Video.visibility != Visibility.PRIVATE,
        Video.deleted_at.is_(None),
        Video.restricted_class.is_(False),
        or_(Video.publish_at.is_(None), Video.publish_at <= clock.now()),
        SLOTS[ContentType.VIDEO].in_force() == Availability.PUBLIC,
    )
    return or_(own, shared)


def blocked_by(viewer: Actor, person_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Whether the viewer blocks the person of that column."""
    mine = (Block.person_id == viewer.person, Block.other_id == person_id)
    return exists().where(*mine, Block.holds.expression)


def _videos() -> Select[Any]:
    return select(
        *Video.__table__.c,
        SLOTS[ContentType.VIDEO].in_force().label("availability_now"),
        SLOTS[ContentType.CAPTION].in_force().label("caption_availability_now"),
    )


def video(s: AnySession, viewer: Actor, video_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """A video's columns with `availability_now` and `caption_availability_now`."""
    return s.execute(_videos().where(Video.id == video_id, readable(viewer))).one_or_none()


def videos_by_id(s: AnySession, viewer: Actor, ids: Collection[UUID]) -> Rows:
    """Those of the videos that the viewer may see, in any order."""
    return s.execute(_videos().where(Video.id.in_(ids), readable(viewer))).all() if ids else []


def videos(
    s: AnySession,
    viewer: Actor,
    *,
    owner_id: UUID,
    deleted: bool,
    before: Key | None,
    limit: int,
) -> Rows:
    """A person's videos, newest first, from after the key `before` on. Others see the public ones only, and
    whoever blocks the person none."""
    found = _videos().where(
        Video.owner_id == owner_id,
        readable(viewer),
        Video.deleted_at.is_not(None) if deleted else Video.deleted_at.is_(None),
    )
    if viewer.id != owner_id and not viewer.can(REVIEW):
        found = found.where(Video.visibility == Visibility.PUBLIC, not_(blocked_by(viewer, Video.owner_id)))
    if before:
        found = found.where(tuple_(Video.created_at, Video.id) < before)
    return s.execute(found.order_by(Video.created_at.desc(), Video.id.desc()).limit(limit)).all()


def kinds_of(s: AnySession, ids: Collection[UUID]) -> dict[UUID, list[DerivativeKind]]:
    """Which derivatives each video has."""
    found: dict[UUID, list[DerivativeKind]] = defaultdict(list)
    query = select(Derivative.video_id, Derivative.kind).where(Derivative.video_id.in_(ids))
    for row in s.execute(query.order_by(Derivative.kind)):
        found[row.video_id].append(row.kind)
    return found


def derivative(s: AnySession, video_id: UUID, kind: DerivativeKind) -> Derivative | None:
    """The row of one derivative. No access rule applies: ask `video` first."""
    return s.get(Derivative, (video_id, kind))


def comments(
    s: AnySession,
    viewer: Actor,
    *,
    video_id: UUID,
    before: Key | None,
    limit: int,
    comment_id: UUID | None = None,
) -> Rows:
    """The comments under a video that the viewer may see, newest first, from after the key `before` on;
    or just the one of `comment_id`. Those of the restricted class are for cleared reviewers and their
    authors. The list leaves out those by people whom the viewer blocks; reviewers see them."""
    in_force = SLOTS[ContentType.COMMENT].in_force()
    found = select(*Comment.__table__.c, in_force.label("availability_now")).where(
        Comment.video_id == video_id, Comment.deleted_at.is_(None)
    )
    if comment_id:
        found = found.where(Comment.id == comment_id)
    elif not viewer.can(REVIEW):
        found = found.where(not_(blocked_by(viewer, Comment.author_id)))
    own = Comment.author_id == viewer.id if viewer.id else false()
    if not viewer.can(REVIEW):
        found = found.where(or_(in_force == Availability.PUBLIC, own))
    if not (viewer.can(REVIEW) and viewer.can(CLEARANCE)):
        found = found.where(or_(Comment.restricted_class.is_(False), own))
    if before:
        found = found.where(tuple_(Comment.created_at, Comment.id) < before)
    return s.execute(found.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class Subject:
    """A piece of content as moderation needs to know it. `version_hash` is the SHA-256 of what is shown."""

    content_type: ContentType
    content_id: UUID
    owner_id: UUID
    title: str
    text: str
    video_id: UUID | None
    duration_ms: int | None
    version_hash: str
    deleted: bool
    created_at: datetime


def subjects(s: AnySession, refs: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Subject]:
    """The subject of each (content type, id) that exists, in at most two queries. No access rule applies."""
    found: dict[tuple[str, UUID], Subject] = {}
    of_videos = {i for kind, i in refs if kind in (ContentType.VIDEO, ContentType.CAPTION)}
    of_comments = {i for kind, i in refs if kind == ContentType.COMMENT}
    if of_videos:
        for row in s.scalars(select(Video).where(Video.id.in_(of_videos))):
            for kind in (ContentType.VIDEO, ContentType.CAPTION):
                found[kind, row.id] = _subject_of_video(row, kind)
    if of_comments:
        rows = s.execute(
            select(Comment, Video.title, Video.duration_ms)
            .join(Video, Video.id == Comment.video_id)
            .where(Comment.id.in_(of_comments))
        )
        for comment, title, duration_ms in rows:
            found[ContentType.COMMENT, comment.id] = Subject(
                ContentType.COMMENT,
                comment.id,
                comment.author_id,
                title,
                comment.body,
                comment.video_id,
                duration_ms,
                _digest(comment.body),
                comment.deleted_at is not None,
                comment.created_at,
            )
    return {ref: subject for ref, subject in found.items() if ref in refs}


def _subject_of_video(video: Video, kind: ContentType) -> Subject:
    shown = (video.caption,) if kind is ContentType.CAPTION else (video.sha256 or "", video.title)
    return Subject(
        kind,
        video.id,
        video.owner_id,
        video.title,
        video.caption,
        video.id,
        video.duration_ms,
        _digest(*shown),
        video.deleted_at is not None,
        video.created_at,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def referenced(s: AnySession, names: Collection[str]) -> set[str]:
    """Those of the file names that a video or a derivative needs; of refused files only restricted ones."""
    needed = or_(Video.state != VideoState.REFUSED, Video.restricted_class)
    of_videos = select(Video.sha256).where(Video.sha256.in_(names), needed)
    of_derivatives = select(Derivative.sha256).where(Derivative.sha256.in_(names))
    return {*filter(None, s.scalars(of_videos)), *s.scalars(of_derivatives)}


def open_uploads(s: AnySession, owner_id: UUID) -> tuple[int, int]:
    """How many videos of a person are on their way in, and how many bytes they will have."""
    mine = (Video.owner_id == owner_id, Video.state == VideoState.UPLOADING, Video.deleted_at.is_(None))
    count, size = s.execute(select(func.count(), func.sum(Video.size)).where(*mine)).one()
    return count, int(size or 0)


def run_of(video_id: UUID, runs: int) -> str:
    """The id of the job that processes a video after `runs` others."""
    return f"content.process_video {video_id} {runs}"


def stuck_in_processing(s: AnySession, *, before: datetime) -> list[tuple[UUID, int]]:
    """Videos from before that instant that no job works on, with their `runs`."""
    rows = s.execute(
        select(Video.id, Video.runs)
        .where(Video.state == VideoState.PROCESSING, Video.created_at < before)
        .order_by(Video.created_at)
    ).all()
    at_work = job_history.unfinished(s, [run_of(row.id, row.runs) for row in rows])
    return [(row.id, row.runs) for row in rows if run_of(row.id, row.runs) not in at_work]


def posters_asked(s: AnySession, *, before: datetime) -> int:
    """How many videos have waited for a poster since before that instant."""
    return s.scalar(select(func.count()).where(Video.poster_asked_at < before)) or 0


def abandoned_uploads(s: AnySession, *, before: datetime, limit: int) -> Sequence[UUID]:
    """Videos whose file was announced before that instant and never came."""
    return s.scalars(
        select(Video.id)
        .where(Video.state == VideoState.UPLOADING, Video.created_at < before)
        .order_by(Video.created_at)
        .limit(limit)
    ).all()
