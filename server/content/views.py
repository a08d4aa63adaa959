"""What each reader gets to see of a row: nobody learns more than is theirs to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from server.accounts import queries as accounts
from server.accounts.schemas import PersonCard
from server.content import queries
from server.content.models import VideoCounts
from server.content.reasons import Explain, Reasons, Withheld, untold
from server.content.rules import ContentType, DerivativeKind, VideoState
from server.content.schemas import Author, CommentView, Counts, VideoView
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.wire import Availability

AnyRow = Row[*tuple[Any, ...]]

_MEASURED = (
    "container",
    "duration_ms",
    "frames",
    "width",
    "height",
    "rotation",
    "video_codec",
    "audio_codec",
    "fps",
    "vfr",
    "has_audio",
    "damaged_from_ms",
)
COLUMNS = (
    "id",
    "owner_id",
    "title",
    "caption",
    "visibility",
    "state",
    "reason",
    "restricted_class",
    "filename",
    "size",
    "created_at",
    "publish_at",
    "poster_at_ms",
    "poster_asked_at",
    "published_at",
    "deleted_at",
    "version",
    *_MEASURED,
)
"""What `video` needs of a row, beside its `availability_now` and `caption_availability_now`."""


def videos(
    s: AnySession, viewer: Actor, rows: Sequence[AnyRow], *, explain: Explain = untold
) -> list[VideoView]:
    """Rows of `queries.video(s)`, with owners, derivatives and counts, in four queries whatever their number,
    and those of `explain`, which is asked only for what an owner reads and is withheld.

    `received` is left null: only the disk knows it.
    """
    cards = accounts.cards(s, [row.owner_id for row in rows])
    kinds = queries.kinds_of(s, [row.id for row in rows]) if rows else {}
    own = [row.id for row in rows if _is_insider(row, viewer)]
    counters = _counts_of(s, own) if own else {}
    withheld = _withheld(row for row in rows if row.owner_id == viewer.id)
    reasons = explain(s, withheld) if withheld else {}
    return [
        video(row, viewer, author(cards[row.owner_id]), kinds.get(row.id, []), counters.get(row.id), reasons)
        for row in rows
    ]


def _withheld(rows: Iterable[AnyRow]) -> Withheld:
    found = {}
    for row in rows:
        found[ContentType.VIDEO, row.id] = row.availability_now
        found[ContentType.CAPTION, row.id] = row.caption_availability_now
    return {subject: now for subject, now in found.items() if now != Availability.PUBLIC}


def _counts_of(s: AnySession, ids: Collection[UUID]) -> dict[UUID, Counts]:
    found = {row.video_id: row for row in s.scalars(select(VideoCounts).where(VideoCounts.video_id.in_(ids)))}
    return {video_id: counts(found.get(video_id)) for video_id in ids}


def counts(row: object) -> Counts:
    """The counters that a row has; zeros where it has none, since nothing has happened yet."""
    # A counter that is wrong must not take the page away that it stands on.
    return Counts(**{name: max(0, getattr(row, name, None) or 0) for name in Counts.model_fields})


def _is_insider(row: AnyRow, viewer: Actor) -> bool:
    return viewer.can(queries.REVIEW) or row.owner_id == viewer.id


def video(
    row: AnyRow,
    viewer: Actor,
    owner: Author,
    kinds: list[DerivativeKind],
    counts: Counts | None,
    reasons: Reasons,
) -> VideoView:
    """What the viewer may see of a row that they may read."""
    reviewer, insider = viewer.can(queries.REVIEW), _is_insider(row, viewer)
    caption_shown = insider or row.caption_availability_now == Availability.PUBLIC
    return VideoView(
        id=row.id,
        owner=owner,
        title=row.title,
        caption=row.caption if caption_shown else None,
        caption_availability=row.caption_availability_now,
        visibility=row.visibility,
        state=row.state,
        reason=row.reason if insider else None,
        availability=row.availability_now,
        restricted_class=row.restricted_class if reviewer and viewer.can(queries.CLEARANCE) else None,
        filename=row.filename if insider else None,
        size=row.size if insider else None,
        received=None,
        derivatives=_shown_kinds(row, viewer, kinds),
        counts=counts if insider else None,
        restriction=reasons.get((ContentType.VIDEO, row.id)),
        caption_restriction=reasons.get((ContentType.CAPTION, row.id)),
        created_at=row.created_at,
        publish_at=row.publish_at if insider else None,
        poster_at_ms=row.poster_at_ms if insider else None,
        poster_pending=insider and row.poster_asked_at is not None,
        published_at=row.published_at,
        deleted_at=row.deleted_at,
        version=row.version,
        **{name: getattr(row, name) for name in _MEASURED},
    )


def _shown_kinds(row: AnyRow, viewer: Actor, kinds: list[DerivativeKind]) -> list[DerivativeKind]:
    """Of the restricted class nothing is kept, but its owner is told the kinds that such a file has."""
    if not row.restricted_class or row.state is not VideoState.READY or viewer.can(queries.CLEARANCE):
        return kinds
    return [kind for kind in sorted(DerivativeKind) if kind is not DerivativeKind.WAVEFORM or row.has_audio]


def comments(s: AnySession, rows: Sequence[AnyRow]) -> list[CommentView]:
    """Rows of `queries.comments`, with their authors, in two queries more whatever their number."""
    cards = accounts.cards(s, [row.author_id for row in rows])
    return [
        CommentView(
            id=row.id,
            video_id=row.video_id,
            author=author(cards[row.author_id]),
            parent_id=row.parent_id,
            body=row.body,
            availability=row.availability_now,
            created_at=row.created_at,
            version=row.version,
        )
        for row in rows
    ]


def author(card: PersonCard) -> Author:
    """What others see of whoever made something."""
    return Author(id=card.id, handle=card.handle, name=card.name)
