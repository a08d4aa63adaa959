"""Setting an item aside for oneself, and taking it up again."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.moderation.queries.scope import visible
from server.moderation.rules import CLAIM_MAX_S, HOLD_MAX_S, HOLDS_MAX, ItemState
from server.moderation.schemas import Claim, ClaimState
from server.moderation.service.claims import check_room, claimed, fence, held, in_hand, lost, moved
from server.moderation.service.record import RETURNED, items, queues

HOLDS = in_hand(ItemState.ON_HOLD, items.c.held_until)


def hold(
    s: WriteSession, *, actor: Actor, item_id: UUID, token: int, reason: str, seconds: int
) -> ClaimState:
    """Set an item aside for oneself, e.g. to ask someone.

    The two hours of the claim stand still meanwhile: `claimed_at` moves along with the hold.
    Raises Conflict `past_legal_term`, `too_many_holds`, `held_enough`.
    """
    row, now = held(s, actor, item_id, token), clock.now()
    until = now + timedelta(seconds=seconds)
    if row.legal_due_at is not None and until > row.legal_due_at:
        raise Conflict("The law gives this item less time than that.", code="past_legal_term")
    if row.held_s + seconds > HOLD_MAX_S:
        raise Conflict("Nobody holds an item for more than 24 hours in all.", code="held_enough")
    if s.execute(HOLDS, {"me": actor.person, "now": now}).scalar_one() >= HOLDS_MAX:
        raise Conflict("You have as many items on hold as one can.", code="too_many_holds")
    done = s.execute(
        update(items)
        .where(fence(actor, item_id, token))
        .values(
            state=ItemState.ON_HOLD,
            claimed_at=row.claimed_at + timedelta(seconds=seconds),
            lease_until=None,
            held_until=until,
            hold_reason=reason,
            held_s=items.c.held_s + seconds,
            prefetched=False,
            version=items.c.version + 1,
        )
        .returning(*RETURNED)
    ).one()
    moved(s, actor, "item_held", done, until=until.isoformat())
    return ClaimState(state=ItemState.ON_HOLD, lease_until=until)


def resume(s: WriteSession, *, actor: Actor, item_id: UUID, lease_s: int) -> Claim:
    """Take up again what one set aside, for what is left of the claim's two hours.

    Raises Conflict `not_held` when it is not one's own any more, `too_many_claims`.
    """
    now = clock.now()
    mine = (items.c.id == item_id, items.c.claimed_by == actor.person, visible(actor))
    kept = (items.c.state == ItemState.ON_HOLD, items.c.held_until > now)
    aside = s.execute(select(items).where(*mine, *kept).with_for_update()).one_or_none()
    if aside is None:
        if isinstance(refusal := lost(s, actor, item_id), NotFound):
            raise refusal
        raise Conflict("You do not hold this item any more.", code="not_held")
    check_room(s, actor)
    lease_s = s.scalar(select(queues.c.lease_s).where(queues.c.id == aside.queue_id)) or lease_s
    unused = aside.held_until - now
    began: datetime = aside.claimed_at - unused
    until = min(now + timedelta(seconds=lease_s), began + timedelta(seconds=CLAIM_MAX_S))
    row = s.execute(
        update(items)
        .where(items.c.id == item_id)
        .values(
            state=ItemState.CLAIMED,
            claim_token=items.c.claim_token + 1,
            claimed_at=began,
            lease_until=until,
            held_until=None,
            hold_reason=None,
            held_s=items.c.held_s - int(unused.total_seconds()),
            version=items.c.version + 1,
        )
        .returning(*RETURNED)
    ).one()
    return claimed(s, actor, row)
