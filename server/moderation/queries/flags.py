"""Reads of flags."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from server.accounts.models import Person
from server.kit.access import Actor
from server.kit.db import AnySession
from server.moderation.models import Flag, Item
from server.moderation.queries.scope import visible
from server.moderation.schemas import FlagRow


def flag_rows(s: AnySession, *, where: ColumnElement[bool], actor: Actor, limit: int) -> list[FlagRow]:
    """Flags on items that the actor may see, newest first."""
    rows = s.execute(
        select(Flag, Person.handle)
        .join(Item, Item.id == Flag.item_id)
        .outerjoin(Person, Person.id == Flag.reporter_id)
        .where(where, visible(actor))
        .order_by(Flag.received_at.desc(), Flag.id)
        .limit(limit)
    ).all()
    return [
        FlagRow(
            id=flag.id,
            source=flag.source,
            source_ref=flag.source_ref,
            reporter_handle=handle,
            policy=flag.policy,
            confidence_bp=flag.confidence_bp,
            ranges=[(start, end) for start, end in flag.ranges],
            note=flag.note,
            state=flag.state,
            received_at=flag.received_at,
        )
        for flag, handle in rows
    ]
