"""Flags on the wire: as they come in, and as a reviewer reads them."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.kit.wire import BasisPoints, Frozen, Instant, Milliseconds, text
from server.moderation import rules
from server.moderation.rules import ContentType, Source
from server.moderation.schemas.policies import PolicyCode


class NewFlag(Frozen):
    """`ranges` are [start_ms, end_ms] of the video. Only programs name a source but `staff`, and measure."""

    content_type: ContentType
    content_id: UUID
    policy: PolicyCode
    note: Annotated[str, text(rules.NOTE_MAX)] | None = None
    ranges: Annotated[list[tuple[Milliseconds, Milliseconds]], Field(max_length=100)] = []
    source: Source = Source.USER
    source_ref: Annotated[str, text(120)] | None = None
    confidence_bp: BasisPoints | None = None

    @model_validator(mode="after")
    def _ranges_run_forward(self) -> Self:
        if any(end < start for start, end in self.ranges):
            raise ValueError("a range ends before it starts")
        return self


class FlagReceipt(Frozen):
    flag_id: UUID
    item_id: UUID
    state: rules.FlagState


class FlagRow(Frozen):
    id: UUID
    source: Source
    source_ref: str | None
    reporter_handle: str | None
    policy: str
    confidence_bp: int | None
    ranges: list[tuple[int, int]]
    note: str | None
    state: rules.FlagState
    received_at: Instant


class Lane(Frozen):
    """The flagged ranges of one source and policy, for one lane of the timeline."""

    source: Source
    policy: str
    ranges: list[tuple[int, int, int | None]] = Field(description="[start_ms, end_ms, confidence_bp]")
