"""Reads of saved reasons."""

from __future__ import annotations

from sqlalchemy import or_, select

from server.kit.access import Actor
from server.kit.db import AnySession
from server.moderation.models import SavedReason
from server.moderation.schemas import SavedReasonRow

MOST = 500


def saved(s: AnySession, *, actor: Actor) -> list[SavedReasonRow]:
    """One's own reasons and the team's, by title."""
    rows = s.scalars(
        select(SavedReason)
        .where(or_(SavedReason.owner_id == actor.person, SavedReason.owner_id.is_(None)))
        .order_by(SavedReason.title, SavedReason.id)
        .limit(MOST)
    )
    return [row_of(row) for row in rows]


def row_of(reason: SavedReason) -> SavedReasonRow:
    """A stored reason as a wire row."""
    return SavedReasonRow(
        id=reason.id,
        version=reason.version,
        title=reason.title,
        body=reason.body,
        policy=reason.policy,
        shared=reason.owner_id is None,
    )
