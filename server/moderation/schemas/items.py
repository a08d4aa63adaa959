"""Items and queues on the wire, and what is judged."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from server.kit.wire import Frozen, Instant
from server.moderation import rules
from server.moderation.rules import ContentType, ItemState, Severity


class QueueCount(Frozen):
    id: str
    name: str
    kind: rules.QueueKind
    tier: int
    waiting: int
    more: bool = Field(description="More wait than are counted")


class ItemRow(Frozen):
    """One row of a list of items. `title` is the first line of what was flagged."""

    id: UUID
    queue: str
    state: ItemState
    stage: int
    has_first_opinion: bool = Field(description="The next decision is a second opinion, or a lead's")
    content_type: ContentType
    content_id: UUID
    policy: str
    severity: Severity
    priority: int
    priority_why: list[tuple[str, int]]
    due_at: Instant
    legal_due_at: Instant | None
    flag_count: int
    score_bp: int | None
    title: str
    owner_id: UUID | None
    creator_handle: str | None
    claimed_by: UUID | None
    claimed_by_handle: str | None
    lease_until: Instant | None
    created_at: Instant
    version: int


class Subject(Frozen):
    """What is judged, as it is shown now. `changed` = it is not the version that was last flagged."""

    content_type: ContentType
    content_id: UUID
    video_id: UUID | None
    title: str
    text: str
    duration_ms: int | None
    version_hash: str | None
    changed: bool
    deleted: bool
    created_at: Instant | None
