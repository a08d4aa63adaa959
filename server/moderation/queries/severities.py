"""How severe moderation takes a video for, by what forensics can speak of."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select

from server.forensics.opinion import rules as opinions
from server.forensics.rules import Slot
from server.kit.db import AnySession
from server.moderation.models import Item
from server.moderation.rules import OPEN, ContentType

SLOTS: Final = {
    "synthetic": Slot.FACE_MANIPULATION,
    "sexual": Slot.EXPLICIT,
    "violence": Slot.VIOLENCE,
    "hate": Slot.HATE_SPEECH,
    "ncii": Slot.NON_CONSENSUAL,
}
"""The families of policies that have a slot."""


def of_open_items(s: AnySession, video_id: UUID) -> dict[Slot, opinions.Severity]:
    """The severity of the open items of a video and of its caption, by slot."""
    rows = s.execute(
        select(Item.family, Item.severity).where(
            Item.content_id == video_id,
            Item.content_type.in_((ContentType.VIDEO, ContentType.CAPTION)),
            Item.state.in_(OPEN),
            Item.family.in_(SLOTS),
        )
    ).all()
    found: dict[Slot, opinions.Severity] = {}
    for row in rows:
        slot, severity = SLOTS[row.family], opinions.Severity(row.severity.value)
        found[slot] = opinions.worse(found.get(slot, opinions.Severity.NONE), severity)
    return found
