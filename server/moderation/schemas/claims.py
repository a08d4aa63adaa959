"""Claims on the wire: taking an item, keeping it, and giving it on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.kit.wire import Frozen, Instant, text
from server.moderation import rules
from server.moderation.rules import ContentType, ItemState
from server.moderation.schemas.policies import QueueId

ClaimToken = Annotated[int, Field(ge=0, le=2**31 - 1, description="The fencing token of a claim")]


class NewClaim(Frozen):
    """Nothing = the next item of any queue one serves; `queue` = the next one there; `item_id` = that one."""

    queue: QueueId | None = None
    item_id: UUID | None = None


class NewPrefetch(Frozen):
    queue: QueueId | None = None


class SubjectRef(Frozen):
    content_type: ContentType
    content_id: UUID


class Reclaim(Frozen):
    """The claim that an undo gives back, with a fresh token."""

    item_id: UUID
    claim_token: int
    lease_until: Instant


class Claim(Reclaim):
    subject: SubjectRef


class ClaimRef(Frozen):
    claim_token: ClaimToken


class Skip(ClaimRef):
    reason: Annotated[str, text(500)]


class Transfer(Skip):
    """To whom: by id or by handle."""

    person_id: UUID | None = None
    handle: Annotated[str, text(32)] | None = None


class TakeOver(Frozen):
    reason: Annotated[str, text(500)]


class Colleague(Frozen):
    id: UUID
    handle: str
    name: str


class Handover(Frozen):
    """An item that is yours because a colleague handed it to you; `id` is that of the note that says why."""

    id: UUID
    item_id: UUID
    content_type: ContentType
    title: str
    by_handle: str
    reason: str
    at: Instant


class Hold(ClaimRef):
    reason: Annotated[str, text(500)]
    seconds: Annotated[int, Field(ge=60, le=rules.HOLD_MAX_S)]


class ClaimState(Frozen):
    state: ItemState
    lease_until: Instant | None = None
