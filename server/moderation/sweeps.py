"""What time alone brings about: leases lapse, holds end, items grow urgent, decisions become final."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from server.accounts import queries as accounts
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.jobs import Context
from server.kit.ticker import Ticker
from server.moderation import policy as policies
from server.moderation import priority
from server.moderation.models import Decision, Finality, Item, Strike
from server.moderation.queries.scope import CLEARANCE
from server.moderation.rules import OPEN, ItemState, Outcome, Severity, rest_state
from server.moderation.service import effects, estimates
from server.moderation.service.claims import LEAD
from server.moderation.service.record import FREE, RETURNED, changed, items

BATCH = 200
"""Rows that a sweep changes in one transaction, so that nobody else waits long."""
CLAIM = "moderation.claim"
STRIKE_POINTS = {Severity.LOW: 0, Severity.MEDIUM: 1, Severity.HIGH: 2, Severity.CRITICAL: 4}
STRIKE_LASTS = timedelta(days=180)

Sweep = Callable[[WriteSession], int]


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("moderation.lapse_claims", timedelta(seconds=15), _until_done(lapse_claims))
    ticker.every("moderation.end_holds", timedelta(seconds=60), _until_done(end_holds))
    ticker.every("moderation.raise_waiting", timedelta(seconds=30), _until_done(raise_waiting))
    ticker.every("moderation.make_final", timedelta(seconds=5), _until_done(make_final))
    ticker.every("moderation.lift_expired", timedelta(seconds=30), _until_done(lift_expired))


def _until_done(sweep: Sweep) -> Callable[[Context], int]:
    """Run a sweep batch by batch, each in its own transaction, until nothing is due."""

    return lambda given: given.db.write_in_batches(sweep, size=BATCH)


def lapse_claims(s: WriteSession) -> int:
    """Put claims whose lease is over back to rest; answers how many."""
    due = (items.c.state == ItemState.CLAIMED) & (items.c.lease_until <= clock.now())
    return _rest(s, "claim_lapsed", due)


def end_holds(s: WriteSession) -> int:
    """Put held items whose time is over back to rest; answers how many."""
    due = (items.c.state == ItemState.ON_HOLD) & (items.c.held_until <= clock.now())
    return _rest(s, "hold_ended", due)


def end_claims_of(s: WriteSession, person_id: UUID) -> int:
    """Put back what a person has and may not judge any more, claimed or on hold; answers how many."""
    may = accounts.permissions(s, person_id)
    mine = (items.c.claimed_by == person_id) & items.c.state.in_((ItemState.CLAIMED, ItemState.ON_HOLD))
    if CLAIM not in may:
        return _rest(s, "claim_revoked", mine)
    barred = 0
    if CLEARANCE not in may:
        barred += _rest(s, "claim_revoked", mine & items.c.restricted)
    if LEAD not in may:
        barred += _rest(s, "claim_revoked", mine & (items.c.stage > 1))
    return barred


def _rest(s: WriteSession, what: str, due: ColumnElement[bool]) -> int:
    found = s.execute(
        select(items.c.id, items.c.stage, items.c.first_opinion_id)
        .where(due)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for item in found:
        rest = rest_state(item.stage, second=item.first_opinion_id is not None)
        back = (
            update(items)
            .where(items.c.id == item.id, due)
            .values(state=rest, version=items.c.version + 1, **FREE)
            .returning(*RETURNED)
        )
        row = s.execute(back).one()
        changed(s, actor=SYSTEM, what=what, item_id=row.id, restricted=row.restricted, version=row.version)
    return len(found)


def raise_waiting(s: WriteSession) -> int:
    """Boost what has used three quarters of its time, and again what is past it; answers how many."""
    now = clock.now()
    found = s.execute(
        select(items)
        .where(items.c.boost_at <= now, items.c.state.in_(OPEN))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for item in found:
        boosts = 2 if now >= item.due_at else 1
        raised = boosts - item.boosts
        why = [part for part in item.priority_why if part[0] not in priority.BOOST_LABELS]
        version = s.execute(
            update(items)
            .where(items.c.id == item.id)
            .values(
                boosts=boosts,
                boost_at=None if boosts == 2 else item.due_at,
                priority=item.priority + raised * priority.BOOST,
                priority_why=[*why, priority.boost_part(boosts)],
                version=items.c.version + 1,
            )
            .returning(items.c.version)
        ).scalar_one()
        changed(
            s,
            actor=SYSTEM,
            what="item_raised",
            item_id=item.id,
            restricted=item.restricted,
            version=version,
            boosts=boosts,
        )
    return len(found)


def make_final(s: WriteSession) -> int:
    """Make final what nobody can undo any more; answers how many decisions that were.

    Only now does a violation become a strike, and only from such decisions is learned how long a review
    takes: not from what was undone, and not from a reversal, which is made without a review.
    """
    now = clock.now()
    due = s.scalars(
        select(Finality.decision_id)
        .where(Finality.at <= now)
        .order_by(Finality.at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    nodes = policies.current(s).nodes
    s.execute(delete(Finality).where(Finality.decision_id.in_(due)))
    rows = s.execute(
        select(Decision, Item.restricted, Item.version, Item.policy)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.id.in_(due))
        .order_by(Decision.decided_at)
    ).all()
    estimates.learn(
        s,
        [
            (flagged, decision.content_type, decision.handling_ms)
            for decision, _, _, flagged in rows
            if decision.reverses_id is None
        ],
    )
    for decision, restricted, version, _ in rows:
        if decision.outcome is Outcome.ALLOW:
            continue
        node = nodes.get(decision.policy or "")
        points = STRIKE_POINTS[node.severity] if node else 0
        if points and node and decision.owner_id is not None:
            s.add(
                Strike(
                    person_id=decision.owner_id,
                    decision_id=decision.id,
                    policy=node.code,
                    severity=node.severity,
                    points=points,
                    at=now,
                    expires_at=now + STRIKE_LASTS,
                )
            )
        changed(
            s,
            actor=SYSTEM,
            what="decision_final",
            item_id=decision.item_id,
            restricted=restricted,
            version=version,
            decision=str(decision.id),
            points=points,
        )
    return len(due)


def lift_expired(s: WriteSession) -> int:
    """End the temporary actions whose time is over; answers how many."""
    return effects.lift_expired(s, actor=SYSTEM, limit=BATCH)
