"""Claims: leased, fenced by a token that grows with each one, kept alive by a heartbeat.

Every write of a claimer names the token, itself, the state and the lease in its WHERE: whoever lost the claim
changes nothing and is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, or_, select, update

from server.accounts.models import Person
from server.forensics import service as forensics
from server.forensics.rules import Priority
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.upsert import insert_ignoring
from server.moderation.models import Exclusion, Item
from server.moderation.queries.scope import CLEARANCE, visible
from server.moderation.queries.serving import able
from server.moderation.rules import (
    CLAIM_MAX_S,
    CLAIMS_MAX,
    PREFETCH_S,
    SKIPS_TO_ESCALATE,
    ContentType,
    ItemState,
    QueueKind,
    queue_of,
    rest_state,
)
from server.moderation.schemas import Claim, ClaimState, SubjectRef
from server.moderation.service.record import FREE, RETURNED, changed, exclusions, items, queues

LEAD = "moderation.lead"


def _pick() -> Any:
    """One statement that finds the next item of a queue and claims it, for whoever has room for one more.

    On PostgreSQL rows that others are just claiming are skipped; on SQLite BEGIN IMMEDIATE excludes others.
    The index `pick` gives the order, so nothing is sorted.
    """
    candidate = items.alias().c
    me: ColumnElement[UUID] = bindparam("me", type_=items.c.claimed_by.type)
    excluded = exists().where(exclusions.c.item_id == candidate.id, exclusions.c.person_id == me)
    chosen = (
        select(candidate.id)
        .where(candidate.queue_id == bindparam("queue"), candidate.state == bindparam("waiting"))
        .where(or_(candidate.subject_owner_id.is_(None), candidate.subject_owner_id != me), ~excluded)
        .order_by(candidate.priority.desc(), candidate.due_at, candidate.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(items)
        .where(items.c.id == chosen, CLAIMS.scalar_subquery() < CLAIMS_MAX)
        .values(
            state=ItemState.CLAIMED,
            claimed_by=me,
            claim_token=items.c.claim_token + 1,
            claimed_at=bindparam("now"),
            lease_until=bindparam("until"),
            prefetched=bindparam("ahead"),
            version=items.c.version + 1,
        )
        .returning(*RETURNED)
    )


NEEDED = tuple(
    items.c[name]
    for name in (
        "id",
        "queue_id",
        "restricted",
        "stage",
        "version",
        "boost_at",
        "content_type",
        "content_id",
        "policy",
        "legal_due_at",
        "held_s",
        "subject_owner_id",
        "subject_version_hash",
        "first_opinion_id",
        "hash_match",
        "skip_count",
        "claim_token",
        "claimed_at",
        "prefetched",
    )
)
"""What the holder of an item needs of it: a third of its columns, each of which has its cost."""


def _held() -> Any:
    """The item of a live claim with what its queue allows, locked."""
    return (
        select(*NEEDED, queues.c.outcomes, queues.c.lease_s)
        .join(queues, queues.c.id == items.c.queue_id)
        .where(
            items.c.id == bindparam("item"),
            items.c.claim_token == bindparam("token"),
            items.c.claimed_by == bindparam("me"),
            items.c.state == ItemState.CLAIMED,
            items.c.lease_until > bindparam("now"),
            or_(items.c.restricted.is_(False), bindparam("cleared", type_=items.c.restricted.type)),
        )
        .with_for_update(of=items)
    )


def _served() -> Any:
    """Every queue, and the priority of what waits there first. Only the order makes SQLite sure of the index
    `pick`."""
    first = (
        select(items.c.priority)
        .where(items.c.queue_id == queues.c.id, items.c.state == queues.c.waits)
        .order_by(items.c.priority.desc(), items.c.due_at, items.c.id)
        .limit(1)
        .scalar_subquery()
    )
    columns = (queues.c.id, queues.c.tier, queues.c.kind, queues.c.lease_s, queues.c.waits)
    return select(*columns, first.label("first"))


def in_hand(state: ItemState, until: ColumnElement[Any]) -> Any:
    """How many items someone has in this way."""
    mine = (items.c.claimed_by == bindparam("me"), items.c.state == state, until > bindparam("now"))
    return select(func.count()).where(*mine)


# On tables, not on mapped classes, and built once: every claim and decision runs these.
CLAIMS = in_hand(ItemState.CLAIMED, items.c.lease_until)
PICK = _pick()
HELD = _held()
SERVED = _served()


@dataclass(frozen=True)
class Served:
    """A queue that someone may claim from, its lease in seconds."""

    id: str
    waits: ItemState
    restricted: bool
    lease_s: int
    first: int | None
    """The priority of what waits there first; None when nothing waits."""


def served(s: AnySession, actor: Actor, *, lease_s: int, queue: str | None = None) -> list[Served]:
    """The queues that the actor may claim from, in the order in which they are tried.

    Where the highest priority waits comes first, so that one gets what stands first in the list; the
    restricted class last, so that nobody meets it unasked while anything else waits.
    Raises NotFound for a queue that is not the actor's to serve.
    """
    lead, cleared = actor.can(LEAD), actor.can(CLEARANCE)
    found = [
        Served(row.id, row.waits, row.kind is QueueKind.RESTRICTED, row.lease_s or lease_s, row.first)
        for row in s.core.execute(SERVED)
        if (lead or row.tier == 1) and (cleared or row.kind is QueueKind.NORMAL) and queue in (None, row.id)
    ]
    if queue is not None and not found:
        raise NotFound("You do not serve a queue of this name.")
    return sorted(found, key=lambda place: (place.restricted, -(place.first or 0), place.id))


def claim_next(s: WriteSession, *, actor: Actor, lease_s: int, queue: str | None = None) -> Claim | None:
    """Claim the first waiting item of `queue`, or of any that the actor serves; None when none waits.

    Raises Conflict `too_many_claims`.
    """
    for place in served(s, actor, lease_s=lease_s, queue=queue):
        if place.first is None:
            continue
        if (row := _take(s, actor, place, place.lease_s, ahead=False)) is not None:
            return claimed(s, actor, row)
    check_room(s, actor)
    return None


def prefetch(s: WriteSession, *, actor: Actor, queue: str | None = None) -> Claim | None:
    """Claim the item after the present one for 60 s, so that it can be loaded; its heartbeat makes it a
    full claim. Whoever has one already gets that one, for another 60 s. The restricted class is loaded
    ahead only for those who name its queue. Raises Conflict `too_many_claims`."""
    until = clock.now() + timedelta(seconds=PREFETCH_S)
    mine = (
        update(items)
        .where(items.c.claimed_by == actor.person, items.c.lease_until > clock.now())
        .where(items.c.state == ItemState.CLAIMED, items.c.prefetched.is_(True))
        .where(*([items.c.queue_id == queue] if queue else []))
        .values(lease_until=until)
        .returning(*RETURNED)
    )
    if (again := s.execute(mine).first()) is not None:
        return claim_of(again)
    for place in served(s, actor, lease_s=PREFETCH_S, queue=queue):
        if place.first is None or (place.restricted and queue is None):
            continue
        if (row := _take(s, actor, place, PREFETCH_S, ahead=True)) is not None:
            return claimed(s, actor, row)
    check_room(s, actor)
    return None


def claim_item(s: WriteSession, *, actor: Actor, item_id: UUID, lease_s: int) -> Claim:
    """Claim one item by its id.

    Raises NotFound where the actor may not see it; Conflict `claimed` when someone has it, `not_waiting` when
    it is decided or held, `excluded` for own content and what the actor has flagged, skipped or given an
    opinion on; `too_many_claims`.
    """
    item = s.execute(
        select(Item.queue_id, Item.state, Item.subject_owner_id, Person.name.label("by"))
        .outerjoin(Person, Person.id == Item.claimed_by)
        .where(Item.id == item_id, visible(actor))
    ).one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    (place,) = served(s, actor, lease_s=lease_s, queue=item.queue_id)
    check_barred(s, actor, item_id, item.subject_owner_id)
    check_room(s, actor)
    now = clock.now()
    row = s.execute(
        update(items)
        .where(items.c.id == item_id, items.c.state == place.waits)
        .values(
            state=ItemState.CLAIMED,
            claimed_by=actor.person,
            claim_token=items.c.claim_token + 1,
            claimed_at=now,
            lease_until=now + timedelta(seconds=place.lease_s),
            prefetched=False,
            version=items.c.version + 1,
        )
        .returning(*RETURNED)
    ).one_or_none()
    if row is None and item.state is ItemState.CLAIMED:
        raise Conflict(f"{item.by or 'Someone else'} has this item.", code="claimed")
    if row is None:
        raise Conflict("This item does not wait for a decision now.", code="not_waiting")
    return claimed(s, actor, row)


def check_barred(s: AnySession, actor: Actor, item_id: UUID, owner_id: UUID | None) -> None:
    """Nobody judges in their own case, nor twice, nor what they passed on. Raises Conflict `excluded`."""
    barred = exists().where(Exclusion.item_id == item_id, Exclusion.person_id == actor.person)
    if owner_id == actor.id or s.scalar(select(barred)):
        raise Conflict(
            "This is for someone else: it is your own, or you flagged, skipped or judged it.", code="excluded"
        )


def check_room(s: AnySession, actor: Actor) -> None:
    """Nobody keeps the queue from the others by claiming all of it."""
    if s.execute(CLAIMS, {"me": actor.person, "now": clock.now()}).scalar_one() >= CLAIMS_MAX:
        raise Conflict("You have as many items as one can have at a time.", code="too_many_claims")


def _take(s: WriteSession, actor: Actor, place: Served, lease_s: int, *, ahead: bool) -> Any | None:
    now = clock.now()
    given = {
        "me": actor.person,
        "queue": place.id,
        "waiting": place.waits,
        "now": now,
        "until": now + timedelta(seconds=lease_s),
        "ahead": ahead,
    }
    return s.core.execute(PICK, given).one_or_none()


def claimed(s: WriteSession, actor: Actor, row: Any) -> Claim:
    moved(s, actor, "item_claimed", row, token=row.claim_token)
    if row.content_type == ContentType.VIDEO:  # whoever judges it is to see its scores
        forensics.hasten(s, video_id=row.content_id, priority=Priority.CLAIMED)
    return claim_of(row)


def claim_of(row: Any) -> Claim:
    """What a claimer is told."""
    subject = SubjectRef(content_type=row.content_type, content_id=row.content_id)
    return Claim(item_id=row.id, claim_token=row.claim_token, lease_until=row.lease_until, subject=subject)


def moved(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> None:
    changed(s, actor=actor, what=what, item_id=row.id, restricted=row.restricted, version=row.version, **data)


def fence(actor: Actor, item_id: UUID, token: int) -> ColumnElement[bool]:
    """What must still hold for a claimer to change anything."""
    return and_(
        items.c.id == item_id,
        items.c.claim_token == token,
        items.c.claimed_by == actor.person,
        items.c.state == ItemState.CLAIMED,
        items.c.lease_until > clock.now(),
    )


def lost(s: AnySession, actor: Actor, item_id: UUID) -> NotFound | Conflict:
    """The refusal of a write whose fence did not hold."""
    if s.scalar(select(exists().where(Item.id == item_id, visible(actor)))):
        return Conflict("Your claim on this item is over. What you wrote was not applied.", code="lease_lost")
    return NotFound("There is no such item.")


def held(s: WriteSession, actor: Actor, item_id: UUID, token: int) -> Row[Any]:
    """The item of a live claim, locked, with its queue's `outcomes` and `lease_s`.

    Raises Conflict `lease_lost`, NotFound.
    """
    who = {"me": actor.person, "cleared": actor.can(CLEARANCE)}
    row = s.core.execute(HELD, {"item": item_id, "token": token, "now": clock.now(), **who}).one_or_none()
    if row is None:
        raise lost(s, actor, item_id)
    return row


def heartbeat(s: WriteSession, *, actor: Actor, item_id: UUID, token: int, lease_s: int) -> ClaimState:
    """Extend a live claim, up to two hours in all. A prefetched item becomes the present one by it."""
    row, now = held(s, actor, item_id, token), clock.now()
    began: datetime = now if row.prefetched else row.claimed_at
    until = min(now + timedelta(seconds=row.lease_s or lease_s), began + timedelta(seconds=CLAIM_MAX_S))
    s.execute(
        update(items)
        .where(fence(actor, item_id, token))
        .values(lease_until=until, claimed_at=began, prefetched=False)
    )
    return ClaimState(state=ItemState.CLAIMED, lease_until=until)


def release(s: WriteSession, *, actor: Actor, item_id: UUID, token: int) -> ClaimState:
    """Give a claim back."""
    row = held(s, actor, item_id, token)
    return _rest(s, actor, row, "item_released")


def skip(s: WriteSession, *, actor: Actor, item_id: UUID, token: int, reason: str) -> ClaimState:
    """Give a claim back for good: it is not offered to this person again; the third skip escalates it.

    Raises Conflict `nobody_else` where that would leave the item to nobody.
    """
    row = held(s, actor, item_id, token)
    skips = row.skip_count + 1
    escalates = skips >= SKIPS_TO_ESCALATE and row.stage == 1
    if s.execute(able(row, stage=2 if escalates else row.stage, but=actor.person).limit(1)).first() is None:
        raise Conflict("Nobody else can take this item.", code="nobody_else")
    insert_ignoring(
        s,
        Exclusion,
        {"item_id": item_id, "person_id": actor.person, "why": f"skipped: {reason}"[:500], "at": clock.now()},
    )
    if escalates:
        queue = queue_of(restricted=row.restricted, stage=2)
        return _rest(s, actor, row, "item_escalated", skip_count=skips, stage=2, queue_id=queue)
    return _rest(s, actor, row, "item_skipped", skip_count=skips)


def _rest(s: WriteSession, actor: Actor, row: Any, what: str, **values: Any) -> ClaimState:
    state = rest_state(values.get("stage", row.stage), second=row.first_opinion_id is not None)
    done = s.execute(
        update(items)
        .where(items.c.id == row.id, items.c.state == ItemState.CLAIMED, items.c.version == row.version)
        .values(state=state, version=items.c.version + 1, **FREE | values)
        .returning(*RETURNED)
    ).one()
    moved(s, actor, what, done)
    return ClaimState(state=state)
