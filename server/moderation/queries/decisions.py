"""Reads of decisions with what became of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from server.accounts.models import Person
from server.kit.access import Actor
from server.kit.db import AnySession
from server.moderation.models import Action, Decision, Item, Undo
from server.moderation.queries.scope import open_to, visible
from server.moderation.schemas import ActionBody, ActionRow, DecisionRow


def decisions(s: AnySession, *, actor: Actor, where: ColumnElement[bool], limit: int) -> list[DecisionRow]:
    """Decisions that the actor may read, newest first, in two queries."""
    later = aliased(Decision)
    rows = s.execute(
        select(Decision, Person.handle, Undo.at.label("undone_at"), later.id.label("later_id"))
        .join(Item, Item.id == Decision.item_id)
        .join(Person, Person.id == Decision.decider_id)
        .outerjoin(Undo, Undo.decision_id == Decision.id)
        .outerjoin(later, later.reverses_id == Decision.id)
        .where(where, visible(actor), open_to(actor))
        .order_by(Decision.decided_at.desc(), Decision.id)
        .limit(limit)
    ).all()
    actions = _actions(s, [decision.id for decision, *_ in rows])
    return [
        DecisionRow(
            id=decision.id,
            item_id=decision.item_id,
            stage=decision.stage,
            opinion=decision.opinion,
            first_opinion_id=decision.first_opinion_id,
            outcome=decision.outcome,
            policy=decision.policy,
            policy_version=decision.policy_version,
            facts=decision.facts,
            reason_codes=decision.reason_codes,
            decider_id=decision.decider_id,
            decider_handle=handle,
            content_type=decision.content_type,
            content_id=decision.content_id,
            decided_at=decision.decided_at,
            effective_at=decision.effective_at,
            reverses_id=decision.reverses_id,
            reversed_by_id=later_id,
            undone_at=undone_at,
            actions=actions[decision.id],
            proposed=[ActionBody(**action) for action in decision.proposed],
        )
        for decision, handle, undone_at, later_id in rows
    ]


def _actions(s: AnySession, decision_ids: list[UUID]) -> dict[UUID, list[ActionRow]]:
    found: dict[UUID, list[ActionRow]] = defaultdict(list)
    rows: Any = s.scalars(
        select(Action).where(Action.decision_id.in_(decision_ids)).order_by(Action.scope.desc())
    )
    for row in rows:
        found[row.decision_id].append(
            ActionRow(
                type=row.type,
                scope=row.scope,
                interim=row.interim,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                ended_at=row.ended_at,
            )
        )
    return found
