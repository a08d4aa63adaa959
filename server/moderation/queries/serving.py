"""Who could take an item: active people who serve its queue and are not barred; and what one was handed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select, true

from server.accounts.models import Person, PersonRole
from server.accounts.permissions import roles_with
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.wire import Page
from server.moderation.models import Exclusion, Item, Note
from server.moderation.queries.scope import sealed, visible
from server.moderation.rules import HANDED_OVER, ItemState
from server.moderation.schemas import Colleague, Handover

CLAIM, LEAD = "moderation.claim", "moderation.lead"
LISTED = 200


def able(item: Any, *, stage: int, but: UUID) -> Select[UUID, str, str]:
    """The people, other than `but`, who may claim this item at this stage."""
    roles = roles_with(CLAIM) & (roles_with(LEAD) if stage > 1 else roles_with(CLAIM))
    serves = exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(roles))
    barred = exists().where(Exclusion.item_id == item.id, Exclusion.person_id == Person.id)
    owner = item.subject_owner_id
    return (
        select(Person.id, Person.handle, Person.name)
        .where(Person.state == PersonState.ACTIVE, Person.id != but, serves, ~barred)
        .where(Person.cleared if item.restricted else true())
        .where(Person.id != owner if owner is not None else true())
    )


def colleagues(s: AnySession, *, actor: Actor, item_id: UUID) -> Page[Colleague]:
    """Those to whom the actor could hand an item over. Raises NotFound."""
    item = s.execute(select(Item).where(Item.id == item_id, visible(actor))).scalar_one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    rows = s.execute(able(item, stage=item.stage, but=actor.person).order_by(Person.handle).limit(LISTED))
    return Page[Colleague](items=[Colleague(id=row.id, handle=row.handle, name=row.name) for row in rows])


def handovers(s: AnySession, *, actor: Actor) -> Page[Handover]:
    """The items that the actor has because somebody handed them over, not by a claim of their own since."""
    said = f"{HANDED_OVER} @{actor.handle}: "
    rows = s.execute(
        select(
            Note.id,
            Note.item_id,
            Note.body,
            Note.created_at,
            Item.subject_title,
            Item.content_type,
            Person.handle,
        )
        .join(Item, Item.id == Note.item_id)
        .join(Person, Person.id == Note.author_id)
        .where(Item.claimed_by == actor.person, Item.state == ItemState.CLAIMED, visible(actor))
        .where(Item.lease_until > clock.now())
        .where(Note.body.startswith(said, autoescape=True), Note.created_at >= Item.claimed_at)
        .where(Note.author_id != actor.person, ~sealed(actor))
        .order_by(Note.created_at)
    )
    return Page[Handover](
        items=[
            Handover(
                id=row.id,
                item_id=row.item_id,
                content_type=row.content_type,
                title=row.subject_title,
                by_handle=row.handle,
                reason=row.body.removeprefix(said),
                at=row.created_at,
            )
            for row in rows
        ]
    )
