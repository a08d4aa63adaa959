"""What enforcement actions do: the strictest one in force on a target sets its availability."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, false, insert, or_, select, update

from server.accounts import service as accounts
from server.content import service as content
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Invalid
from server.kit.wire import Availability
from server.moderation.models import Action, Item
from server.moderation.rules import ActionChoice, ContentType, Measure, Scope

AVAILABILITY = {Measure.RESTRICT: Availability.RESTRICTED, Measure.REMOVE: Availability.REMOVED}
Target = tuple[ContentType, UUID]


def add(
    s: WriteSession,
    *,
    actor: Actor,
    decision_id: UUID,
    chosen: Sequence[ActionChoice],
    item: Any,
    starts_at: datetime,
) -> None:
    """Write the actions of a decision about `item` and schedule what they do. Raises Invalid `no_account`."""
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
                "target_type": target_type,
                "target_id": target_id,
                "starts_at": starts_at,
                "ends_at": ends_at,
            }
        )
    s.execute(insert(Action), rows)
    for target in sorted({_target(action.scope, item) for action in chosen}):
        _settle(s, actor, target)


def end(s: WriteSession, *, actor: Actor, decision_id: UUID) -> None:
    """Reverse what is left of a decision's actions, whether they are in force or still to come."""
    now = clock.now()
    ended = s.execute(
        update(Action)
        .where(Action.decision_id == decision_id, Action.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Action.target_type, Action.target_id, Action.starts_at)
    ).all()
    for target_type, target_id, never_came in sorted({(row[0], row[1], row[2] > now) for row in ended}):
        _settle(s, actor, (target_type, target_id), never_came=never_came)


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
        select(Action.type, Action.starts_at).where(
            Action.target_type == target[0],
            Action.target_id == target[1],
            Action.ended_at.is_(None),
            or_(Action.ends_at.is_(None), Action.ends_at > now),
        )
    ).all()
    if active:
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
