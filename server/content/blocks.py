"""Who is blocked by whom, and what that keeps from whom.

It is a wish, no right: whoever blocks a person is shown nothing of them, and may still report or like what
they have met before. The blocked one sees what everybody sees, and is not told.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from server.accounts import queries as accounts
from server.content import views
from server.content.models import Block
from server.content.queries import REVIEW
from server.content.schemas import Blocked
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.paging import Page, trim

Key = tuple[datetime, UUID]
"""Sorts the list: since when, and whom."""


def holds(s: AnySession, *, by: UUID, other_id: UUID) -> bool:
    """Whether a person blocks another."""
    found = s.get(Block, (by, other_id))
    return found is not None and found.holds


def check(s: AnySession, viewer: Actor, owner_id: UUID) -> None:
    """Raise NotFound `blocked` for something of a person whom the viewer blocks. Reviewers see it."""
    if viewer.id and not viewer.can(REVIEW) and holds(s, by=viewer.id, other_id=owner_id):
        raise NotFound("You block the person who made this.", code="blocked")


def page(s: AnySession, viewer: Actor, *, before: Key | None, limit: int) -> Page[Blocked]:
    """Whom the viewer blocks, the latest first, from before the key `before` on."""
    found = select(Block.other_id, Block.at).where(Block.person_id == viewer.person, Block.holds)
    if before:
        found = found.where(tuple_(Block.at, Block.other_id) < before)
    rows = s.execute(found.order_by(Block.at.desc(), Block.other_id.desc()).limit(limit + 1)).all()
    shown, then = trim(rows, limit, lambda row: (row.at, row.other_id))
    cards = accounts.cards(s, [row.other_id for row in shown])
    items = [Blocked(person=views.author(cards[row.other_id]), since=row.at) for row in shown]
    return Page(items=items, next_cursor=then)
