"""Reversal: a lead replaces a decision that has taken effect by another one."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select, update

from server.forensics.banks import service as banks
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, Invalid
from server.moderation import policy as policies
from server.moderation import rules
from server.moderation.models import Decision, Finality, Item, Strike, Undo
from server.moderation.rules import Opinion, Outcome, sources_of
from server.moderation.schemas import DecisionReceipt, Judgement
from server.moderation.service import effects
from server.moderation.service.judgement import ACTION, DISMISS, WRITE, judged, row_of, seen, valid
from server.moderation.service.record import items
from server.moderation.service.restriction import foresee, quarantine


def reverse(s: WriteSession, *, actor: Actor, decision_id: UUID, body: Judgement) -> DecisionReceipt:
    """Replace a decision that has taken effect by another, at once: its actions end, its strike is revoked.

    Raises Conflict `in_grace`, `not_standing` when it was undone or reversed before; Invalid as `decide`;
    Forbidden `own_content`, `own_decision`: nobody judges in their own case.
    """
    mine = select(Decision.item_id).where(Decision.id == decision_id).scalar_subquery()
    foresee(s, policy=body.policy, of=Item.id == mine)
    decision, before = seen(s, actor, decision_id)
    restricted, now = before.restricted, clock.now()
    if decision.owner_id == actor.id:
        raise Forbidden("This is about your own content: someone else judges it.", code="own_content")
    if decision.decider_id == actor.id or _gave_an_opinion(s, decision, actor):
        raise Forbidden("This decision is your own: someone else may reverse it.", code="own_decision")
    if decision.outcome is Outcome.ESCALATE or body.outcome is Outcome.ESCALATE:
        raise Invalid("An escalation neither is reversed nor reverses.", code="invalid_decision")
    if now < decision.effective_at:
        raise Conflict("This decision can still be undone by whoever took it.", code="in_grace")
    if not body.facts:
        raise Invalid("Say in the facts why the decision is reversed.", code="invalid_decision")
    tree = policies.current(s)
    node = tree.get(body.policy) if body.policy else None
    _, chosen = valid(actor, body, node, stage=decision.stage, restricted=restricted)
    item = s.execute(
        update(items)
        .where(items.c.id == decision.item_id, items.c.decision_id == decision_id)
        .where(items.c.state.in_(sources_of(rules.ITEM_MACHINE, "reverse")))
        .values(
            decision_id=(new_id := uuid4()),
            claim_token=items.c.claim_token + 1,
            version=items.c.version + 1,
        )
        .returning(*items.c)
    ).one_or_none()
    if item is None:
        raise Conflict("This decision does not stand any more.", code="not_standing")
    s.execute(
        WRITE,
        {
            **row_of(item, body, actor, new_id, tree.version, now),
            "ms_viewed": None,
            "ms_revealed": None,
            "handling_ms": 0,
            "effective_at": now,
            "reverses_id": decision_id,
            "opinion": Opinion.SOLE,
            "first_opinion_id": None,
            "proposed": [],
        },
    )
    s.execute(DISMISS if body.outcome is Outcome.ALLOW else ACTION, {"item": item.id})
    s.execute(delete(Finality).where(Finality.decision_id == decision_id))
    s.execute(
        update(Strike)
        .where(Strike.decision_id == decision_id, Strike.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if to_class := node is not None and node.restricted and not restricted:
        quarantine(s, content_type=item.content_type, content_id=item.content_id)
    effects.end(s, actor=actor, decision_id=decision_id)
    if body.outcome is not Outcome.REMOVE:
        banks.deconfirm_of(s, actor=actor, decision_id=decision_id, reason="its decision was reversed")
    if chosen:
        effects.add(s, actor=actor, decision_id=new_id, chosen=chosen, item=item, starts_at=now)
        s.add(Finality(decision_id=new_id, at=now))
    judged(
        s,
        actor,
        "decision_reversed",
        item,
        new_id,
        body,
        restricted=restricted or to_class,
        reverses=str(decision_id),
    )
    return DecisionReceipt(decision_id=new_id, effective_at=now)


def _gave_an_opinion(s: WriteSession, decision: Decision, actor: Actor) -> bool:
    """Whether the actor took part in this decision, or in the difference that a lead settled by it."""
    if decision.first_opinion_id is None:
        return False
    mine = (Decision.item_id == decision.item_id, Decision.decider_id == actor.id)
    undone = exists().where(Undo.decision_id == Decision.id)
    return bool(s.scalar(select(exists().where(*mine, Decision.opinion != Opinion.SOLE, ~undone))))
