"""Decisions: made under a live claim, by one person or, under dual control, by two; not edited."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, Invalid
from server.kit.upsert import insert_ignoring
from server.moderation import policy as policies
from server.moderation import rules
from server.moderation.models import Exclusion, Item, Mark
from server.moderation.rules import (
    ActionChoice,
    ItemState,
    Measure,
    Opinion,
    Outcome,
    Scope,
    queue_of,
    rest_state,
)
from server.moderation.schemas import DecisionReceipt, MarkBody, NewDecision
from server.moderation.service import effects
from server.moderation.service.banking import add_to_bank, check_bank
from server.moderation.service.claims import held, lost
from server.moderation.service.judgement import ACTION, DISMISS, WRITE, judged, row_of, valid
from server.moderation.service.record import FREE, OPINION, RETURNED, changed, decisions, finalities, items
from server.moderation.service.restriction import foresee, quarantine

VIOLATIONS = (Outcome.RESTRICT, Outcome.REMOVE)
INTERIM = (ActionChoice(Measure.RESTRICT, Scope.ITEM),)
"""What an opinion that finds a violation brings about until the item is decided."""

# On tables, not on mapped classes, and built once: every decision runs these.
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
        first_opinion_id=bindparam("first"),
        version=items.c.version + 1,
        **FREE,
    )
    .returning(*RETURNED)
)
AWAIT = insert(finalities)
OUTCOME = select(decisions.c.outcome).where(decisions.c.id == bindparam("decision"))


@dataclass(frozen=True)
class _Course:
    """What a decision comes to: `final` = the item is decided, `to_class` = into the restricted class."""

    opinion: Opinion
    final: bool
    to_class: bool
    stage: int
    first: UUID | None

    @property
    def event(self) -> str:
        """The word of the record."""
        if self.final:
            return "item_decided"
        if self.opinion is Opinion.SOLE:
            return "item_escalated"
        return "opinion_sealed" if self.opinion is Opinion.FIRST else "opinions_differ"


def decide(
    s: WriteSession, *, actor: Actor, item_id: UUID, body: NewDecision, grace_s: int
) -> DecisionReceipt:
    """Decide a claimed item; the effects come `grace_s` seconds later.

    Under dual control (`rules.opinion`) the first decision is sealed and only restricts the content until
    another person has decided; the same outcome twice decides the item, two outcomes send it to the leads.

    Raises Conflict `lease_lost`, Invalid `invalid_decision` with every reason, Invalid `unknown_policy`;
    Conflict `id_taken` when the id that the client made is that of another decision; Forbidden `own_opinion`.
    """
    if body.policy:
        foresee(s, policy=body.policy, of=Item.id == item_id)
    item = held(s, actor, item_id, body.claim_token)
    tree = policies.current(s)
    node = tree.get(body.policy) if body.policy else None
    if body.outcome not in item.outcomes:
        raise Invalid(f"This queue does not provide for the outcome {body.outcome}.", code="invalid_decision")
    choice, chosen = valid(
        actor,
        body,
        node,
        stage=item.stage,
        restricted=item.restricted,
        flagged=tree.nodes.get(item.policy),
        second=item.first_opinion_id is not None,
    )
    if body.bank_id is not None:
        check_bank(s, item, body)
    now = clock.now()
    decision_id, effective_at = body.id or uuid4(), now + timedelta(seconds=grace_s)
    course = _course(s, choice, item, decision_id)
    row = {
        **row_of(item, body, actor, decision_id, tree.version, now),
        "ms_viewed": body.ms_viewed,
        "ms_revealed": body.ms_revealed,
        "handling_ms": int((now - item.claimed_at) / timedelta(milliseconds=1)),
        "effective_at": effective_at,
        "reverses_id": None,
        "opinion": course.opinion,
        "first_opinion_id": item.first_opinion_id,
        "proposed": [] if course.final else [_plain(action) for action in chosen],
    }
    try:
        with s.begin_nested() if body.id else nullcontext():
            s.core.execute(WRITE, row)
    except IntegrityError as error:
        if "two people" in str(error.orig):
            raise Forbidden(
                "You gave an opinion on this item: someone else decides.", code="own_opinion"
            ) from error
        raise Conflict("There is a decision with this id.", code="id_taken") from error
    done = _move(s, item, decision_id, course)
    if done is None:
        raise lost(s, actor, item_id)
    _keep_marks(s, item_id, decision_id, actor, body.marks)
    if course.final:
        s.core.execute(DISMISS if body.outcome is Outcome.ALLOW else ACTION, {"item": item_id})
    if course.to_class:  # before the effects, whose record then tells nobody uncleared what was decided
        quarantine(s, content_type=item.content_type, content_id=item.content_id)
    if course.final:
        s.core.execute(AWAIT, {"decision_id": decision_id, "at": effective_at})
        _take_effect(s, actor, item, decision_id, chosen, effective_at)
        if body.bank_id is not None:
            add_to_bank(s, actor, item, decision_id, body, node, two_people=course.opinion is Opinion.SECOND)
    elif course.opinion is not Opinion.SOLE:
        _seal(s, actor, item, decision_id, body.outcome, effective_at)
    restricted = item.restricted or course.to_class
    if course.opinion is Opinion.FIRST:
        # Whoever reads the audit log may be the second person: the record says no more than that.
        changed(
            s,
            actor=actor,
            what=course.event,
            item_id=item_id,
            restricted=restricted,
            version=done.version,
            decision=str(decision_id),
        )
    else:
        judged(s, actor, course.event, done, decision_id, body, restricted=restricted)
    return DecisionReceipt(decision_id=decision_id, effective_at=effective_at)


def _course(s: WriteSession, choice: rules.Choice, item: Any, decision_id: UUID) -> _Course:
    opinion, escalates = rules.opinion(choice), choice.outcome is Outcome.ESCALATE
    to_class = choice.policy is not None and choice.policy.restricted and not item.restricted
    if opinion is Opinion.FIRST:
        return _Course(opinion, False, to_class, item.stage, decision_id)
    up = escalates and not to_class
    if opinion is Opinion.SECOND:
        up = s.execute(OUTCOME, {"decision": item.first_opinion_id}).scalar_one() is not choice.outcome
    return _Course(opinion, not (escalates or up), to_class, item.stage + up, item.first_opinion_id)


def _move(s: WriteSession, item: Any, decision_id: UUID, course: _Course) -> Any | None:
    """Move the item on: to its end, or to where the next person finds it."""
    second = course.first is not None
    queue = queue_of(restricted=item.restricted, stage=course.stage, second=second)
    waits = rest_state(course.stage, second=second)
    return s.core.execute(
        FINISH,
        {
            "item": item.id,
            "seen": item.version,
            "token": item.claim_token,
            "new_state": ItemState.DECIDED if course.final else waits,
            "new_stage": course.stage,
            "new_queue": item.queue_id if course.final else queue,
            "new_boost_at": None if course.final else item.boost_at,
            "decision": decision_id,
            "first": course.first,
        },
    ).one_or_none()


def _take_effect(
    s: WriteSession,
    actor: Actor,
    item: Any,
    decision_id: UUID,
    chosen: Sequence[ActionChoice],
    at: datetime,
) -> None:
    """Schedule what a decision does, in the place of what the opinions before it had done."""
    gone = effects.limit_interim(s, item_id=item.id, ends_at=at) if _held_back(item) else []
    if chosen or gone:
        effects.add(
            s, actor=actor, decision_id=decision_id, chosen=chosen, item=item, starts_at=at, also=gone
        )


def _held_back(item: Any) -> bool:
    """Whether something may restrict the content before its decision: an opinion, or a match."""
    return item.first_opinion_id is not None or bool(item.hash_match)


def _seal(
    s: WriteSession, actor: Actor, item: Any, decision_id: UUID, outcome: Outcome, at: datetime
) -> None:
    """Let others go on after an opinion: its author is not offered the item again, harm stops meanwhile."""
    mine = {"item_id": item.id, "person_id": actor.person, "why": OPINION, "at": clock.now()}
    insert_ignoring(s, Exclusion, mine)
    if outcome in VIOLATIONS:
        effects.add(
            s, actor=actor, decision_id=decision_id, chosen=INTERIM, item=item, starts_at=at, interim=True
        )


def _plain(action: ActionChoice) -> dict[str, Any]:
    return {"type": action.type, "scope": action.scope, "duration_s": action.duration_s}


def _keep_marks(
    s: WriteSession, item_id: UUID, decision_id: UUID, actor: Actor, marks: Sequence[MarkBody]
) -> None:
    common = {"item_id": item_id, "decision_id": decision_id, "author_id": actor.person}
    if marks:
        s.execute(insert(Mark), [mark.model_dump() | common for mark in marks])
