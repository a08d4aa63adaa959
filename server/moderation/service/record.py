"""What every change of an item leaves behind: an audit entry, an event, a word to the clients."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table

from server.audit import service as audit
from server.kit import live
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.events import bus
from server.moderation.models import Decision, Exclusion, Finality, Flag, HandlingTimes, Item, Queue

items = cast(Table, Item.__table__)
flags = cast(Table, Flag.__table__)
decisions = cast(Table, Decision.__table__)
finalities = cast(Table, Finality.__table__)
queues = cast(Table, Queue.__table__)
exclusions = cast(Table, Exclusion.__table__)
handling_times = cast(Table, HandlingTimes.__table__)


def changed(
    s: WriteSession, *, actor: Actor, what: str, item_id: UUID, restricted: bool, version: int, **data: Any
) -> None:
    """Record that `what` happened to an item. Of a restricted one the record says no more than that."""
    audit.record(
        s,
        actor=actor,
        action=f"moderation.{what}",
        target=f"item:{item_id}",
        restricted=restricted,
        **({} if restricted else data),
    )
    bus.emit(s, f"moderation.{what}", item_id, **data)
    live.publish(s, "moderation.restricted_item" if restricted else "moderation.item", item_id, version)


FREE: dict[str, Any] = {
    "claimed_by": None,
    "lease_until": None,
    "held_until": None,
    "hold_reason": None,
    "prefetched": False,
}
"""The columns of an item that nobody has."""

RETURNED = (
    items.c.id,
    items.c.claim_token,
    items.c.lease_until,
    items.c.content_type,
    items.c.content_id,
    items.c.restricted,
    items.c.version,
)
"""What a change of an item answers: enough for its claim and its record."""

OPINION = "gave an opinion on it"
"""Why somebody is not offered an item again that waits for another opinion."""
