"""The feed, the pages of people, and what viewers tell that they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from server.content import blocks, feed, saved, viewing
from server.content.feed_walks import Place
from server.content.routes.state import database, router
from server.content.schemas import Blocked, EventBatch, EventVerdicts, FeedItem, Profile
from server.kit import clock, paging
from server.kit.access import Actor, require
from server.kit.bodies import body_limit
from server.kit.errors import BadRequest, problems
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit


@router.get("/feed")
def read_feed(
    request: Request, cursor: Cursor = None, limit: Limit = 10, actor: Actor = require("content.watch")
) -> Page[FeedItem]:
    """What the caller has not watched yet, in the order that `why` explains. A page may be short, even
    empty, and yet name a next one."""
    place = _place(cursor) if cursor else feed.begin(clock.now())
    with database(request).read() as s:
        items, then = feed.page(s, actor, place=place, limit=limit)
    return Page[FeedItem](items=items, next_cursor=paging.encode(then.as_of, *then.key) if then else None)


@router.get("/feed/{video_id}", responses=problems(404))
def read_feed_item(request: Request, video_id: UUID, actor: Actor = require("content.watch")) -> FeedItem:
    """A video by its id, unlisted ones too, as the feed shows it; 404 `blocked` where the caller blocks its
    owner."""
    with database(request).read() as s:
        return feed.item(s, actor, video_id)


@router.post(
    "/events",
    responses=problems(429),
    dependencies=[limit(120, timedelta(minutes=1))],
    openapi_extra=body_limit(256 * 1024),
)
def take_in_events(
    request: Request, body: EventBatch, actor: Actor = require("content.watch")
) -> EventVerdicts:
    """Keep what the caller did, each thing once however often it is sent, in any order."""
    verdicts = viewing.take_in_all(database(request), actor=actor, events=body.events)
    return EventVerdicts(verdicts=verdicts)


@router.get("/blocks")
def list_blocks(
    request: Request, cursor: Cursor = None, limit: Limit = 50, actor: Actor = require("content.watch")
) -> Page[Blocked]:
    """Whom the caller blocks, the latest first."""
    before = paging.key_of(cursor, datetime, UUID)
    with database(request).read() as s:
        return blocks.page(s, actor, before=before, limit=limit)


@router.get("/saved")
def list_saved(
    request: Request, cursor: Cursor = None, limit: Limit = 30, actor: Actor = require("content.watch")
) -> Page[FeedItem]:
    """The videos that the caller has saved and may still see, the latest first; `why` is null."""
    before = paging.key_of(cursor, datetime, UUID)
    with database(request).read() as s:
        return saved.page(s, actor, before=before, limit=limit)


@router.get("/people/{person_id}", responses=problems(404))
def read_profile(request: Request, person_id: UUID, actor: Actor = require("content.watch")) -> Profile:
    """The page of a person; their videos are a list of its own (`videos?owner=`)."""
    with database(request).read() as s:
        return feed.profile(s, actor, person_id)


def _place(cursor: str) -> Place:
    as_of, level, video_id = paging.decode(cursor, datetime, datetime, UUID)
    if not all(1900 < at.year < 3000 for at in (as_of, level)):
        raise BadRequest("This cursor was not made by this server.", code="bad_cursor")
    return Place(as_of, (level, video_id))
