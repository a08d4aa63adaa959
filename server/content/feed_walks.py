"""The walks of which the feed is merged: everything by its publication, and what is fresh of the followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    tuple_,
)

from server.content.models import FEEDABLE, Block, Follow, Playback, Video
from server.content.rules import FOLLOW_BONUS, FRESH
from server.kit import clock
from server.kit.access import Actor
from server.kit.availability import in_force_sql
from server.kit.db import AnySession
from server.kit.wire import Availability

CHUNK = 64
"""Videos that are looked at together; most pages need no more."""
LOOKED_AT = 320
"""Videos that a walk looks at for one page, at most: for somebody who has watched the newest thousand, a page
is short and names where the next one begins, instead of taking its time."""
THICK = 32
"""Where one of so many fresh videos is of a followed person, they are found quickest among all of them."""

Key = tuple[datetime, UUID]
LAST_ID = UUID(int=2**128 - 1)


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


Found = tuple[list[Ranked], Key | None]
"""What is shown of the next videos of a walk, and how far it went; None = to its end."""


@dataclass
class Walk:
    """A way along the feed. What comes before the place `end` is found; None = all there is.

    `looks` are the numbers of videos that it may still look at for one page, so many together.
    """

    end: Key | None
    looks: list[int]
    look: Callable[[Key, int], Found]

    def go_on(self) -> list[Ranked]:
        """What is shown of the next videos. Only while it has an end and looks."""
        assert self.end
        found, self.end = self.look(self.end, self.looks.pop(0))
        return found


def begun(s: AnySession, viewer: Actor, place: Place) -> list[Walk]:
    """Both walks, before the first video that can come next."""
    start = min(place.key, (place.as_of, LAST_ID))
    looks = [CHUNK, LOOKED_AT - CHUNK]
    walks = [Walk(start, [*looks], partial(_look_everywhere, s, viewer, place))]
    if place.key[0] - FOLLOW_BONUS > place.as_of - FRESH:
        walks.append(Walk(place.key, [*looks], partial(_look_for_the_followed, s, viewer, place)))
    return walks


def _look_everywhere(s: AnySession, viewer: Actor, place: Place, start: Key, most: int) -> Found:
    rows = s.core.execute(_everything(most), _given(viewer, place, start)).all()
    found = [Ranked(row.id, row.published_at, followed=False) for row in rows if row.shown]
    return found, _last(rows) if rows and rows[0].looked_at == most else None


def _look_for_the_followed(s: AnySession, viewer: Actor, place: Place, start: Key, most: int) -> Found:
    """Of many people there is something everywhere in what is fresh, and found there at once; for a few, what
    they published is looked up. The other way round, each would read thousands of videos for a page."""
    level, last = start
    given = _given(viewer, place, min((level - FOLLOW_BONUS, last), (place.as_of, LAST_ID)))
    rows = s.core.execute(_among_the_fresh(most), given).all()
    cut_off = bool(rows) and rows[0].looked_at == most
    if cut_off and rows[0].known * THICK < most:
        rows = s.core.execute(_by_the_people(CHUNK), given).all()
        cut_off = len(rows) == CHUNK
    found = [Ranked(row.id, row.published_at, followed=True) for row in rows if row.shown]
    if not cut_off:
        return found, None
    at, last = _last(rows)
    return found, (at + FOLLOW_BONUS, last)


def _last(rows: Sequence[Any]) -> Key:
    return min((row.published_at, row.id) for row in rows)


def _given(viewer: Actor, place: Place, start: Key) -> dict[str, Any]:
    return {
        "me": viewer.person,
        "as_of": place.as_of,
        "since": place.as_of - FRESH,
        "at": start[0],
        "last": start[1],
        "now": clock.now(),
    }


# On tables, not on mapped classes, and built once: every page of every viewer runs these.
_v, _f, _b, _p = (cast(Table, each.__table__).c for each in (Video, Follow, Block, Playback))
_ME, _LAST = (bindparam(name, type_=_v.id.type) for name in ("me", "last"))
_AS_OF, _SINCE, _AT, _NOW = (bindparam(name, type_=_f.at.type) for name in ("as_of", "since", "at", "now"))

_AVAILABLE = in_force_sql(_v.availability, _v.next_availability, _v.next_availability_at, now=_NOW)
_VIDEOS = select(_v.id, _v.owner_id, _v.published_at, _AVAILABLE.label("available"))
# One bound from above: beside a second one SQLite would walk from that, past all that was there before.
_NEXT = _VIDEOS.where(FEEDABLE, tuple_(_v.published_at, _v.id) < tuple_(_AT, _LAST))
# Whom the viewer follows since before the feed was begun: to follow somebody while one goes down would move
# their videos to where one has been.
_FOLLOWED = select(_f.other_id).where(_f.person_id == _ME, _f.holds, _f.at <= _AS_OF)


@lru_cache(maxsize=8)
def _everything(most: int) -> Select[Any]:
    v = _chosen(_NEXT, most)
    elsewhere = and_(v.c.published_at > _SINCE, _is_followed(v))
    return _judged(v, and_(_is_open(v), v.c.owner_id != _ME, not_(elsewhere)))


@lru_cache(maxsize=8)
def _among_the_fresh(most: int) -> Select[Any]:
    """`known` are those of the followed."""
    v = _chosen(_NEXT.where(_v.published_at > _SINCE), most)
    return _judged(v, case((_is_followed(v), _is_open(v)), else_=null()))


@lru_cache(maxsize=8)
def _by_the_people(most: int) -> Select[Any]:
    # By itself first: with a limit at hand PostgreSQL goes through everybody's videos for those of a few.
    keys = _NEXT.with_only_columns(_v.id, _v.published_at)
    fresh = keys.where(_v.owner_id.in_(_FOLLOWED), _v.published_at > _SINCE)
    theirs = fresh.cte("theirs").prefix_with("MATERIALIZED")
    first = _newest(select(theirs), most).subquery("first")
    v = _VIDEOS.join(first, first.c.id == _v.id)
    chosen = v.cte("v").prefix_with("MATERIALIZED")
    return select(chosen.c.id, chosen.c.published_at, _is_open(chosen).label("shown"))


def _chosen(videos: Select[*tuple[Any, ...]], most: int) -> CTE:
    """The next videos, before they are looked at. In one step PostgreSQL reads all that the viewer ever
    watched, to look sixty videos up in it, and thinks that few are public."""
    return _newest(videos, most).cte("v").prefix_with("MATERIALIZED")


def _judged(v: CTE, shown: ColumnElement[bool]) -> Select[Any]:
    """The shown ones, and in any case the last one that was looked at; how many these were, and of how many
    it is known whether they are shown."""
    judged = select(v.c.id, v.c.published_at, shown.label("shown")).cte("judged").prefix_with("MATERIALIZED")
    last = select(v.c.id).order_by(v.c.published_at, v.c.id).limit(_written(1)).scalar_subquery()
    return select(
        judged.c.id,
        judged.c.published_at,
        judged.c.shown,
        select(func.count()).select_from(judged).scalar_subquery().label("looked_at"),
        select(func.count(judged.c.shown)).scalar_subquery().label("known"),
    ).where(or_(judged.c.shown, judged.c.id == last))


def _is_followed(v: FromClause) -> ColumnElement[bool]:
    return _FOLLOWED.where(_f.other_id == v.c.owner_id).scalar_subquery().is_not(None)


def _is_open(v: FromClause) -> ColumnElement[bool]:
    """Public at this instant, not watched yet, and of nobody whom the viewer blocks. Values, not EXISTS:
    PostgreSQL might answer that out of all that the viewer ever watched."""
    seen = select(_p.video_id).where(_p.person_id == _ME, _p.video_id == v.c.id).limit(_written(1))
    blocked = select(_b.other_id).where(_b.person_id == _ME, _b.other_id == v.c.owner_id, _b.holds)
    return and_(
        v.c.available == Availability.PUBLIC,
        seen.scalar_subquery().is_(None),
        blocked.scalar_subquery().is_(None),
    )


def _newest(videos: Select[*tuple[Any, ...]], most: int) -> Select[*tuple[Any, ...]]:
    c = videos.selected_columns
    return videos.order_by(c.published_at.desc(), c.id.desc()).limit(_written(most))


def _written(number: int) -> ColumnElement[int]:
    """Written out: a plan for all values would take a parameter for a tenth of the table."""
    return literal_column(str(number), Integer())
