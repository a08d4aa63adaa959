"""The wire types of moderation; pure Pydantic, imported by the client too."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints, model_validator

from server.kit.wire import BasisPoints, Frozen, Instant, Milliseconds, Version, text
from server.moderation import rules
from server.moderation.rules import ContentType, ItemState, Measure, Outcome, Scope, Severity, Source

PolicyCode = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
QueueId = Annotated[str, StringConstraints(max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
ReasonCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9_.:-]+$")]
ClaimToken = Annotated[int, Field(ge=0, le=2**31 - 1, description="The fencing token of a claim")]


class PolicyNode(Frozen):
    """One node of the policy tree; its parent is its code without the last part."""

    code: PolicyCode
    title: str
    covers: str
    excludes: str
    severity: Severity
    sla_class: rules.SlaClass
    outcomes: list[Outcome]
    default_action: Measure
    default_duration_s: Annotated[int, Field(ge=rules.DURATION_MIN_S, le=rules.DURATION_MAX_S)] | None
    dual_control: bool
    restricted: bool
    concerns_minors: bool
    dsa_category: str
    dsa_keywords: list[str]


class Policies(Frozen):
    version: int
    items: list[PolicyNode]


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


class Hold(ClaimRef):
    reason: Annotated[str, text(500)]
    seconds: Annotated[int, Field(ge=60, le=rules.HOLD_MAX_S)]


class ClaimState(Frozen):
    state: ItemState
    lease_until: Instant | None = None


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
    marks: Annotated[list[MarkBody], Field(max_length=rules.MARKS_MAX)] = []
    ms_viewed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    ms_revealed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class DecisionReceipt(Frozen):
    decision_id: UUID
    effective_at: Instant


class Empty(Frozen):
    """A body without content."""


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


class MarkRow(MarkBody):
    id: UUID
    decision_id: UUID
    author_handle: str
    created_at: Instant


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
