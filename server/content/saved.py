"""The videos that a person has saved, to find them again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import not_, select, tuple_

from server.content import feed_items
from server.content.models import Video, VideoReaction
from server.content.queries import blocked_by, readable
from server.content.rules import Reaction
from server.content.schemas import FeedItem
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.paging import Page, trim

Key = tuple[datetime, UUID]
"""Sorts the list: since when, and which video."""


def page(s: AnySession, viewer: Actor, *, before: Key | None, limit: int) -> Page[FeedItem]:
    """What the viewer has saved and may still see, the latest first, from before the key `before` on. Of
    people whom the viewer blocks there is nothing."""
    mine = (
        VideoReaction.person_id == viewer.person,
        VideoReaction.kind == Reaction.SAVE,
        VideoReaction.holds,
    )
    found = (
        select(VideoReaction.video_id, VideoReaction.at)
        .join(Video, Video.id == VideoReaction.video_id)
        .where(*mine, readable(viewer), Video.deleted_at.is_(None), not_(blocked_by(viewer, Video.owner_id)))
    )
    if before:
        found = found.where(tuple_(VideoReaction.at, VideoReaction.video_id) < before)
    latest = found.order_by(VideoReaction.at.desc(), VideoReaction.video_id.desc())
    rows = s.execute(latest.limit(limit + 1)).all()
    shown, then = trim(rows, limit, lambda row: (row.at, row.video_id))
    items = feed_items.told(s, viewer, {row.video_id: None for row in shown})
    return Page(items=items, next_cursor=then)
