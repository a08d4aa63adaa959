"""Undo: within the grace whoever decided takes it back, and the item is theirs again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from server.forensics.banks import service as banks
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden
from server.moderation import rules
from server.moderation.models import Decision, Exclusion, Finality, Undo
from server.moderation.rules import FlagState, ItemState, Opinion, Outcome, queue_of, sources_of
from server.moderation.schemas import Reclaim
from server.moderation.service import effects
from server.moderation.service.flags import hear_again
from server.moderation.service.judgement import seen
from server.moderation.service.record import OPINION, RETURNED, changed, flags, items, queues


def undo(s: WriteSession, *, actor: Actor, decision_id: UUID, lease_s: int) -> Reclaim:
    """Take one's own decision back before it takes effect; the item is one's own again, with a fresh token.

    At `effective_at` itself it is too late. Raises Conflict `grace_over`, `already_undone`, or `moved_on`
    when the item went on in the meantime; Forbidden for the decision of another.
    """
    decision, item = seen(s, actor, decision_id)
    if decision.decider_id != actor.id:
        raise Forbidden("Only the person who decided can undo it.")
    now = clock.now()
    if s.scalar(select(exists().where(Undo.decision_id == decision_id))):
        raise Conflict("This decision is undone already.", code="already_undone")
    if now >= decision.effective_at or decision.reverses_id is not None:
        raise Conflict("The time to undo this is over; a lead can reverse it.", code="grace_over")
    moved_on = Conflict("This item has gone on in the meantime.", code="moved_on")
    if item.decision_id != decision_id or item.state not in _left_in(decision):
        raise moved_on
    decided, first = item.state is ItemState.DECIDED, decision.first_opinion_id
    if decided and not s.changed_one(delete(Finality).where(Finality.decision_id == decision_id)):
        raise Conflict("This decision has taken effect.", code="grace_over")
    queue = queue_of(restricted=item.restricted, stage=decision.stage, second=first is not None)
    lease = s.scalar(select(queues.c.lease_s).where(queues.c.id == queue))
    back = (
        update(items)
        .where(items.c.id == item.id, items.c.decision_id == decision_id, items.c.version == item.version)
        .where(items.c.state.in_(sources_of(rules.ITEM_MACHINE, "undo")))
        .values(
            state=ItemState.CLAIMED,
            stage=decision.stage,
            queue_id=queue,
            claimed_by=actor.person,
            claim_token=items.c.claim_token + 1,
            claimed_at=now,
            lease_until=now + timedelta(seconds=lease or lease_s),
            decision_id=first,
            first_opinion_id=first,
            boost_at=case((items.c.boosts < 2, items.c.due_at), else_=None),
            version=items.c.version + 1,
        )
        .returning(*RETURNED)
    )
    try:
        with s.begin_nested():
            row = s.execute(back).one_or_none()
    except IntegrityError:
        row = None
    if row is None:
        raise moved_on
    s.add(Undo(decision_id=decision_id, at=now))
    closed = sources_of(rules.FLAG_MACHINE, "undo")
    s.execute(
        update(flags)
        .where(flags.c.item_id == item.id, flags.c.state.in_(closed))
        .values(state=FlagState.LINKED)
    )
    if decision.opinion is not Opinion.SOLE:
        own = (Exclusion.item_id == item.id, Exclusion.person_id == actor.person)
        s.execute(delete(Exclusion).where(*own, Exclusion.why == OPINION))
    held_back = decided and (first is not None or item.hash_match)
    again = effects.limit_interim(s, item_id=item.id, ends_at=None) if held_back else []
    effects.end(s, actor=actor, decision_id=decision_id, also=again)
    changed(
        s,
        actor=actor,
        what="decision_undone",
        item_id=row.id,
        restricted=row.restricted,
        version=row.version,
        decision=str(decision_id),
    )
    banks.deconfirm_of(s, actor=actor, decision_id=decision_id, reason="its decision was undone")
    hear_again(s, item_id=row.id)
    return Reclaim(item_id=row.id, claim_token=row.claim_token, lease_until=row.lease_until)


def _left_in(decision: Decision) -> tuple[ItemState, ...]:
    """The states in which a decision can have left its item so that it can still be undone."""
    if decision.outcome is Outcome.ESCALATE:
        return (ItemState.ESCALATED,)
    if decision.opinion is Opinion.FIRST:
        return (ItemState.AWAITING_SECOND,)
    if decision.opinion is Opinion.SECOND:
        return (ItemState.DECIDED, ItemState.ESCALATED)
    return (ItemState.DECIDED,)
