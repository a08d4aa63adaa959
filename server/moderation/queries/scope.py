"""Who may see which items and decisions: the conditions that every read of them carries."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy.orm import aliased

from server.kit import clock
from server.kit.access import Actor
from server.moderation.models import Decision, Item, Note, Undo
from server.moderation.rules import ItemState, Opinion

CLEARANCE = "moderation.restricted"


def visible(actor: Actor) -> ColumnElement[bool]:
    """Items of the restricted class exist for cleared people only."""
    return true() if actor.can(CLEARANCE) else Item.restricted.is_(False)


def open_to(actor: Actor) -> ColumnElement[bool]:
    """Decisions (joined to their Item) that the actor may read: an opinion is sealed for a second person.

    It opens when the item leaves the first tier; for those who have just given the second opinion, only when
    they cannot undo it any more, so that nobody decides anew in the knowledge of the other.
    """
    mine = aliased(Decision)
    undone = exists().where(Undo.decision_id == mine.id)
    just_filed = exists().where(
        mine.item_id == Decision.item_id,
        mine.decider_id == actor.id,
        mine.stage == 1,
        mine.first_opinion_id.is_not(None),
        mine.effective_at > clock.now(),
        ~undone,
    )
    blind = and_(Item.stage == 1, Item.state != ItemState.DECIDED)
    return or_(Decision.opinion == Opinion.SOLE, Decision.decider_id == actor.id, ~or_(blind, just_filed))


def sealed(actor: Actor) -> ColumnElement[bool]:
    """Notes (joined to their Item) of whoever gave an opinion that the actor may not read."""
    return exists().where(
        Decision.item_id == Note.item_id, Decision.decider_id == Note.author_id, ~open_to(actor)
    )
