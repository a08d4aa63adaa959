"""What enforcement actions do: the strictest one in force on a target sets its availability."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, false, insert, or_, select, update

from server.accounts import service as accounts
from server.content import availability as content
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Invalid
from server.kit.wire import Availability
from server.moderation.models import Action, Decision, Item
from server.moderation.rules import AVAILABILITY, ActionChoice, ContentType, Measure, Opinion, Scope

Target = tuple[ContentType, UUID]
UNSYNCED = {"synchronize_session": False}


def add(
    s: WriteSession,
    *,
    actor: Actor,
    decision_id: UUID,
    chosen: Sequence[ActionChoice],
    item: Any,
    starts_at: datetime,
    interim: bool = False,
    also: Collection[Target] = (),
) -> None:
    """Write the actions of a decision about `item` and schedule what they do, and what is left on `also`.

    Raises Invalid `no_account`.
    """
    rows = []
    for action in chosen:
        target_type, target_id = _target(action.scope, item)
        ends_at = starts_at + timedelta(seconds=action.duration_s) if action.duration_s else None
        rows.append(
            {
                "id": uuid4(),
                "decision_id": decision_id,
                "type": action.type,
                "scope": action.scope,
                "interim": interim,
                "target_type": target_type,
                "target_id": target_id,
                "starts_at": starts_at,
                "ends_at": ends_at,
            }
        )
    if rows:
        s.execute(insert(Action), rows)
    for target in sorted({_target(action.scope, item) for action in chosen} | {*also}):
        _settle(s, actor, target)


def limit_interim(s: WriteSession, *, item_id: UUID, ends_at: datetime | None) -> list[Target]:
    """Let what opinions on an item have brought about end at `ends_at`; None = not before its decision.

    Answers the targets, which the caller settles together with what takes its place.
    """
    limited = update(Action).where(_interim(item_id)).values(ends_at=ends_at)
    rows = s.execute(
        limited.returning(Action.target_type, Action.target_id), execution_options=UNSYNCED
    ).all()
    return [(row.target_type, row.target_id) for row in rows]


def end_interim(s: WriteSession, *, actor: Actor, item_id: UUID) -> None:
    """End at once what opinions on an item have brought about: it will not be decided."""
    ended = update(Action).where(_interim(item_id)).values(ended_at=clock.now())
    rows = s.execute(ended.returning(Action.target_type, Action.target_id), execution_options=UNSYNCED).all()
    for target in sorted({(row.target_type, row.target_id) for row in rows}):
        _settle(s, actor, target)


def _interim(item_id: UUID) -> ColumnElement[bool]:
    opinions = select(Decision.id).where(Decision.item_id == item_id, Decision.opinion != Opinion.SOLE)
    return and_(Action.decision_id.in_(opinions), Action.interim.is_(True), Action.ended_at.is_(None))


def end(s: WriteSession, *, actor: Actor, decision_id: UUID, also: Collection[Target] = ()) -> None:
    """Reverse what is left of a decision's actions, whether they are in force or still to come.

    What is left on the targets `also` is settled with it.
    """
    now = clock.now()
    ended = s.execute(
        update(Action)
        .where(Action.decision_id == decision_id, Action.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Action.target_type, Action.target_id, Action.starts_at)
    ).all()
    found = {(row.target_type, row.target_id): row.starts_at > now for row in ended}
    for target in sorted({*found, *also}):
        _settle(s, actor, target, never_came=found.get(target, False))


def lift_expired(s: WriteSession, *, actor: Actor, limit: int) -> int:
    """End the temporary actions whose time is over; answers how many."""
    over = select(Action.id).where(Action.ended_at.is_(None), Action.ends_at <= clock.now()).limit(limit)
    lifted = s.execute(
        update(Action)
        .where(Action.id.in_(over.scalar_subquery()), Action.ended_at.is_(None))
        .values(ended_at=Action.ends_at)
        .returning(Action.target_type, Action.target_id)
        .execution_options(synchronize_session=False)
    ).all()
    for target in sorted({(row.target_type, row.target_id) for row in lifted}):
        _settle(s, actor, target)
    return len(lifted)


def _target(scope: Scope, item: Any) -> Target:
    if scope is Scope.ITEM:
        return item.content_type, item.content_id
    if item.subject_owner_id is None:
        raise Invalid("This content has no account to act on.", code="no_account")
    return ContentType.PROFILE, item.subject_owner_id


def _settle(s: WriteSession, actor: Actor, target: Target, *, never_came: bool = False) -> None:
    """Make the target's availability what the actions left on it ask for, at the right instant.

    The target is locked before its actions are read: of two decisions at once the later one to commit sees
    both. Callers settle in sorted order, so that two of them never wait for each other.
    `never_came`: an action was taken back before it took effect, so that without others nothing changes.
    """
    _lock(s, target)
    now = clock.now()
    active = s.execute(
        select(Action.type, Action.starts_at, Action.ends_at, Action.interim).where(
            Action.target_type == target[0],
            Action.target_id == target[1],
            Action.ended_at.is_(None),
            or_(Action.ends_at.is_(None), Action.ends_at > now),
        )
    ).all()
    ends = [row.ends_at for row in active if row.interim and row.ends_at is not None]
    if active and len(ends) == len(active):
        # Nothing follows an interim restriction that a decision has ended: it is lifted to the instant.
        _schedule(s, actor, target, Availability.PUBLIC, max(ends))
    elif active:
        strictest = max((row.type for row in active), key=list(Measure).index)
        at = min(row.starts_at for row in active if row.type is strictest)
        _schedule(s, actor, target, AVAILABILITY[strictest], max(at, now))
    elif never_came:
        _cancel(s, actor, target)
    else:
        _schedule(s, actor, target, Availability.PUBLIC, now)


def _lock(s: WriteSession, target: Target) -> None:
    kind, content_id = target
    if kind is ContentType.PROFILE:
        accounts.lock(s, person_id=content_id)
    elif kind is not ContentType.SPARK:
        content.lock(s, content_type=kind, content_id=content_id)


def _schedule(s: WriteSession, actor: Actor, target: Target, to: Availability, at: datetime) -> None:
    kind, content_id = target
    secret = _is_restricted(s, target)
    if kind is ContentType.PROFILE:
        accounts.set_profile_availability(
            s, actor=actor, person_id=content_id, availability=to, effective_at=at, restricted=secret
        )
    elif kind is not ContentType.SPARK:
        content.schedule_availability(
            s,
            actor=actor,
            content_type=kind,
            content_id=content_id,
            availability=to,
            effective_at=at,
            restricted=secret,
        )


def _cancel(s: WriteSession, actor: Actor, target: Target) -> None:
    kind, content_id = target
    secret = _is_restricted(s, target)
    if kind is ContentType.PROFILE:
        accounts.cancel_profile_availability(s, actor=actor, person_id=content_id, restricted=secret)
    elif kind is not ContentType.SPARK:
        content.cancel_scheduled_availability(
            s, actor=actor, content_type=kind, content_id=content_id, restricted=secret
        )


def _is_restricted(s: WriteSession, target: Target) -> bool:
    """Whether the record of what befalls a target may be for cleared readers only.

    Of an account that is so once anything of its person is of the class: an entry about it could tell that.
    """
    kind, content_id = target
    of_target = Item.subject_owner_id == content_id if kind is ContentType.PROFILE else false()
    found = exists().where(or_(Item.content_id == content_id, of_target), Item.restricted)
    return bool(s.scalar(select(found)))
