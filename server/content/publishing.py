"""When a video comes before everybody: as soon as it is ready, public, and its time has come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update

from server.content.announcing import lock_videos, new_to_viewers, tell_viewers
from server.content.models import Video
from server.content.record import record
from server.content.rules import VideoState, Visibility
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.events import bus

BATCH = 200
"""Videos that are published in one transaction."""


def published_at(**new: Any) -> ColumnElement[Any]:
    """What `published_at` becomes in an UPDATE of a video that sets the columns named in `new`: a video comes
    before everybody as soon as it is ready, public, and its time has come."""

    def after(column: Any) -> Any:
        return literal(new[column.key], column.type) if column.key in new else column

    publish_at = after(Video.publish_at)
    comes = and_(
        Video.published_at.is_(None),
        after(Video.state) == VideoState.READY,
        after(Video.visibility) == Visibility.PUBLIC,
        or_(publish_at.is_(None), publish_at <= clock.now()),
    )
    return case((comes, clock.now()), else_=Video.published_at)


def publish_due(s: WriteSession) -> int:
    """Publish the videos whose time has come, the earliest first, a batch of them; answers how many."""
    waiting = (
        Video.publish_at <= clock.now(),
        Video.published_at.is_(None),
        Video.state == VideoState.READY,
        Video.visibility == Visibility.PUBLIC,
        Video.deleted_at.is_(None),
    )
    ids = s.scalars(select(Video.id).where(*waiting).order_by(Video.publish_at).limit(BATCH)).all()
    lock_videos(s, Video.id.in_(ids), *waiting)
    published = s.execute(
        update(Video)
        .where(Video.id.in_(ids), *waiting)
        .values(published_at=clock.now(), version=Video.version + 1)
        .returning(Video.id, Video.version, Video.restricted_class)
    ).all()
    for video in published:
        record(s, SYSTEM, "video_published", video.id, video)
        bus.emit(s, "content.video_published", video.id)
    tell_viewers(s, new_to_viewers(video.id for video in published))
    return len(published)
