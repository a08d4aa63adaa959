"""Items that end without a decision, when the subject is gone or the last voice is; and come back with it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, select, update

from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.moderation import subjects
from server.moderation.models import Flag, Item
from server.moderation.rules import OPEN, ContentType, FlagState, ItemState, Source, rest_state
from server.moderation.schemas import FlagReceipt
from server.moderation.service import effects
from server.moderation.service.record import FREE, changed, flags, items


def withdraw_flag(s: WriteSession, *, actor: Actor, flag_id: UUID) -> FlagReceipt:
    """Take one's own flag back; the item is cancelled when nobody else speaks for it and nobody has it.

    It stays once there is an opinion on it, for the second one. An item of the restricted class stays: once
    that was said, a cleared person looks at it.
    Raises NotFound for a flag that is not one's own, Conflict `already_judged` after the decision.
    """
    flag = s.execute(
        select(Flag.item_id, Flag.state).where(
            Flag.id == flag_id, Flag.reporter_id == actor.person, Flag.source == Source.USER
        )
    ).one_or_none()
    if flag is None:
        raise NotFound("You have no such flag.")
    item = s.execute(select(items).where(Item.id == flag.item_id).with_for_update()).one()
    gone = s.changed_one(
        update(flags)
        .where(flags.c.id == flag_id, flags.c.state == FlagState.LINKED)
        .values(state=FlagState.WITHDRAWN, dedup_key=None)
    )
    if not gone:
        raise Conflict("This flag is not waiting for a decision any more.", code="already_judged")
    others = s.scalar(select(exists().where(Flag.item_id == item.id, Flag.state == FlagState.LINKED)))
    in_hand = item.state in (ItemState.CLAIMED, ItemState.ON_HOLD) or item.first_opinion_id is not None
    if others or item.restricted or in_hand:
        changed(
            s,
            actor=actor,
            what="flag_withdrawn",
            item_id=item.id,
            restricted=item.restricted,
            version=_count_out(s, item.id),
        )
    else:
        _cancel(s, actor, items.c.id == item.id)
    return FlagReceipt(flag_id=flag_id, item_id=item.id, state=FlagState.WITHDRAWN)


def follow_subject(s: WriteSession, *, actor: Actor, content_type: ContentType, content_id: UUID) -> None:
    """Cancel the items of a subject that is gone now, or open again those of one that is there.

    Its items are locked before it is read, so that of two at once the later one sees what the other saw.
    """
    mine = (Item.content_id == content_id, Item.content_type == content_type)
    s.execute(select(Item.id).where(*mine).order_by(Item.id).with_for_update())
    subject = subjects.find(s, content_type, content_id)
    if subject is None or subject.deleted:
        cancel_items(s, actor=actor, content_id=content_id, content_types=[content_type])
    else:
        reopen_items(s, actor=actor, content_id=content_id, content_types=[content_type])


def cancel_items(
    s: WriteSession, *, actor: Actor, content_id: UUID, content_types: Sequence[ContentType]
) -> int:
    """Cancel the open items of a subject that is gone; answers how many. What was collected is kept.

    Items of the restricted class stay open: nobody gets out of that judgement by deleting.
    """
    cancelled = _cancel(
        s,
        actor,
        items.c.content_id == content_id,
        items.c.content_type.in_(content_types),
        items.c.restricted.is_(False),
    )
    s.execute(
        update(flags)
        .where(flags.c.item_id.in_(cancelled), flags.c.state == FlagState.LINKED)
        .values(state=FlagState.MOOT)
    )
    return len(cancelled)


def reopen_items(
    s: WriteSession, *, actor: Actor, content_id: UUID, content_types: Sequence[ContentType]
) -> int:
    """Open again what was cancelled because its subject was gone, with its flags; answers how many.

    Where a later flag has opened an item of the same family already, the subject is judged there.
    """
    moot = exists().where(flags.c.item_id == items.c.id, flags.c.state == FlagState.MOOT)
    found = s.execute(
        select(items)
        .where(items.c.content_id == content_id, items.c.content_type.in_(content_types))
        .where(items.c.state == ItemState.CANCELLED, moot)
        .order_by(items.c.created_at)
        .with_for_update()
    ).all()
    reopened = 0
    for item in found:
        same = (Item.content_type == item.content_type, Item.family == item.family)
        if s.scalar(select(exists().where(Item.content_id == content_id, *same, Item.state.in_(OPEN)))):
            effects.end_interim(s, actor=actor, item_id=item.id)
            continue
        version = s.execute(
            update(items)
            .where(items.c.id == item.id)
            .values(
                state=rest_state(item.stage, second=item.first_opinion_id is not None),
                boost_at=case((items.c.boosts < 2, items.c.due_at), else_=None),
                version=items.c.version + 1,
            )
            .returning(items.c.version)
        ).scalar_one()
        s.execute(
            update(flags)
            .where(flags.c.item_id == item.id, flags.c.state == FlagState.MOOT)
            .values(state=FlagState.LINKED)
        )
        changed(
            s,
            actor=actor,
            what="item_reopened",
            item_id=item.id,
            restricted=item.restricted,
            version=version,
        )
        reopened += 1
    return reopened


def _cancel(s: WriteSession, actor: Actor, *which: ColumnElement[bool]) -> list[UUID]:
    cancelled = s.execute(
        update(items)
        .where(*which, items.c.state.in_(OPEN))
        .values(state=ItemState.CANCELLED, boost_at=None, version=items.c.version + 1, **FREE)
        .returning(items.c.id, items.c.restricted, items.c.version)
    ).all()
    for item in cancelled:
        changed(
            s,
            actor=actor,
            what="item_cancelled",
            item_id=item.id,
            restricted=item.restricted,
            version=item.version,
        )
    return [item.id for item in cancelled]


def _count_out(s: WriteSession, item_id: UUID) -> int:
    values = {"flag_count": items.c.flag_count - 1, "version": items.c.version + 1}
    bumped = update(items).where(items.c.id == item_id).values(values)
    return int(s.execute(bumped.returning(items.c.version)).scalar_one())
