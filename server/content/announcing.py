"""Tells whoever may know of a video that it changed: reviewers, the cleared, its owner, and viewers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from server.content.models import FEEDABLE, SLOTS, Video
from server.content.rules import ContentType
from server.kit import live
from server.kit.db import WriteSession
from server.kit.wire import Availability

LIVE_TOPIC, LIVE_RESTRICTED = "content.video", "content.restricted_video"
"""What is published of a video, and of one of the restricted class: their ids are for the cleared only."""
LIVE_OWN = "content.own_videos"
"""What is published to the owner of a video that changed, by the owner's id; the same for every class."""
LIVE_FEED = "content.feed"
"""What is published to all who watch, but for the owner, of videos that are or were in the feed alone."""
UNVERSIONED: Final = 0
"""What viewers get for a version: the class leaves that of a video as it was, and would be known by it."""

_IN_FORCE = SLOTS[ContentType.VIDEO].in_force


def announce(s: WriteSession, video_id: UUID, now: Any) -> None:
    """Tell reviewers and the owner that a video changed; `now` has its `version` and `restricted_class`."""
    live.publish(s, LIVE_RESTRICTED if now.restricted_class else LIVE_TOPIC, video_id, now.version)
    owner_id = s.scalar(select(Video.owner_id).where(Video.id == video_id))
    live.publish(s, LIVE_OWN, owner_id, now.version)


def lock_videos(s: WriteSession, *which: ColumnElement[bool]) -> dict[UUID, bool]:
    """Let no other transaction change these videos until this one ends; answers of each whether viewers may
    have met it in the feed. All are locked in one order, so that two of them never wait for each other."""
    met = and_(FEEDABLE, or_(_IN_FORCE() == Availability.PUBLIC, Video.availability == Availability.PUBLIC))
    found = select(Video.id, met.label("met")).where(*which).order_by(Video.id)
    # Whoever counts what a viewer did needs the rows to be there, no more: they do not wait for each other.
    return {row.id: bool(row.met) for row in s.execute(found.with_for_update(key_share=True))}


def tell_viewers(s: WriteSession, before: Mapping[UUID, bool]) -> None:
    """Tell everybody of those videos that were in the feed before they were changed, as `lock_videos` answers
    it, or are now. Nobody hears of others: whoever knows the id of an unlisted one may watch it.

    Their owners are left out, who have `LIVE_OWN`: a video of the restricted class goes out of the feed while
    nothing changes for its owner, who would know it by that.
    """
    if not before:
        return
    now = and_(FEEDABLE, _IN_FORCE() == Availability.PUBLIC)
    found = select(Video.id, Video.owner_id, now.label("now")).where(Video.id.in_(before))
    for video in s.execute(found.order_by(Video.id)):
        if before[video.id] or video.now:
            live.publish(s, LIVE_FEED, video.id, UNVERSIONED, not_to=video.owner_id)


def new_to_viewers(ids: Iterable[UUID]) -> dict[UUID, bool]:
    """What `lock_videos` would answer of videos that nobody has met in the feed so far."""
    return dict.fromkeys(ids, False)
