"""Who may see which items: the condition that every read and claim of an item carries."""

from __future__ import annotations

from sqlalchemy import ColumnElement, true

from server.kit.access import Actor
from server.moderation.models import Item

CLEARANCE = "moderation.restricted"


def visible(actor: Actor) -> ColumnElement[bool]:
    """Items of the restricted class exist for cleared people only."""
    return true() if actor.can(CLEARANCE) else Item.restricted.is_(False)
