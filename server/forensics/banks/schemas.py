"""The wire types of hash banks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from server.forensics.banks import rules
from server.forensics.banks.rules import (
    BankAction,
    BankKind,
    EntrySeverity,
    EntryState,
    MatchVerdict,
    ScanState,
)
from server.forensics.rules import MatchClass
from server.kit.wire import Frozen, Instant, Milliseconds, Version, text

Policy = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
]
Distance = Annotated[int, Field(ge=0, le=rules.DISTANCE_MAX, description="Bits of 256 that may differ")]
Bits = Annotated[int, Field(ge=0, le=256, description="Bits of 256 that differ in general")]
Quality = Annotated[int, Field(ge=0, le=100, description="How much there is to see in the worse frame")]
Crop = Annotated[int, Field(ge=0, le=10_000, description="Basis points cut off each side of the original")]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.:/-]+$")]
Name = Annotated[str, text(80)]
Reason = Annotated[str, text(rules.REASON_MAX)]


class MatchView(Frozen):
    """A stretch of a video that looks like one of a banked original.

    `bits` is how far apart the frames are in general (0 = the same file); `original_video_id` is null where
    the original was imported, is deleted, or may not be seen by whoever reads this. Of one of the restricted
    class the uncleared are told neither the entry nor which part it is (null), and do not judge.
    """

    id: UUID
    video_id: UUID
    entry_id: UUID | None
    bank_id: UUID
    bank_name: str
    bank_kind: BankKind
    grade: MatchClass
    bits: Bits
    quality: Quality
    start_ms: Milliseconds
    end_ms: Milliseconds
    original_video_id: UUID | None
    original_start_ms: Milliseconds | None
    original_end_ms: Milliseconds | None
    mirrored: bool
    crop_bp: Crop
    verdict: MatchVerdict
    version: Version


class NewVerdict(Frozen):
    """What a person says of a match."""

    verdict: MatchVerdict

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.verdict is MatchVerdict.PENDING:
            raise ValueError("a verdict is confirmed or false_positive")
        return self


class BankChoice(Frozen):
    """A bank that what is removed may be added to."""

    id: UUID
    name: str
    kind: BankKind


class BankView(BankChoice):
    """A bank. `policy` is the one that its matches are flagged under, where an entry names none itself;
    `confirmed` says that people have looked at what it holds: only then may a match restrict a video."""

    policy: str | None
    action: BankAction
    distance: Distance
    confirmed: bool
    enabled: bool
    created_at: Instant
    version: Version


class NewBank(Frozen):
    """A bank that is to be made. A negative one asks for nothing but silence: no policy, no restriction."""

    name: Name
    kind: BankKind
    policy: Policy | None = None
    action: BankAction = BankAction.QUEUE
    distance: Distance = rules.DISTANCE_MAX
    confirmed: bool = False
    enabled: bool = True


class BankEdit(Frozen):
    """What is to be changed of a bank; what is null stays."""

    name: Name | None = None
    policy: Policy | None = None
    action: BankAction | None = None
    distance: Distance | None = None
    confirmed: bool | None = None
    enabled: bool | None = None


class EntryView(Frozen):
    """What a bank holds of one original. `hashes` counts its rows in the index, 0 while it is being hashed;
    `fault` says why it could not be; `stopped` why it took itself out of use, null once somebody has moved it
    on. `source_video_id` is null as in MatchView."""

    id: UUID
    bank_id: UUID
    state: EntryState
    severity: EntrySeverity
    policy: str | None
    source_video_id: UUID | None
    sha256: str | None
    algorithm: str | None
    hashes: int
    tags: list[str]
    reason: str
    fault: str | None
    stopped: str | None
    decision_id: UUID | None
    created_at: Instant
    expires_at: Instant | None
    version: Version


class NewEntry(Frozen):
    """A video that a bank is to recognise from now on, or a part of it, from `start_ms` to `end_ms`."""

    video_id: UUID
    severity: EntrySeverity
    policy: Policy | None = None
    reason: Reason
    expires_at: Instant | None = None
    start_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    end_ms: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end_ms is not None and self.end_ms <= (self.start_ms or 0):
            raise ValueError("the part ends before it begins")
        return self


class EntryEvent(StrEnum):
    """What people do to an entry."""

    ACTIVATE = "activate"
    QUARANTINE = "quarantine"
    DECONFIRM = "deconfirm"


class EntryCommand(Frozen):
    """Why an entry is moved on."""

    event: EntryEvent
    reason: Reason


class EntriesCommand(EntryCommand):
    """Why several entries of a bank are moved on."""

    entries: Annotated[list[UUID], Field(min_length=1, max_length=rules.ENTRIES_AT_ONCE)]


class NotMoved(Frozen):
    """An entry that stays as it was: `code` and `why` are those that it would be refused with alone."""

    id: UUID
    code: str
    why: str


class EntriesMoved(Frozen):
    """What became of a command for several entries: each named one is among either of both."""

    moved: list[UUID]
    kept: list[NotMoved]


class Format(StrEnum):
    """How hashes are written down."""

    CSV = "csv"
    JSON = "json"


class NewImport(Frozen):
    """Hashes of others, as `content` in ThreatExchange's manner: `hash`, `type`, `tags` of each."""

    format: Format
    content: Annotated[str, StringConstraints(min_length=1, max_length=2 << 20)]
    severity: EntrySeverity = EntrySeverity.MEDIUM
    reason: Reason
    expires_at: Instant | None = None


class Skipped(Frozen):
    """A row that was not taken in (the first is 1), and why."""

    row: int
    why: str


class ImportReceipt(Frozen):
    """What became of an import: how many entries it made, and the first hundred rows that made none."""

    added: int
    known: int
    skipped: int
    problems: list[Skipped]


class HashRow(Frozen):
    """One hash as others read it: `type` is `pdq` (of the reference), `pdq-1s` (ours) or `sha256`."""

    hash: str
    type: str
    tags: list[Tag]


class ScanView(Frozen):
    """How far the library was searched for new entries of a bank, for `entry_id` if for one alone. `done` of
    `total` videos; `found` counts new matches."""

    id: UUID
    bank_id: UUID
    entry_id: UUID | None
    state: ScanState
    done: int
    total: int
    found: int
    started_at: Instant
    finished_at: Instant | None
    version: Version
