"""What the feed tells of its videos, read in one statement for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, Table, bindparam, func, select

from server.accounts.models import Person
from server.content import views
from server.content.feed_walks import Ranked
from server.content.models import Derivative, Follow, Video, VideoCounts, VideoReaction
from server.content.rules import FOLLOW_BONUS, DerivativeKind, Reaction
from server.content.schemas import Author, Counts, FeedItem, Mine, Why
from server.kit import clock
from server.kit.access import Actor
from server.kit.availability import in_force_sql
from server.kit.db import AnySession


def ranked(s: AnySession, viewer: Actor, found: Sequence[Ranked]) -> list[FeedItem]:
    """The videos that were found for a page in the same view of the data, and why each is there."""
    return told(
        s,
        viewer,
        {
            one.id: Why(
                rank_at=one.key[0],
                published_at=one.published_at,
                bonus_s=int(FOLLOW_BONUS.total_seconds()) if one.followed else 0,
            )
            for one in found
        },
    )


def told(s: AnySession, viewer: Actor, why: Mapping[UUID, Why | None]) -> list[FeedItem]:
    """Videos in that order. No access rule applies: the viewer may see them, as the caller has found."""
    if not why:
        return []
    given = {"me": viewer.person, "now": clock.now(), "ids": list(why)}
    rows = {row.id: row for row in s.core.execute(_STATEMENT, given)}
    return [_item(rows[video_id], viewer, reason) for video_id, reason in why.items()]


def _item(row: Row[*tuple[Any, ...]], viewer: Actor, why: Why | None) -> FeedItem:
    counts = views.counts(row)
    kinds = sorted(DerivativeKind(kind) for kind in row.kinds.split()) if row.kinds else []
    owner = Author(id=row.owner_id, handle=row.handle, name=row.name)
    return FeedItem(
        video=views.video(row, viewer, owner, kinds, counts, {}),
        counts=counts,
        mine=Mine(liked=bool(row.liked), saved=bool(row.saved), following=bool(row.following)),
        why=why,
    )


# On tables, not on mapped classes, and built once: every page of every viewer runs this.
_v, _people, _counts, _f, _r, _d = (
    cast(Table, each.__table__).c for each in (Video, Person, VideoCounts, Follow, VideoReaction, Derivative)
)
_ME, _NOW = bindparam("me", type_=_v.id.type), bindparam("now", type_=_f.at.type)
_AVAILABLE = in_force_sql(_v.availability, _v.next_availability, _v.next_availability_at, now=_NOW)
_CAPTION = in_force_sql(
    _v.caption_availability, _v.caption_next_availability, _v.caption_next_availability_at, now=_NOW
)
_FOLLOWS = select(_f.holds).where(_f.person_id == _ME, _f.other_id == _v.owner_id).scalar_subquery()
_KINDS = select(func.aggregate_strings(_d.kind, " ")).where(_d.video_id == _v.id).scalar_subquery()


def _reacted(kind: Reaction) -> ScalarSelect[Any]:
    """By the whole key: for a condition on many videos both databases read all that one ever liked."""
    mine = (_r.person_id == _ME, _r.kind == kind, _r.video_id == _v.id)
    return select(_r.holds).where(*mine).scalar_subquery()


_STATEMENT: Select[Any] = (
    select(
        *(_v[name] for name in views.COLUMNS),
        _AVAILABLE.label("availability_now"),
        _CAPTION.label("caption_availability_now"),
        _people.handle,
        _people.name,
        *(_counts[name] for name in Counts.model_fields),
        _reacted(Reaction.LIKE).label("liked"),
        _reacted(Reaction.SAVE).label("saved"),
        _FOLLOWS.label("following"),
        _KINDS.label("kinds"),
    )
    .join(Person.__table__, _people.id == _v.owner_id)
    .outerjoin(VideoCounts.__table__, _counts.video_id == _v.id)
    .where(_v.id.in_(bindparam("ids", expanding=True, type_=_v.id.type)))
)
