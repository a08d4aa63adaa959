"""The feed: what one viewer sees next, and why.

The order is one number that anybody can work out: when a video was published, and a day later than that for a
fresh video of somebody whom the viewer follows. Newest first, without what the viewer has watched or made and
what people made whom they block.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, not_, select, tuple_

from server.accounts import queries as accounts
from server.accounts.schemas import PersonState
from server.content import blocks, queries, views
from server.content.models import (
    FEEDABLE,
    SLOTS,
    Follow,
    PersonCounts,
    Playback,
    Video,
    VideoReaction,
)
from server.content.rules import FOLLOW_BONUS, FRESH, ContentType, Reaction
from server.content.schemas import FeedItem, Mine, Profile, Why
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.wire import Availability

IN_FORCE = SLOTS[ContentType.VIDEO].in_force

CHUNK = 64
"""Videos that are looked at together; most pages need no more."""
LOOKED_AT = 512
"""Videos that one page looks at, at most: for somebody who has watched the newest thousand, a page is short
and names where the next one begins, instead of taking its time."""

Key = tuple[datetime, UUID]


@dataclass(frozen=True)
class Place:
    """A place in a feed that was begun `as_of`: behind the video that has the place `key`.

    The instant of the beginning stays in the cursor, so that nothing moves while one goes down the feed.
    """

    as_of: datetime
    key: Key


@dataclass(frozen=True)
class Ranked:
    """A video and its place."""

    id: UUID
    published_at: datetime
    followed: bool

    @property
    def key(self) -> Key:
        """By which the feed is ordered, the highest first."""
        return self.published_at + FOLLOW_BONUS if self.followed else self.published_at, self.id


def page(s: AnySession, viewer: Actor, *, place: Place, limit: int) -> tuple[list[FeedItem], Place | None]:
    """At most `limit` videos from the place on, and the place behind them; None where the feed ends.

    There may be fewer, even none, with a place to go on from.
    """
    found, then = ranked(s, viewer, place=place, limit=limit)
    return _items(s, viewer, found), then


def begin(as_of: datetime) -> Place:
    """The place before everything that was published until `as_of`."""
    return Place(as_of, (as_of + FOLLOW_BONUS, UUID(int=2**128 - 1)))


def ranked(s: AnySession, viewer: Actor, *, place: Place, limit: int) -> tuple[list[Ranked], Place | None]:
    """As `page`, with the places alone.

    Two walks, each along an index in its own order: everything by its publication, and what is fresh of the
    people whom the viewer follows.
    """
    found, general_end = _general(s, viewer, place, limit)
    followed = sorted(s.execute(_followed(viewer, place)), key=_key, reverse=True)
    found += [Ranked(row.id, row.published_at, followed=True) for row in followed if row.shown]
    found.sort(key=lambda one: one.key, reverse=True)
    # Beyond where either walk was cut off the other one knows only half of what comes next.
    ends = [general_end] if general_end else []
    if len(followed) == CHUNK:
        ends.append((followed[-1].published_at + FOLLOW_BONUS, followed[-1].id))
    known = [one for one in found if not ends or one.key >= max(ends)]
    if len(known) > limit:
        return known[:limit], Place(place.as_of, known[limit - 1].key)
    return known, Place(place.as_of, max(ends)) if ends else None


def _general(s: AnySession, viewer: Actor, place: Place, limit: int) -> tuple[list[Ranked], Key | None]:
    """What everybody may see, and how far it was looked at; None = to the end."""
    found: list[Ranked] = []
    key: Key = place.key
    for _ in range(LOOKED_AT // CHUNK):
        rows = sorted(s.execute(_everything(viewer, place, key)), key=_key, reverse=True)
        found += [Ranked(row.id, row.published_at, followed=False) for row in rows if row.shown]
        if len(rows) < CHUNK:
            return found, None
        key = _key(rows[-1])
        if len(found) >= limit:
            break
    return found, key


def _key(row: Any) -> Key:
    return row.published_at, row.id


def _everything(viewer: Actor, place: Place, key: Key) -> Select[Any]:
    """The next videos from a key on, but for those that have their place as followed ones."""
    v = _newest(_from(place, key)).subquery("v").c
    followed = exists().where(*_since(viewer, place), Follow.other_id == v.owner_id)
    elsewhere = (v.published_at > place.as_of - FRESH) & followed
    return _judged(viewer, v, v.owner_id != viewer.person, not_(elsewhere))


def _followed(viewer: Actor, place: Place) -> Select[Any]:
    """What is fresh of the people whom the viewer follows."""
    level, last = place.key
    fresh = _from(place, (level - FOLLOW_BONUS, last)).where(
        Video.owner_id.in_(select(Follow.other_id).where(*_since(viewer, place))),
        Video.published_at > place.as_of - FRESH,
    )
    # By itself first: with a limit at hand PostgreSQL goes through everybody's videos for those of a few.
    theirs = fresh.cte("theirs").prefix_with("MATERIALIZED")
    return _judged(viewer, _newest(select(theirs)).subquery("v").c)


def _from(place: Place, key: Key) -> Select[*tuple[Any, ...]]:
    """What can be in the feed, from a key on."""
    return select(Video.id, Video.owner_id, Video.published_at, IN_FORCE().label("availability_now")).where(
        FEEDABLE, Video.published_at <= place.as_of, tuple_(Video.published_at, Video.id) < key
    )


def _newest(videos: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    c = videos.selected_columns
    return videos.order_by(c.published_at.desc(), c.id.desc()).limit(CHUNK)


def _judged(viewer: Actor, v: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Which of the videos of a walk are shown. Chosen first and looked at then: in one step PostgreSQL reads
    all that the viewer ever watched, to look sixty videos up in it, and thinks that few are public."""
    seen = exists().where(Playback.person_id == viewer.person, Playback.video_id == v.id)
    wanted = not_(queries.blocked_by(viewer, v.owner_id))
    shown = and_(v.availability_now == Availability.PUBLIC, not_(seen), wanted, *conditions)
    return select(v.id, v.published_at, shown.label("shown"))


def _since(viewer: Actor, place: Place) -> tuple[ColumnElement[bool], ...]:
    """Whom the viewer follows since before the feed was begun: to follow somebody while one goes down would
    move their videos to where one has been."""
    return Follow.person_id == viewer.person, Follow.holds.expression, Follow.at <= place.as_of


def item(s: AnySession, viewer: Actor, video_id: UUID) -> FeedItem:
    """A video by its id, as the feed shows one. Raises NotFound."""
    row = queries.video(s, viewer, video_id)
    if row is None:
        raise NotFound("There is no such video.")
    blocks.check(s, viewer, row.owner_id)
    return _told(s, viewer, [row], {})[0]


def _items(s: AnySession, viewer: Actor, found: Sequence[Ranked]) -> list[FeedItem]:
    rows = {row.id: row for row in queries.videos_by_id(s, viewer, [one.id for one in found])}
    why = {
        one.id: Why(
            rank_at=one.key[0],
            published_at=one.published_at,
            bonus_s=int(FOLLOW_BONUS.total_seconds()) if one.followed else 0,
        )
        for one in found
    }
    return _told(s, viewer, [rows[one.id] for one in found if one.id in rows], why)


def _told(
    s: AnySession, viewer: Actor, rows: Sequence[Row[*tuple[Any, ...]]], why: Mapping[UUID, Why]
) -> list[FeedItem]:
    ids = [row.id for row in rows]
    counts, mine = views.counts_of(s, ids), mine_of(s, viewer, ids)
    following = follows_of(s, viewer, {row.owner_id for row in rows})
    return [
        FeedItem(
            video=video,
            counts=counts[video.id],
            mine=Mine(
                liked=(Reaction.LIKE, video.id) in mine,
                saved=(Reaction.SAVE, video.id) in mine,
                following=video.owner.id in following,
            ),
            why=why.get(video.id),
        )
        for video in views.videos(s, viewer, rows)
    ]


def mine_of(s: AnySession, viewer: Actor, ids: Collection[UUID]) -> set[tuple[Reaction, UUID]]:
    """What the viewer likes and has saved of the videos."""
    found = s.execute(
        select(VideoReaction.kind, VideoReaction.video_id).where(
            VideoReaction.person_id == viewer.person, VideoReaction.video_id.in_(ids), VideoReaction.holds
        )
    )
    return {(row.kind, row.video_id) for row in found}


def follows_of(s: AnySession, viewer: Actor, ids: Collection[UUID]) -> set[UUID]:
    """Which of the people the viewer follows."""
    found = select(Follow.other_id).where(
        Follow.person_id == viewer.person, Follow.other_id.in_(ids), Follow.holds
    )
    return set(s.scalars(found))


def profile(s: AnySession, viewer: Actor, person_id: UUID) -> Profile:
    """The page of a person whose account is in order, or one's own. Raises NotFound."""
    card = accounts.card(s, viewer, person_id)
    me = person_id == viewer.id
    if card.state is not PersonState.ACTIVE and not me:
        raise NotFound("There is no such person.")
    shown = me or card.availability is Availability.PUBLIC
    counts = s.get(PersonCounts, person_id)
    return Profile(
        id=person_id,
        handle=card.handle,
        name=card.name,
        bio=card.bio if shown else "",
        followers=max(0, counts.followers) if counts else 0,
        following=max(0, counts.following) if counts else 0,
        followed=person_id in follows_of(s, viewer, [person_id]),
        blocked=blocks.holds(s, by=viewer.person, other_id=person_id),
        me=me,
    )
