"""Decisions on the wire: what is decided, on which evidence, and what it does."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from server.kit.wire import Frozen, Instant, text
from server.moderation import rules
from server.moderation.rules import ContentType, Measure, Outcome, Scope
from server.moderation.schemas.claims import ClaimToken
from server.moderation.schemas.policies import PolicyCode

ReasonCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9_.:-]+$")]


class ActionBody(Frozen):
    """`duration_s` null = until it is reversed."""

    type: Measure
    scope: Scope
    duration_s: Annotated[int, Field(ge=rules.DURATION_MIN_S, le=rules.DURATION_MAX_S)] | None = None


class MarkBody(Frozen):
    """Evidence: a frame (its index, packet pts and ms) or a range from `in_ms` to `out_ms`."""

    frame: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    pts: Annotated[int, Field(ge=-(2**53), le=2**53)] | None = None
    ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    in_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    out_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    label: Annotated[str, text(80)]
    note: Annotated[str, text(rules.NOTE_MAX)] | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.in_ms is None) != (self.out_ms is None) or (self.ms is None and self.in_ms is None):
            raise ValueError("a mark needs ms, or both in_ms and out_ms")
        if self.in_ms is not None and self.out_ms is not None and self.out_ms < self.in_ms:
            raise ValueError("a range ends before it starts")
        return self


class Judgement(Frozen):
    """What is decided and why; `server.moderation.rules.problems` says which combinations are valid."""

    outcome: Outcome
    policy: PolicyCode | None = None
    facts: Annotated[str, text(rules.FACTS_MAX)] | None = None
    reason_codes: Annotated[list[ReasonCode], Field(max_length=20)] = []
    actions: Annotated[list[ActionBody], Field(max_length=4)] = []


class NewDecision(Judgement):
    id: Annotated[UUID | None, Field(description="For a client that would undo before the answer")] = None
    claim_token: ClaimToken
    bank_id: Annotated[
        UUID | None,
        Field(description="The hash bank to which a removed video is added, once the item is decided"),
    ] = None
    marks: Annotated[list[MarkBody], Field(max_length=rules.MARKS_MAX)] = []
    ms_viewed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    ms_revealed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class DecisionReceipt(Frozen):
    decision_id: UUID
    effective_at: Instant


class ActionRow(Frozen):
    type: Measure
    scope: Scope
    interim: bool = Field(description="Of an opinion: it ends when the item is decided")
    starts_at: Instant
    ends_at: Instant | None
    ended_at: Instant | None


class DecisionRow(Frozen):
    id: UUID
    item_id: UUID
    stage: int
    opinion: rules.Opinion
    first_opinion_id: UUID | None
    outcome: Outcome
    policy: str | None
    policy_version: int
    facts: str | None
    reason_codes: list[str]
    decider_id: UUID
    decider_handle: str
    content_type: ContentType
    content_id: UUID
    decided_at: Instant
    effective_at: Instant
    reverses_id: UUID | None
    reversed_by_id: UUID | None
    undone_at: Instant | None
    actions: list[ActionRow]
    proposed: list[ActionBody] = Field(description="What an opinion asks for")


class MarkRow(MarkBody):
    id: UUID
    decision_id: UUID
    author_handle: str
    created_at: Instant
