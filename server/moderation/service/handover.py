"""A claim changes hands: its owner gives it to a colleague, or a lead takes it over; the token grows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from server.accounts.models import Person
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.moderation.models import Note
from server.moderation.queries.scope import visible
from server.moderation.queries.serving import able
from server.moderation.rules import CLAIMS_MAX, HANDED_OVER, NOTE_MAX, TAKEN_OVER, ItemState
from server.moderation.schemas import Claim, ClaimState, Transfer
from server.moderation.service.claims import (
    CLAIMS,
    check_barred,
    check_room,
    claim_of,
    fence,
    held,
    lost,
    moved,
    served,
)
from server.moderation.service.record import FREE, RETURNED, items


def transfer(s: WriteSession, *, actor: Actor, item_id: UUID, body: Transfer, lease_s: int) -> ClaimState:
    """Give one's claim to a colleague, who has it from now on; the reason becomes a note on the item.

    Raises Conflict `lease_lost`; `cannot_take` for somebody who does not serve the queue, or may not judge
    this item; `too_many_claims` when they have as many as one can.
    """
    row, now = held(s, actor, item_id, body.claim_token), clock.now()
    named = Person.id == body.person_id if body.person_id else Person.handle == (body.handle or "").lower()
    to = s.execute(able(row, stage=row.stage, but=actor.person).where(named)).one_or_none()
    if to is None:
        raise Conflict("This person cannot take this item.", code="cannot_take")
    if s.execute(CLAIMS, {"me": to.id, "now": now}).scalar_one() >= CLAIMS_MAX:
        raise Conflict(f"@{to.handle} has as many items as one can have at a time.", code="too_many_claims")
    done = _give(s, fence(actor, item_id, body.claim_token), to.id, row.lease_s or lease_s)
    if done is None:
        raise lost(s, actor, item_id)
    _note(s, actor, item_id, f"{HANDED_OVER} @{to.handle}: {body.reason}")
    moved(s, actor, "item_transferred", done, token=done.claim_token, to=f"person:{to.id}")
    topic = "moderation.restricted_handover" if done.restricted else "moderation.handover"
    live.publish(s, topic, item_id, done.version)
    return ClaimState(state=ItemState.CLAIMED, lease_until=done.lease_until)


def take_over(s: WriteSession, *, actor: Actor, item_id: UUID, reason: str, lease_s: int) -> Claim:
    """Take an item from whoever has it or set it aside; their token is worth nothing from now on.

    Raises NotFound; Conflict `not_taken` when nobody else has it, `excluded`, `too_many_claims`.
    """
    item = s.execute(
        select(*items.c, Person.handle)
        .outerjoin(Person, Person.id == items.c.claimed_by)
        .where(items.c.id == item_id, visible(actor))
        .with_for_update(of=items)
    ).one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    (place,) = served(s, actor, lease_s=lease_s, queue=item.queue_id)
    taken = item.state in (ItemState.CLAIMED, ItemState.ON_HOLD)
    if not taken or item.claimed_by == actor.id:
        raise Conflict("Nobody else has this item: claim it.", code="not_taken")
    check_barred(s, actor, item_id, item.subject_owner_id)
    check_room(s, actor)
    still = (items.c.id == item_id) & (items.c.claim_token == item.claim_token)
    done = _give(s, still & (items.c.state == item.state), actor.person, place.lease_s)
    if done is None:
        raise Conflict("Nobody else has this item: claim it.", code="not_taken")
    _note(s, actor, item_id, f"{TAKEN_OVER} @{item.handle}: {reason}")
    moved(s, actor, "item_taken_over", done, token=done.claim_token, of=f"person:{item.claimed_by}")
    return claim_of(done)


def _give(s: WriteSession, still: ColumnElement[bool], to: UUID, lease_s: int) -> Any | None:
    now = clock.now()
    owned = {"claimed_by": to, "claimed_at": now, "lease_until": now + timedelta(seconds=lease_s)}
    given = (
        update(items)
        .where(still)
        .values(
            state=ItemState.CLAIMED,
            claim_token=items.c.claim_token + 1,
            version=items.c.version + 1,
            **FREE | owned,
        )
        .returning(*RETURNED)
    )
    return s.execute(given).one_or_none()


def _note(s: WriteSession, actor: Actor, item_id: UUID, text: str) -> None:
    s.add(Note(item_id=item_id, author_id=actor.person, body=text[:NOTE_MAX], at_ms=None))
