"""What moderation does to the availability of content, at once or at an instant to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from server.audit import service as audit
from server.content.announcing import announce, lock_videos, tell_viewers
from server.content.models import SLOTS, Slot, Video
from server.content.rules import ContentType
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.events import bus
from server.kit.wire import Availability


def lock(s: WriteSession, *, content_type: str, content_id: UUID) -> None:
    """Let no other transaction change this content until this one ends; who counts its viewers goes on."""
    table = SLOTS[ContentType(content_type)].table
    s.execute(select(table.id).where(table.id == content_id).with_for_update(key_share=True))


def schedule_availability(
    s: WriteSession,
    *,
    actor: Actor,
    content_type: str,
    content_id: UUID,
    availability: Availability,
    effective_at: datetime,
    restricted: bool = False,
) -> None:
    """Let `availability` count from `effective_at` on (now or earlier = at once).

    There is one coming change at a time: this replaces one that is not in force yet, so who decides twice
    passes the result of both. `restricted`: only cleared readers of the audit log learn of it, as with any
    content that is itself of that class. Raises NotFound.
    """
    slot, at_once = SLOTS[ContentType(content_type)], effective_at <= clock.now()
    _fold(
        s, slot, clock.now(), slot.table.id == content_id
    )  # else nobody would be told of a change that this replaces
    before = lock_videos(s, Video.id == content_id) if at_once and slot.table is Video else {}
    changed = s.execute(
        update(slot.table)
        .where(slot.table.id == content_id)
        .values(
            {
                slot.current: slot.in_force(),  # what has come due since it was folded is not lost
                slot.following: availability,
                slot.following_at: effective_at,
                slot.table.version: slot.table.version + 1,
            }
        )
        .returning(slot.table.version, slot.restricted_class().label("restricted_class"))
    ).one_or_none()
    if changed is None:
        raise NotFound(f"There is no such {content_type}.")
    secret = restricted or changed.restricted_class
    _changed(s, actor, content_type, content_id, changed, secret, availability, effective_at)
    tell_viewers(s, before)


def cancel_scheduled_availability(
    s: WriteSession, *, actor: Actor, content_type: str, content_id: UUID, restricted: bool = False
) -> None:
    """Take back the coming change. Raises NotFound; Conflict `in_force` when there is none any more."""
    slot = SLOTS[ContentType(content_type)]
    changed = s.execute(
        update(slot.table)
        .where(slot.table.id == content_id, slot.following_at > clock.now())
        .values({slot.following: None, slot.following_at: None, slot.table.version: slot.table.version + 1})
        .returning(slot.table.version, slot.restricted_class().label("restricted_class"))
    ).one_or_none()
    if changed is None:
        if s.get(slot.table, content_id) is None:
            raise NotFound(f"There is no such {content_type}.")
        raise Conflict("There is no change left to take back.", code="in_force")
    secret = restricted or changed.restricted_class
    _changed(s, actor, content_type, content_id, changed, secret, None, None)


def _changed(
    s: WriteSession,
    actor: Actor,
    content_type: str,
    content_id: UUID,
    now: Any,
    restricted: bool,
    to: Availability | None,
    effective_at: datetime | None,
) -> None:
    when = effective_at.isoformat() if effective_at else None
    target = f"{ContentType(content_type)}:{content_id}"
    # Who reads the audit log may lack the clearance to know what was decided.
    outcome = {} if restricted else {"to": to, "effective_at": when}
    audit.record(
        s,
        actor=actor,
        action="content.availability",
        target=target,
        restricted=restricted,
        **outcome,
    )
    bus.emit(s, "content.availability_changed", content_id, content_type=str(content_type), to=to)
    if content_type != ContentType.COMMENT:
        announce(s, content_id, now)


def fold_due(s: WriteSession) -> int:
    """Make the changes that are in force the stored value; answers how many. Reads never wait for this, but
    whoever has read before is told now."""
    now = clock.now()
    # All videos at once, whichever of their slots is due, or they would be locked in two orders.
    lock_videos(s, or_(*(slot.following_at <= now for slot in SLOTS.values() if slot.table is Video)))
    return sum(_fold(s, slot, now) for slot in SLOTS.values())


def _fold(s: WriteSession, slot: Slot, now: datetime, *which: ColumnElement[bool]) -> int:
    due = and_(slot.following_at <= now, *which)
    of_videos = slot.table is Video
    if of_videos:
        before = lock_videos(s, due)
    else:
        before = {}
        s.execute(select(slot.table.id).where(due).order_by(slot.table.id).with_for_update(key_share=True))
    if of_videos and not before:
        return 0
    rows = s.execute(
        update(slot.table)
        .where(due)
        .values(
            {
                slot.current: func.coalesce(slot.following, slot.current),
                slot.following: None,
                slot.following_at: None,
                slot.table.version: slot.table.version + 1,
            }
        )
        .returning(slot.table.id, slot.table.version, slot.restricted_class().label("restricted_class"))
    ).all()
    if of_videos:
        for row in rows:
            announce(s, row.id, row)
        tell_viewers(s, before)
    return len(rows)
