"""Decisions: made under a live claim, undone within the grace, reversed by a lead afterwards; not edited."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Update, bindparam, case, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, Invalid, NotFound
from server.moderation import policy as policies
from server.moderation import rules
from server.moderation.models import Decision, Finality, Item, Mark, Strike, Undo
from server.moderation.queries.scope import CLEARANCE, visible
from server.moderation.rules import (
    FlagState,
    ItemState,
    Outcome,
    queue_of,
    rest_state,
    sources_of,
)
from server.moderation.schemas import DecisionReceipt, Judgement, MarkBody, NewDecision, PolicyNode, Reclaim
from server.moderation.service import effects, estimates
from server.moderation.service.claims import RETURNED, held, lost
from server.moderation.service.record import FREE, changed, decisions, flags, items
from server.moderation.service.restriction import quarantine

VIOLATIONS = (Outcome.RESTRICT, Outcome.REMOVE)

# On tables, not on mapped classes, and built once: every decision runs these.
WRITE = insert(decisions)
FINISH = (
    update(items)
    .where(
        items.c.id == bindparam("item"),
        items.c.state == ItemState.CLAIMED,
        items.c.claim_token == bindparam("token"),
        items.c.version == bindparam("seen"),
    )
    .values(
        state=bindparam("new_state"),
        stage=bindparam("new_stage"),
        queue_id=bindparam("new_queue"),
        boost_at=bindparam("new_boost_at"),
        decision_id=bindparam("decision"),
        version=items.c.version + 1,
        **FREE,
    )
    .returning(*RETURNED)
)


def _close(event: str, after: FlagState) -> Update:
    before = sources_of(rules.FLAG_MACHINE, event)
    mine = (flags.c.item_id == bindparam("item"), flags.c.state.in_(before))
    return update(flags).where(*mine).values(state=after)


DISMISS = _close("no_violation", FlagState.DISMISSED)
ACTION = _close("violation", FlagState.ACTIONED)


def decide(
    s: WriteSession, *, actor: Actor, item_id: UUID, body: NewDecision, grace_s: int
) -> DecisionReceipt:
    """Decide a claimed item; the effects come `grace_s` seconds later.

    Raises Conflict `lease_lost`, Invalid `invalid_decision` with every reason, Invalid `unknown_policy`;
    Conflict `id_taken` when the id that the client made is that of another decision.
    """
    item = held(s, actor, item_id, body.claim_token)
    tree = policies.current(s)
    node = tree.get(body.policy) if body.policy else None
    if body.outcome not in item.outcomes:
        raise Invalid(f"This queue does not provide for the outcome {body.outcome}.", code="invalid_decision")
    chosen = _valid(actor, body, node, stage=item.stage, restricted=item.restricted)
    now = clock.now()
    decision_id, effective_at = body.id or uuid4(), now + timedelta(seconds=grace_s)
    handling_ms = int((now - item.claimed_at) / timedelta(milliseconds=1))
    row = {
        **_row(item, body, actor, decision_id, tree.version, now),
        "ms_viewed": body.ms_viewed,
        "ms_revealed": body.ms_revealed,
        "handling_ms": handling_ms,
        "effective_at": effective_at,
        "reverses_id": None,
    }
    try:
        with s.begin_nested() if body.id else nullcontext():
            s.execute(WRITE, row)
    except IntegrityError as error:  # the claim is held: nothing but the id can be in the way
        raise Conflict("There is a decision with this id.", code="id_taken") from error
    escalates = body.outcome is Outcome.ESCALATE
    to_class = node is not None and node.restricted and not item.restricted
    after = {"new_state": ItemState.DECIDED, "new_stage": item.stage, "new_queue": item.queue_id}
    boost_at = item.boost_at if escalates else None
    if escalates:
        stage = item.stage if to_class else item.stage + 1
        queue = queue_of(restricted=item.restricted, stage=stage)
        after = {"new_state": rest_state(stage), "new_stage": stage, "new_queue": queue}
    seen = {"item": item_id, "seen": item.version, "token": body.claim_token}
    done = s.execute(
        FINISH, {**seen, **after, "new_boost_at": boost_at, "decision": decision_id}
    ).one_or_none()
    if done is None:
        raise lost(s, actor, item_id)
    _keep_marks(s, item_id, decision_id, actor, body.marks)
    if not escalates:
        s.execute(DISMISS if body.outcome is Outcome.ALLOW else ACTION, {"item": item_id})
        estimates.learn(s, policy=item.policy, content_type=item.content_type, handling_ms=handling_ms)
    if to_class:  # before the effects, whose record then tells nobody uncleared what was decided
        quarantine(s, content_type=item.content_type, content_id=item.content_id)
    if chosen:
        effects.add(s, actor=actor, decision_id=decision_id, chosen=chosen, item=item, starts_at=effective_at)
        s.add(Finality(decision_id=decision_id, at=effective_at))
    what = "item_escalated" if escalates else "item_decided"
    _decided(s, actor, what, done, decision_id, body, restricted=item.restricted or to_class)
    return DecisionReceipt(decision_id=decision_id, effective_at=effective_at)


def undo(s: WriteSession, *, actor: Actor, decision_id: UUID, lease_s: int) -> Reclaim:
    """Take one's own decision back before it takes effect; the item is one's own again, with a fresh token.

    At `effective_at` itself it is too late. Raises Conflict `grace_over`, `already_undone`, or `moved_on`
    when the item went on in the meantime; Forbidden for the decision of another.
    """
    decision, restricted = _seen(s, actor, decision_id)
    if decision.decider_id != actor.id:
        raise Forbidden("Only the person who decided can undo it.")
    now = clock.now()
    if s.scalar(select(exists().where(Undo.decision_id == decision_id))):
        raise Conflict("This decision is undone already.", code="already_undone")
    if now >= decision.effective_at or decision.reverses_id is not None:
        raise Conflict("The time to undo this is over; a lead can reverse it.", code="grace_over")
    if decision.outcome in VIOLATIONS:
        pending = s.execute(delete(Finality).where(Finality.decision_id == decision_id))
        if pending.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict("This decision has taken effect.", code="grace_over")
    after = rest_state(2) if decision.outcome is Outcome.ESCALATE else ItemState.DECIDED
    back = (
        update(items)
        .where(items.c.id == decision.item_id, items.c.decision_id == decision_id)
        .where(items.c.state == after, items.c.state.in_(sources_of(rules.ITEM_MACHINE, "undo")))
        .values(
            state=ItemState.CLAIMED,
            stage=decision.stage,
            queue_id=queue_of(restricted=restricted, stage=decision.stage),
            claimed_by=actor.person,
            claim_token=items.c.claim_token + 1,
            claimed_at=now,
            lease_until=now + timedelta(seconds=lease_s),
            decision_id=None,
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
        raise Conflict("This item has gone on in the meantime.", code="moved_on")
    s.add(Undo(decision_id=decision_id, at=now))
    closed = sources_of(rules.FLAG_MACHINE, "undo")
    s.execute(
        update(flags)
        .where(flags.c.item_id == decision.item_id, flags.c.state.in_(closed))
        .values(state=FlagState.LINKED)
    )
    effects.end(s, actor=actor, decision_id=decision_id)
    changed(
        s,
        actor=actor,
        what="decision_undone",
        item_id=row.id,
        restricted=row.restricted,
        version=row.version,
        decision=str(decision_id),
    )
    return Reclaim(item_id=row.id, claim_token=row.claim_token, lease_until=row.lease_until)


def reverse(s: WriteSession, *, actor: Actor, decision_id: UUID, body: Judgement) -> DecisionReceipt:
    """Replace a decision that has taken effect by another, at once: its actions end, its strike is revoked.

    Raises Conflict `in_grace`, `not_standing` when it was undone or reversed before; Invalid as `decide`;
    Forbidden `own_content`, `own_decision`: nobody judges in their own case.
    """
    decision, restricted = _seen(s, actor, decision_id)
    now = clock.now()
    if decision.owner_id == actor.id:
        raise Forbidden("This is about your own content: someone else judges it.", code="own_content")
    if decision.decider_id == actor.id:
        raise Forbidden("This decision is your own: someone else may reverse it.", code="own_decision")
    if decision.outcome is Outcome.ESCALATE or body.outcome is Outcome.ESCALATE:
        raise Invalid("An escalation neither is reversed nor reverses.", code="invalid_decision")
    if now < decision.effective_at:
        raise Conflict("This decision can still be undone by whoever took it.", code="in_grace")
    if not body.facts:
        raise Invalid("Say in the facts why the decision is reversed.", code="invalid_decision")
    tree = policies.current(s)
    node = tree.get(body.policy) if body.policy else None
    chosen = _valid(actor, body, node, stage=decision.stage, restricted=restricted)
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
            **_row(item, body, actor, new_id, tree.version, now),
            "ms_viewed": None,
            "ms_revealed": None,
            "handling_ms": 0,
            "effective_at": now,
            "reverses_id": decision_id,
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
    if chosen:
        effects.add(s, actor=actor, decision_id=new_id, chosen=chosen, item=item, starts_at=now)
        s.add(Finality(decision_id=new_id, at=now))
    _decided(
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


def _seen(s: WriteSession, actor: Actor, decision_id: UUID) -> tuple[Decision, bool]:
    """A decision that the actor may see, its item locked, and whether that is of the restricted class."""
    found = s.execute(
        select(Decision, Item.restricted)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.id == decision_id, visible(actor))
        .with_for_update(of=Item)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such decision.")
    return found[0], found[1]


def _valid(
    actor: Actor, body: Judgement, node: PolicyNode | None, *, stage: int, restricted: bool
) -> tuple[rules.ActionChoice, ...]:
    """The actions of a valid decision; raises Invalid with every reason of an invalid one."""
    choice = rules.Choice(
        outcome=body.outcome,
        stage=stage,
        restricted_item=restricted,
        cleared=actor.can(CLEARANCE),
        policy=policies.rule_of(node) if node else None,
        facts=body.facts,
        actions=tuple(rules.ActionChoice(a.type, a.scope, a.duration_s) for a in body.actions),
    )
    if reasons := rules.problems(choice):
        raise Invalid(" ".join(reasons), code="invalid_decision")
    return rules.measures(choice, default_duration_s=node.default_duration_s if node else None)


def _row(
    item: Any, body: Judgement, actor: Actor, decision_id: UUID, policy_version: int, now: datetime
) -> dict[str, Any]:
    return {
        "id": decision_id,
        "item_id": item.id,
        "stage": item.stage,
        "claim_token": item.claim_token,
        "decider_id": actor.person,
        "outcome": body.outcome,
        "policy": body.policy,
        "policy_version": policy_version,
        "facts": body.facts,
        "reason_codes": body.reason_codes,
        "content_type": item.content_type,
        "content_id": item.content_id,
        "owner_id": item.subject_owner_id,
        "subject_version_hash": item.subject_version_hash,
        "decided_at": now,
    }


def _keep_marks(
    s: WriteSession, item_id: UUID, decision_id: UUID, actor: Actor, marks: Sequence[MarkBody]
) -> None:
    common = {"item_id": item_id, "decision_id": decision_id, "author_id": actor.person}
    if marks:
        s.execute(insert(Mark), [mark.model_dump() | common for mark in marks])


def _decided(
    s: WriteSession,
    actor: Actor,
    what: str,
    row: Any,
    decision_id: UUID,
    body: Judgement,
    *,
    restricted: bool,
    **data: Any,
) -> None:
    """Record a decision. `restricted` counts one that has just put its item into the restricted class."""
    changed(
        s,
        actor=actor,
        what=what,
        item_id=row.id,
        restricted=restricted,
        version=row.version,
        decision=str(decision_id),
        outcome=body.outcome,
        policy=body.policy,
        **data,
    )
