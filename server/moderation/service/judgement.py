"""What every judgement shares: its validity, its immutable row, the flags that it closes, its record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Update, bindparam, insert, select, update

from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Invalid, NotFound
from server.moderation import policy as policies
from server.moderation import rules
from server.moderation.models import Decision, Item
from server.moderation.queries.scope import CLEARANCE, visible
from server.moderation.rules import FlagState
from server.moderation.schemas import Judgement, PolicyNode
from server.moderation.service.record import changed, decisions, flags

# On tables, not on mapped classes, and built once: every decision runs these.
WRITE = insert(decisions)


def _close(event: str, after: FlagState) -> Update:
    before = rules.sources_of(rules.FLAG_MACHINE, event)
    mine = (flags.c.item_id == bindparam("item"), flags.c.state.in_(before))
    return update(flags).where(*mine).values(state=after)


DISMISS = _close("no_violation", FlagState.DISMISSED)
ACTION = _close("violation", FlagState.ACTIONED)


def seen(s: WriteSession, actor: Actor, decision_id: UUID) -> tuple[Decision, Item]:
    """A decision that the actor may see, and its item, locked. Raises NotFound."""
    found = s.execute(
        select(Decision, Item)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.id == decision_id, visible(actor))
        .with_for_update(of=Item)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such decision.")
    return found[0], found[1]


def valid(
    actor: Actor,
    body: Judgement,
    node: PolicyNode | None,
    *,
    stage: int,
    restricted: bool,
    flagged: PolicyNode | None = None,
    second: bool = False,
) -> tuple[rules.Choice, tuple[rules.ActionChoice, ...]]:
    """A valid choice with its actions; raises Invalid with every reason of an invalid one."""
    choice = rules.Choice(
        outcome=body.outcome,
        stage=stage,
        restricted_item=restricted,
        cleared=actor.can(CLEARANCE),
        policy=policies.rule_of(node) if node else None,
        facts=body.facts,
        actions=tuple(rules.ActionChoice(a.type, a.scope, a.duration_s) for a in body.actions),
        flagged=policies.rule_of(flagged) if flagged else None,
        second=second,
    )
    if reasons := rules.problems(choice):
        raise Invalid(" ".join(reasons), code="invalid_decision")
    return choice, rules.measures(choice, default_duration_s=node.default_duration_s if node else None)


def row_of(
    item: Any, body: Judgement, actor: Actor, decision_id: UUID, policy_version: int, now: datetime
) -> dict[str, Any]:
    """What every decision on this item says, whatever kind it is."""
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


def judged(
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
