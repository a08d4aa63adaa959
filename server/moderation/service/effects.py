"""What enforcement actions do: the strictest one in force on a target sets its availability."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, exists, false, insert, or_, select, update

from server.accounts import service as accounts
from server.content import availability as content
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Invalid
from server.kit.wire import Availability
from server.moderation.models import Action, Decision, Interim, Item
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


def restrict_meanwhile(s: WriteSession, *, actor: Actor, item: Any, why: str) -> bool:
    """Restrict the subject of an item until it is decided, without a decision; False when it is already.

    `why` is what brought it about, for the record: a reference, no words.
    """
    before = select(Interim.id).where(Interim.item_id == item.id, Interim.ended_at.is_(None))
    if s.scalar(before.limit(1)) is not None:
        return False
    target = (item.content_type, item.content_id)
    values = {"item_id": item.id, "target_type": target[0], "target_id": target[1]}
    s.execute(insert(Interim).values(id=uuid4(), why=why, starts_at=clock.now(), **values))
    _settle(s, actor, target)
    return True


def limit_interim(s: WriteSession, *, item_id: UUID, ends_at: datetime | None) -> list[Target]:
    """Let what opinions on an item, or a match, have brought about end at `ends_at`; None = not before its
    decision.

    Answers the targets, which the caller settles together with what takes its place.
    """
    return _change_interim(s, item_id, ends_at=ends_at)


def end_interim(s: WriteSession, *, actor: Actor, item_id: UUID) -> None:
    """End at once what opinions on an item, or a match, have brought about: it will not be decided."""
    for target in sorted({*_change_interim(s, item_id, ended_at=clock.now())}):
        _settle(s, actor, target)


def _change_interim(s: WriteSession, item_id: UUID, **values: datetime | None) -> list[Target]:
    found: list[Target] = []
    matched = and_(Interim.item_id == item_id, Interim.ended_at.is_(None))
    for table, which in ((Action, _interim(item_id)), (Interim, matched)):
        changed = update(table).where(which).values(values)
        rows = s.execute(
            changed.returning(table.target_type, table.target_id), execution_options=UNSYNCED
        ).all()
        found += [(row.target_type, row.target_id) for row in rows]
    return found


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
    active = [_InForce(*row) for row in s.execute(_left(Action, target, now, Action.type, Action.interim))]
    meanwhile = s.execute(_left(Interim, target, now))
    active += [_InForce(row.starts_at, row.ends_at, Measure.RESTRICT, True) for row in meanwhile]
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


@dataclass(frozen=True)
class _InForce:
    """A measure on a target, in force or to come."""

    starts_at: datetime
    ends_at: datetime | None
    type: Measure
    interim: bool


def _left(table: type[Action] | type[Interim], target: Target, now: datetime, *more: Any) -> Select[Any]:
    """What is left on a target: (starts_at, ends_at, more)."""
    return select(table.starts_at, table.ends_at, *more).where(
        table.target_type == target[0],
        table.target_id == target[1],
        table.ended_at.is_(None),
        or_(table.ends_at.is_(None), table.ends_at > now),
    )


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
