"""The record of a creator, and the private figures of a moderator."""

from __future__ import annotations

from datetime import timedelta
from statistics import median_low
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, exists, func, literal, select

from server.accounts.models import Person
from server.accounts.queries import shown_bio
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.moderation.models import Decision, Flag, Item, Strike, Undo
from server.moderation.queries import items
from server.moderation.queries.decisions import decisions
from server.moderation.queries.flags import flag_rows
from server.moderation.queries.scope import visible
from server.moderation.rules import OPEN, ItemState, Outcome
from server.moderation.schemas import CreatorPage, CreatorSummary, MyStats, StrikeRow

COUNTED = 1000
LISTED = 100


def _capped(rows: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(COUNTED).subquery()).scalar_subquery()


def summary(s: AnySession, *, actor: Actor, person_id: UUID | None) -> CreatorSummary | None:
    """The card and the counted history of a person, in one query; None without such a person."""
    if person_id is None:
        return None
    standing = (
        select(literal(1))
        .select_from(Decision)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.owner_id == person_id, Item.decision_id == Decision.id, visible(actor))
        .where(Item.state == ItemState.DECIDED)
    )
    waiting = select(literal(1)).where(
        Item.subject_owner_id == person_id, Item.state.in_(OPEN), visible(actor)
    )
    points = (
        select(func.coalesce(func.sum(Strike.points), 0))
        .join(Decision, Decision.id == Strike.decision_id)
        .join(Item, Item.id == Decision.item_id)
        .where(Strike.person_id == person_id, Strike.revoked_at.is_(None), visible(actor))
        .where(Strike.expires_at > clock.now())
    )
    row = s.execute(
        select(
            Person,
            points.scalar_subquery().label("points"),
            _capped(standing.where(Decision.outcome.in_((Outcome.RESTRICT, Outcome.REMOVE)))).label(
                "violations"
            ),
            _capped(standing.where(Decision.outcome == Outcome.ALLOW)).label("allowed"),
            _capped(waiting).label("waiting"),
        ).where(Person.id == person_id)
    ).one_or_none()
    if row is None:
        return None
    person = row.Person
    return CreatorSummary(
        id=person.id,
        handle=person.handle,
        name=person.name,
        bio=shown_bio(person, actor),
        state=person.state,
        created_at=person.created_at,
        strike_points=row.points,
        violations=row.violations,
        allowed=row.allowed,
        open_items=row.waiting,
    )


def creator_page(s: AnySession, *, actor: Actor, person_id: UUID) -> CreatorPage:
    """The account page of a creator. Raises NotFound."""
    known = summary(s, actor=actor, person_id=person_id)
    if known is None:
        raise NotFound("There is no such person.")
    return CreatorPage(
        creator=known,
        strikes=_strikes(s, actor, person_id),
        decisions=decisions(s, actor=actor, where=Decision.owner_id == person_id, limit=LISTED),
        flags=flag_rows(s, where=Flag.owner_id == person_id, actor=actor, limit=LISTED),
        items=items.page(s, actor=actor, creator=person_id, limit=LISTED).items,
    )


def _strikes(s: AnySession, actor: Actor, person_id: UUID) -> list[StrikeRow]:
    rows = s.scalars(
        select(Strike)
        .join(Decision, Decision.id == Strike.decision_id)
        .join(Item, Item.id == Decision.item_id)
        .where(Strike.person_id == person_id, visible(actor))
        .order_by(Strike.at.desc())
        .limit(LISTED)
    )
    return [
        StrikeRow(
            id=row.id,
            decision_id=row.decision_id,
            policy=row.policy,
            severity=row.severity,
            points=row.points,
            at=row.at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def my_stats(s: AnySession, *, actor: Actor) -> MyStats:
    """One's own figures of today and of seven days (UTC); undone decisions do not count as decided."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - timedelta(days=6)
    undone = exists().where(Undo.decision_id == Decision.id)
    rows = s.execute(
        select(Decision.decided_at, Decision.handling_ms, Decision.ms_revealed, undone.label("undone"))
        .where(Decision.decider_id == actor.person, Decision.decided_at >= week)
        .order_by(Decision.decided_at)
    ).all()
    stand = [row for row in rows if not row.undone]
    return MyStats(
        decided_today=sum(row.decided_at >= today for row in stand),
        decided_7_days=len(stand),
        median_handling_ms=median_low([row.handling_ms for row in stand]) if stand else None,
        undone_7_days=len(rows) - len(stand),
        ms_revealed_today=sum(row.ms_revealed or 0 for row in rows if row.decided_at >= today),
    )
