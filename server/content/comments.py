"""What people do to comments, and what the restricted class does to them."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import select, update

from server.audit import service as audit
from server.content import blocks, queries
from server.content.counters import Tally
from server.content.models import Comment, Video
from server.content.rules import VideoState
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.events import bus
from server.kit.upsert import insert_ignoring


def add_comment(
    s: WriteSession,
    *,
    actor: Actor,
    video_id: UUID,
    body: str,
    parent_id: UUID | None = None,
    comment_id: UUID | None = None,
) -> Comment:
    """Write under a video that the actor may watch. Raises NotFound, Conflict `id_taken` and
    `comments_limited`, which does not say that the owner blocks the actor."""
    video = queries.video(s, actor, video_id)
    if video is None or video.state is not VideoState.READY or video.deleted_at:
        raise NotFound("There is no such video.")
    if blocks.holds(s, by=video.owner_id, other_id=actor.person):
        raise Conflict("Not everybody can comment on this video.", code="comments_limited")
    if parent_id and s.scalar(select(Comment.video_id).where(Comment.id == parent_id)) != video_id:
        raise NotFound("The comment that this answers is not under this video.")
    comment_id = comment_id or uuid4()
    values = {
        "id": comment_id,
        "video_id": video_id,
        "author_id": actor.person,
        "parent_id": parent_id,
        "body": body,
    }
    if not insert_ignoring(s, Comment, values):
        raise Conflict("There is a comment with this id already.", code="id_taken")
    audit.record(s, actor=actor, action="content.comment_added", target=f"comment:{comment_id}")
    _count(s, video_id, 1)
    bus.emit(s, "content.comment_added", comment_id, video_id=str(video_id))
    return s.get_one(Comment, comment_id)


def restrict_comment(s: WriteSession, *, actor: Actor, comment_id: UUID) -> None:
    """Put a comment into the class that only cleared reviewers see. There is no way back.

    Its version stays: what its author sees does not change. It is not among those that are counted any more:
    the difference would tell of it. Does nothing without such a comment.
    """
    target = f"comment:{comment_id}"
    if audit.restrict(
        s, Comment, comment_id, actor=actor, action="content.comment_restricted", target=target
    ):
        comment = s.get_one(Comment, comment_id)
        if comment.deleted_at is None:
            _count(s, comment.video_id, -1)


def delete_comment(s: WriteSession, *, actor: Actor, comment_id: UUID) -> None:
    """Take back an own comment, or one under an own video. Raises NotFound."""
    under_own = select(Video.id).where(Video.owner_id == actor.person)
    done = s.execute(
        update(Comment)
        .where(Comment.id == comment_id, Comment.deleted_at.is_(None))
        .where((Comment.author_id == actor.person) | Comment.video_id.in_(under_own))
        .values(deleted_at=clock.now(), version=Comment.version + 1)
        .returning(Comment.video_id, Comment.restricted_class)
    ).one_or_none()
    if done is None:
        raise NotFound("There is no such comment of yours.")
    if not done.restricted_class:
        _count(s, done.video_id, -1)
    audit.record(s, actor=actor, action="content.comment_deleted", target=f"comment:{comment_id}")
    bus.emit(s, "content.comment_deleted", comment_id)


def _count(s: WriteSession, video_id: UUID, step: int) -> None:
    tally = Tally()
    tally.video(video_id, comments=step)
    tally.write(s)
