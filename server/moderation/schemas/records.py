"""The record of a creator, one's own figures, saved reasons, and what a search finds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from server.kit.wire import Frozen, Instant, Version, text
from server.moderation import rules
from server.moderation.rules import Severity
from server.moderation.schemas.decisions import DecisionRow
from server.moderation.schemas.flags import FlagRow
from server.moderation.schemas.items import ItemRow
from server.moderation.schemas.policies import PolicyCode


class StrikeRow(Frozen):
    id: UUID
    decision_id: UUID
    policy: str
    severity: Severity
    points: int
    at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class CreatorSummary(Frozen):
    """Who made it, and the record so far. Counts stop at 1000."""

    id: UUID
    handle: str
    name: str
    bio: str
    state: str
    created_at: Instant
    strike_points: int
    violations: int
    allowed: int
    open_items: int


class CreatorPage(Frozen):
    """The record of a creator: newest first, at most 100 of each list."""

    creator: CreatorSummary
    strikes: list[StrikeRow]
    decisions: list[DecisionRow]
    flags: list[FlagRow]
    items: list[ItemRow]


class Found(Frozen):
    kind: str = Field(pattern="^(item|creator|decision)$", description="What `id` is")
    id: UUID
    title: str
    detail: str = Field(description="Name, or policy and state")
    creator: str | None = Field(default=None, description="Handle of whose it is")
    at: Instant | None = Field(default=None, description="Since when there is this item or decision")


class MyStats(Frozen):
    """Private: no one else can read these."""

    decided_today: int
    decided_7_days: int
    median_handling_ms: int | None
    undone_7_days: int
    ms_revealed_today: int


class SavedReasonBody(Frozen):
    title: Annotated[str, text(80)]
    body: Annotated[str, text(rules.FACTS_MAX)]
    policy: PolicyCode | None = None
    shared: Annotated[StrictBool, Field(description="For the whole team; edited by leads")] = False


class SavedReasonRow(SavedReasonBody):
    id: UUID
    version: Version
