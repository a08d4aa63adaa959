"""The tables of hash banks: banks, entries, their hashes, what videos look like, what was found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.content.models import Video
from server.forensics.banks.rules import (
    DISTANCE_MAX,
    REASON_MAX,
    STOPPED_MAX,
    BankAction,
    BankKind,
    EntrySeverity,
    EntryState,
    LookState,
    MatchVerdict,
    ScanState,
)
from server.forensics.rules import MatchClass
from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import BigId, Json, one_of

ALGORITHM = String(16)
JOB = String(100)
FAULT = String(40)
NONE_YET = text("0")
POLICY = String(64)


class Bank(Identified, Timestamped, Versioned, Base):
    """Entries that are treated alike: see `schemas.BankView`."""

    __tablename__ = "forensics_banks"
    __table_args__ = (
        CheckConstraint(f"distance BETWEEN 0 AND {DISTANCE_MAX}", name="distance"),
        UniqueConstraint("name"),
    )

    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[BankKind] = mapped_column(one_of(BankKind))
    policy: Mapped[str | None] = mapped_column(POLICY)
    action: Mapped[BankAction] = mapped_column(one_of(BankAction), default=BankAction.QUEUE)
    distance: Mapped[int] = mapped_column(SmallInteger, default=DISTANCE_MAX)
    confirmed: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)


class BankEntry(Timestamped, Versioned, Base):
    """One original. `number` is its name in the index; `hashes` counts its rows there, `fault` is why its
    crops are not among them. `stopped` is why it took itself out of use, until somebody has moved it on;
    `flooded`: that this was for its many matches, which nobody called wrong. `external` is the hash, with its
    type, of one that others gave us. `proposed_by` is an `Actor.ref`: somebody else says that a grave one is
    active. `job` is to hash it, for the `tries`-th time."""

    __tablename__ = "forensics_bank_entries"
    __table_args__ = (UniqueConstraint("id"),)

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(default=uuid4)
    bank_id: Mapped[UUID] = mapped_column(ForeignKey(Bank.id))
    state: Mapped[EntryState] = mapped_column(one_of(EntryState), default=EntryState.PROPOSED)
    severity: Mapped[EntrySeverity] = mapped_column(one_of(EntrySeverity))
    policy: Mapped[str | None] = mapped_column(POLICY)
    source_video_id: Mapped[UUID | None] = mapped_column(ForeignKey(Video.id))
    start_ms: Mapped[int | None]
    end_ms: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    external: Mapped[str | None] = mapped_column(String(80))
    algorithm: Mapped[str | None] = mapped_column(ALGORITHM)
    hashes: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None] = mapped_column(FAULT)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    reason: Mapped[str] = mapped_column(String(REASON_MAX))
    proposed_by: Mapped[str] = mapped_column(String(96))
    decision_id: Mapped[UUID | None]
    activated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    stopped: Mapped[str | None] = mapped_column(String(STOPPED_MAX), sort_order=1)
    job: Mapped[str | None] = mapped_column(JOB, sort_order=1)
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=NONE_YET, sort_order=1)
    flooded: Mapped[bool] = mapped_column(default=False, server_default=false(), sort_order=1)


class BankHashes(Base):
    """The rows of an entry in the index of one algorithm, packed: see `packing`."""

    __tablename__ = "forensics_bank_hashes"

    entry: Mapped[int] = mapped_column(ForeignKey(BankEntry.number), primary_key=True)
    algorithm: Mapped[str] = mapped_column(ALGORITHM, primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class BankChange(Base):
    """What happened to the index: the hashes of an entry are in it from here on, or are not. Positions are
    given out one transaction after the other, so that whoever has read up to one has missed nothing."""

    __tablename__ = "forensics_bank_changes"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(ForeignKey(BankEntry.number), index=True)
    live: Mapped[bool]


class Fingerprint(Timestamped, Base):
    """What a video looks like, once a second: kept, so that a new entry is looked for without decoding."""

    __tablename__ = "forensics_fingerprints"

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id), primary_key=True)
    algorithm: Mapped[str] = mapped_column(ALGORITHM, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    complete: Mapped[bool]
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class Look(Base):
    """How far the banks are with a video: `job` is to look at it and search for it, for the `tries`-th time.
    `fault` is why it was refused or parked."""

    __tablename__ = "forensics_looks"

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id), primary_key=True)
    state: Mapped[LookState] = mapped_column(one_of(LookState), default=LookState.WAITING)
    job: Mapped[str] = mapped_column(JOB)
    tries: Mapped[int] = mapped_column(SmallInteger)
    fault: Mapped[str | None] = mapped_column(FAULT)
    asked_at: Mapped[datetime]
    searched_at: Mapped[datetime | None]


class Match(Identified, Versioned, Base):
    """A stretch of a video that looks like one of an entry's original: see `schemas.MatchView`."""

    __tablename__ = "forensics_matches"
    __table_args__ = (UniqueConstraint("video_id", "entry_id", "start_ms", "end_ms"),)

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id))
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(BankEntry.id))
    grade: Mapped[MatchClass] = mapped_column(one_of(MatchClass))
    bits: Mapped[int] = mapped_column(SmallInteger)
    quality: Mapped[int] = mapped_column(SmallInteger)
    start_ms: Mapped[int] = mapped_column(BigInteger)
    end_ms: Mapped[int] = mapped_column(BigInteger)
    original_start_ms: Mapped[int] = mapped_column(BigInteger)
    original_end_ms: Mapped[int] = mapped_column(BigInteger)
    mirrored: Mapped[bool]
    crop_bp: Mapped[int]
    verdict: Mapped[MatchVerdict] = mapped_column(one_of(MatchVerdict), default=MatchVerdict.PENDING)
    found_at: Mapped[datetime]
    judged_at: Mapped[datetime | None]


class Suppressed(Base):
    """A stretch of a video that an entry would have matched, had it not been harmless: put on record once."""

    __tablename__ = "forensics_suppressed"

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id), primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(BankEntry.id), primary_key=True)
    start_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    end_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Scan(Identified, Versioned, Base):
    """A look through the library for the entries of a bank numbered `first` to `last`; `after` is the last
    video that was looked at. `job` goes on with it, and the `tries` before came no further."""

    __tablename__ = "forensics_scans"

    bank_id: Mapped[UUID] = mapped_column(ForeignKey(Bank.id))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[ScanState] = mapped_column(one_of(ScanState), default=ScanState.RUNNING)
    after: Mapped[UUID | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    found: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    job: Mapped[str | None] = mapped_column(JOB, sort_order=1)
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=NONE_YET, sort_order=1)


_KEPT = text("state IN ('proposed', 'active', 'quarantined')")
_RUNS = text("state = 'running'")
_STOPPED = text("stopped IS NOT NULL")
_WAITS = text("state = 'waiting'")
_HASHED_BY = text("job IS NOT NULL")
"""In words, since a partial index wants no parameters."""
Index("ix_forensics_bank_entries_bank", BankEntry.bank_id, BankEntry.state, BankEntry.number)
Index(
    "ix_forensics_bank_entries_source",
    BankEntry.bank_id,
    BankEntry.source_video_id,
    unique=True,
    sqlite_where=_KEPT,
    postgresql_where=_KEPT,
)
Index(
    "ix_forensics_bank_entries_external",
    BankEntry.bank_id,
    BankEntry.external,
    unique=True,
    sqlite_where=_KEPT,
    postgresql_where=_KEPT,
)
Index("ix_forensics_bank_entries_file", BankEntry.sha256, sqlite_where=_KEPT, postgresql_where=_KEPT)
Index("ix_forensics_bank_entries_expires", BankEntry.expires_at, sqlite_where=_KEPT, postgresql_where=_KEPT)
Index(
    "ix_forensics_bank_entries_stopped",
    BankEntry.number,
    sqlite_where=_STOPPED,
    postgresql_where=_STOPPED,
)
Index("ix_forensics_bank_entries_decision", BankEntry.decision_id)
Index("ix_forensics_bank_entries_job", BankEntry.job, sqlite_where=_HASHED_BY, postgresql_where=_HASHED_BY)
Index("ix_forensics_looks_waiting", Look.asked_at, sqlite_where=_WAITS, postgresql_where=_WAITS)
Index("ix_forensics_matches_video", Match.video_id, Match.start_ms, Match.id)
Index("ix_forensics_matches_entry", Match.entry_id, Match.found_at)
Index("ix_forensics_matches_verdict", Match.verdict, Match.found_at, Match.id)
Index("ix_forensics_matches_found", Match.found_at, Match.id)
Index(
    "ix_forensics_scans_running",
    Scan.first,
    Scan.last,
    unique=True,
    sqlite_where=_RUNS,
    postgresql_where=_RUNS,
)
Index("ix_forensics_scans_started", Scan.started_at, Scan.id)
