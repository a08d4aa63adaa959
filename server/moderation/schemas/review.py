"""Everything on the wire that the review of one item needs, its notes too."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.kit.wire import Frozen, Instant, text
from server.moderation import rules
from server.moderation.rules import Outcome
from server.moderation.schemas.decisions import DecisionRow, MarkRow
from server.moderation.schemas.flags import FlagRow, Lane
from server.moderation.schemas.items import ItemRow, Subject
from server.moderation.schemas.policies import PolicyNode
from server.moderation.schemas.records import CreatorSummary


class Empty(Frozen):
    """A body without content."""


class NewNote(Frozen):
    id: UUID | None = None
    body: Annotated[str, text(rules.NOTE_MAX)]
    at_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class NoteReceipt(Frozen):
    id: UUID


class NoteRow(Frozen):
    id: UUID
    author_id: UUID
    author_handle: str
    body: str
    at_ms: int | None
    created_at: Instant


class Review(Frozen):
    """Everything that the review of one item needs."""

    item: ItemRow
    subject: Subject | None
    flags: list[FlagRow]
    lanes: list[Lane]
    creator: CreatorSummary | None
    decisions: list[DecisionRow]
    notes: list[NoteRow]
    marks: list[MarkRow]
    policies: list[PolicyNode]
    outcomes: list[Outcome]
    claim_token: int | None = Field(description="Set when the claim is yours")
    lease_left_s: int | None
    hold_reason: str | None
    estimated_review_ms: int | None
