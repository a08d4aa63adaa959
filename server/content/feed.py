"""The feed: what one viewer sees next, and why.

The order is one number that anybody can work out: when a video was published, and a day later than that for a
fresh video of somebody whom the viewer follows. Newest first, without what the viewer has watched or made and
what people made whom they block.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.accounts import queries as accounts
from server.accounts.schemas import PersonState
from server.content import blocks, feed_items, feed_walks, queries
from server.content.feed_walks import Key, Place, Ranked
from server.content.models import Follow, PersonCounts
from server.content.rules import FOLLOW_BONUS
from server.content.schemas import FeedItem, Profile
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.wire import Availability


def page(s: AnySession, viewer: Actor, *, place: Place, limit: int) -> tuple[list[FeedItem], Place | None]:
    """At most `limit` videos from the place on, and the place behind them; None where the feed ends.

    There may be fewer, even none, with a place to go on from.
    """
    found, then = ranked(s, viewer, place=place, limit=limit)
    return feed_items.ranked(s, viewer, found), then


def begin(as_of: datetime) -> Place:
    """The place before everything that was published until `as_of`."""
    return Place(as_of, (as_of + FOLLOW_BONUS, feed_walks.LAST_ID))


def ranked(s: AnySession, viewer: Actor, *, place: Place, limit: int) -> tuple[list[Ranked], Place | None]:
    """As `page`, with the places alone."""
    s.plan_once()
    walks = feed_walks.begun(s, viewer, place)
    found: list[Ranked] = []
    while True:
        # Beyond where a walk was cut off the others know only a part of what comes next.
        ends = {walk.end: walk for walk in walks if walk.end}
        known = [one for one in found if not ends or one.key >= max(ends)]
        if len(known) > limit or (len(known) == limit and ends):
            known.sort(key=_key, reverse=True)
            return known[:limit], Place(place.as_of, known[limit - 1].key)
        if not ends or not ends[max(ends)].looks:
            known.sort(key=_key, reverse=True)
            return known, Place(place.as_of, max(ends)) if ends else None
        found += ends[max(ends)].go_on()


def _key(one: Ranked) -> Key:
    return one.key


def item(s: AnySession, viewer: Actor, video_id: UUID) -> FeedItem:
    """A video by its id, as the feed shows one. Raises NotFound."""
    row = queries.video(s, viewer, video_id)
    if row is None:
        raise NotFound("There is no such video.")
    blocks.check(s, viewer, row.owner_id)
    return feed_items.told(s, viewer, {video_id: None})[0]


def profile(s: AnySession, viewer: Actor, person_id: UUID) -> Profile:
    """The page of a person whose account is in order, or one's own. Raises NotFound."""
    card = accounts.card(s, viewer, person_id)
    me = person_id == viewer.id
    if card.state is not PersonState.ACTIVE and not me:
        raise NotFound("There is no such person.")
    shown = me or card.availability is Availability.PUBLIC
    counts = s.get(PersonCounts, person_id)
    follow = s.get(Follow, (viewer.person, person_id))
    return Profile(
        id=person_id,
        handle=card.handle,
        name=card.name,
        bio=card.bio if shown else "",
        followers=max(0, counts.followers) if counts else 0,
        following=max(0, counts.following) if counts else 0,
        followed=follow is not None and follow.holds,
        blocked=blocks.holds(s, by=viewer.person, other_id=person_id),
        me=me,
    )
