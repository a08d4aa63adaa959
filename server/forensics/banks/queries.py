"""Reads of banks, entries, matches and of what jobs need. What a reader may not see does not exist here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, not_, or_, select, tuple_

from server.content import queries as content
from server.content.models import Video
from server.content.rules import VideoState
from server.forensics.banks.matching import COUNTED, Hit
from server.forensics.banks.models import Bank, BankEntry, BankHashes, Fingerprint, Look, Match, Scan
from server.forensics.banks.record import entries, scans
from server.forensics.banks.rules import (
    KEPT,
    OURS,
    REFERENCE,
    BankAction,
    BankKind,
    EntrySeverity,
    EntryState,
    LookState,
    MatchVerdict,
    ScanState,
    may_restrict,
)
from server.forensics.queries import CLEARANCE, scored
from server.forensics.rules import MatchClass
from server.kit.access import Actor
from server.kit.db import AnySession

Rows = Sequence[Row[*tuple[Any, ...]]]
Key = tuple[datetime, UUID]
"""Sorts a list: when something was found or begun, and its id."""


# What people read


def banks(s: AnySession) -> Sequence[Bank]:
    """All banks, by name: there are few."""
    return s.scalars(select(Bank).order_by(Bank.name)).all()


def bank(s: AnySession, bank_id: UUID) -> Bank | None:
    """One bank."""
    return s.get(Bank, bank_id)


def _known(viewer: Actor) -> ColumnElement[bool]:
    """The entries of whose originals the viewer may know."""
    if viewer.can(CLEARANCE):
        return BankEntry.number.is_not(None)
    secret = exists().where(Video.id == BankEntry.source_video_id, Video.restricted_class)
    return ~secret


def entry_page(
    s: AnySession,
    viewer: Actor,
    *,
    bank_id: UUID,
    state: EntryState | None,
    before: int | None,
    limit: int,
) -> Sequence[BankEntry]:
    """The entries of a bank, the newest first, from before the number `before` on."""
    found = select(BankEntry).where(BankEntry.bank_id == bank_id, _known(viewer))
    if state is not None:
        found = found.where(BankEntry.state == state)
    if before is not None:
        found = found.where(BankEntry.number < before)
    return s.scalars(found.order_by(BankEntry.number.desc()).limit(limit)).all()


def entry(s: AnySession, viewer: Actor, entry_id: UUID) -> BankEntry | None:
    """One entry, as it is now."""
    found = select(BankEntry).where(BankEntry.id == entry_id, _known(viewer))
    return s.scalars(found.execution_options(populate_existing=True)).one_or_none()


def of_bank(s: AnySession, viewer: Actor, *, bank_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Those of the entries that are in this bank, in the order of their numbers: whoever changes several
    takes them so, and two who do wait for each other only once."""
    found = select(BankEntry.id).where(
        BankEntry.bank_id == bank_id, BankEntry.id.in_(list(ids)), _known(viewer)
    )
    return list(s.scalars(found.order_by(BankEntry.number)))


def stopped_page(s: AnySession, viewer: Actor, *, before: int | None, limit: int) -> Sequence[BankEntry]:
    """The entries of all banks that took themselves out of use and wait for somebody, the newest first."""
    found = select(BankEntry).where(BankEntry.stopped.is_not(None), _known(viewer))
    if before is not None:
        found = found.where(BankEntry.number < before)
    return s.scalars(found.order_by(BankEntry.number.desc()).limit(limit)).all()


def export_page(
    s: AnySession, viewer: Actor, *, bank_id: UUID, before: int | None, limit: int
) -> tuple[Rows, int | None]:
    """The active entries of a bank with their hashes, the newest first, and where the next page begins."""
    packed = and_(BankHashes.entry == BankEntry.number, BankHashes.algorithm == BankEntry.algorithm)
    found = (
        select(
            BankEntry.number,
            BankEntry.sha256,
            BankEntry.algorithm,
            BankEntry.tags,
            BankEntry.severity,
            BankHashes.packed,
        )
        .outerjoin(BankHashes, packed)
        .where(BankEntry.bank_id == bank_id, BankEntry.state == EntryState.ACTIVE, _known(viewer))
    )
    if before is not None:
        found = found.where(BankEntry.number < before)
    rows = s.execute(found.order_by(BankEntry.number.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else None


def seen_by(s: AnySession, viewer: Actor, videos: Collection[UUID]) -> set[UUID]:
    """Those of the originals that the viewer may see: neither deleted ones nor, for whoever is not cleared,
    those of the restricted class."""
    if not videos:
        return set()
    mine = (Video.id.in_(videos), Video.deleted_at.is_(None), content.readable(viewer))
    found = select(Video.id).where(*mine)
    if not viewer.can(CLEARANCE):
        found = found.where(Video.restricted_class.is_(False))  # not even one's own
    return set(s.scalars(found))


def secret_to(s: AnySession, viewer: Actor, videos: Collection[UUID]) -> set[UUID]:
    """Those of the originals of which the viewer may know nothing, deleted ones too."""
    if not videos or viewer.can(CLEARANCE):
        return set()
    return set(s.scalars(select(Video.id).where(Video.id.in_(videos), Video.restricted_class)))


def _matches(viewer: Actor) -> Select[*tuple[Any, ...]]:
    """Matches of videos that the viewer may know of; of originals that still count as such."""
    return (
        select(Match, BankEntry.source_video_id, BankEntry.bank_id, Bank.name, Bank.kind)
        .join(BankEntry, BankEntry.id == Match.entry_id)
        .join(Bank, Bank.id == BankEntry.bank_id)
        .join(Video, Video.id == Match.video_id)
        .where(scored(viewer))
        .execution_options(populate_existing=True)
    )


def matches_of(s: AnySession, viewer: Actor, video_id: UUID, *, limit: int) -> Rows:
    """The matches of a video in order of time. Ask first whether the viewer may know of the video."""
    mine = _matches(viewer).where(Match.video_id == video_id)
    standing = BankEntry.state != EntryState.DECONFIRMED
    return s.execute(mine.where(standing).order_by(Match.start_ms, Match.id).limit(limit)).all()


def match_page(
    s: AnySession, viewer: Actor, *, verdict: MatchVerdict | None, before: Key | None, limit: int
) -> Rows:
    """Matches of all videos that are there, the last found first."""
    found = _matches(viewer).where(Video.deleted_at.is_(None), BankEntry.state != EntryState.DECONFIRMED)
    if verdict is not None:
        found = found.where(Match.verdict == verdict)
    if before:
        found = found.where(tuple_(Match.found_at, Match.id) < before)
    return s.execute(found.order_by(Match.found_at.desc(), Match.id.desc()).limit(limit)).all()


def match(s: AnySession, viewer: Actor, match_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One match."""
    return s.execute(_matches(viewer).where(Match.id == match_id)).one_or_none()


def scan_page(s: AnySession, viewer: Actor, *, before: Key | None, limit: int) -> Rows:
    """Looks through the library, the last begun first, each with the entry that it is for, if for one."""
    found = _scans(viewer)
    if before:
        found = found.where(tuple_(Scan.started_at, Scan.id) < before)
    return s.execute(found.order_by(Scan.started_at.desc(), Scan.id.desc()).limit(limit)).all()


def scan(s: AnySession, viewer: Actor, scan_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One look through the library."""
    return s.execute(_scans(viewer).where(Scan.id == scan_id)).one_or_none()


def _scans(viewer: Actor) -> Select[*tuple[Any, ...]]:
    one = and_(BankEntry.number == Scan.first, Scan.first == Scan.last)
    return (
        select(Scan, BankEntry.id)
        .outerjoin(BankEntry, one)
        .where(or_(BankEntry.number.is_(None), _known(viewer)))
        .execution_options(populate_existing=True)
    )


# What moderation reads


@dataclass(frozen=True)
class News:
    """A video that matches an entry well enough to be looked at: under which policy, how bad, where (ms)."""

    policy: str
    severity: EntrySeverity
    ranges: tuple[tuple[int, int], ...]
    bits: int
    restricts: bool


RANGES = 20
"""Stretches of time that one flag names at most."""


def news(s: AnySession, video_id: UUID, entry_id: UUID) -> News | None:
    """What there is to be said of a video and an entry as they are now; None when nothing (any more)."""
    known = s.execute(
        select(BankEntry, Bank)
        .join(Bank, Bank.id == BankEntry.bank_id)
        .where(BankEntry.id == entry_id, BankEntry.state.in_((EntryState.ACTIVE, EntryState.QUARANTINED)))
        .where(Bank.enabled, Bank.kind != BankKind.NEGATIVE)
    ).one_or_none()
    if known is None:
        return None
    entry, its = known
    rows = s.scalars(
        select(Match)
        .where(Match.video_id == video_id, Match.entry_id == entry_id, Match.grade.in_(COUNTED))
        .where(Match.verdict != MatchVerdict.FALSE_POSITIVE)
        .order_by(Match.start_ms)
        .limit(RANGES)
    ).all()
    named = entry.policy or its.policy
    if not rows or named is None:
        return None
    return News(
        policy=named,
        severity=EntrySeverity(entry.severity),
        ranges=tuple((row.start_ms, max(row.end_ms, row.start_ms + 1)) for row in rows),
        bits=min(row.bits for row in rows),
        # A flood keeps others from being matched; whoever brought it about does not escape.
        restricts=(entry.state is EntryState.ACTIVE or entry.flooded)
        and any(_restricts(row, entry, its) for row in rows),
    )


def entries_met(s: AnySession, video_id: UUID) -> Sequence[UUID]:
    """The entries that something of a video looks like."""
    return s.scalars(select(Match.entry_id).where(Match.video_id == video_id).distinct()).all()


def _restricts(row: Match, entry: BankEntry, its: Bank) -> bool:
    return may_restrict(
        grade=MatchClass(row.grade),
        bits=row.bits,
        quality=row.quality,
        bank=BankKind(its.kind),
        action=BankAction(its.action),
        confirmed=its.confirmed,
        ours=entry.source_video_id is not None,
    )


# What jobs read


@dataclass(frozen=True)
class Looks:
    """How a video looks, as it was kept."""

    video_id: UUID
    algorithm: str
    duration_ms: int
    packed: bytes


def algorithms(s: AnySession) -> tuple[str, ...]:
    """The algorithms by which videos are hashed: that of the reference only where a bank has such hashes."""
    theirs = select(BankEntry.number).where(BankEntry.algorithm == REFERENCE, BankEntry.state.in_(KEPT))
    return (OURS, REFERENCE) if s.scalar(theirs.limit(1)) is not None else (OURS,)


def file_of(s: AnySession, video_id: UUID) -> str | None:
    """The file of a video that is ready and there."""
    found = select(Video.sha256).where(Video.id == video_id, *_THERE)
    return s.scalar(found)


_THERE = (Video.state == VideoState.READY, Video.deleted_at.is_(None))


def looked(s: AnySession, video_id: UUID) -> set[str]:
    """The algorithms by which a video was looked at."""
    return set(s.scalars(select(Fingerprint.algorithm).where(Fingerprint.video_id == video_id)))


def _looks() -> Select[*tuple[Any, ...]]:
    return (
        select(Fingerprint.video_id, Fingerprint.algorithm, Fingerprint.duration_ms, Fingerprint.packed)
        .join(Video, Video.id == Fingerprint.video_id)
        .where(*_THERE)
    )


def looks_of(s: AnySession, video_id: UUID) -> list[Looks]:
    """How a video looks that is there, by each algorithm."""
    return [Looks(*row) for row in s.execute(_looks().where(Fingerprint.video_id == video_id))]


def looks_after(s: AnySession, after: UUID | None, *, limit: int) -> dict[UUID, list[Looks]]:
    """The next videos of the library in the order of their ids, from after one on, and how each looks."""
    ids = select(Fingerprint.video_id).where(Fingerprint.algorithm == OURS)
    if after is not None:
        ids = ids.where(Fingerprint.video_id > after)
    page = ids.order_by(Fingerprint.video_id).limit(limit)
    found: dict[UUID, list[Looks]] = {video_id: [] for video_id in s.scalars(page)}
    for row in s.execute(_looks().where(Fingerprint.video_id.in_(found))):
        found[row.video_id].append(Looks(*row))
    return found


def unlooked(s: AnySession, *, limit: int) -> Sequence[UUID]:
    """Videos that nobody has asked about, or that were not looked at by an algorithm that has become wanted:
    they were there before the banks were. Those that wait, or were given up, are not among them."""
    there = [
        exists().where(Fingerprint.video_id == Video.id, Fingerprint.algorithm == algorithm)
        for algorithm in algorithms(s)
    ]
    found = select(Video.id).outerjoin(Look, Look.video_id == Video.id).where(*_THERE)
    lacks = and_(Look.state == LookState.SEARCHED, not_(and_(*there)))
    return s.scalars(found.where(or_(Look.video_id.is_(None), lacks)).limit(limit)).all()


def same_files(s: AnySession, numbers: Collection[int], videos: Collection[UUID]) -> dict[UUID, list[Hit]]:
    """Those of the videos whose file is that of one of these entries."""
    rows = s.execute(
        select(Video.id, Video.duration_ms, BankEntry.number)
        .join(BankEntry, BankEntry.sha256 == Video.sha256)
        .where(Video.id.in_(videos), BankEntry.number.in_(numbers))
    ).all()
    found: dict[UUID, list[Hit]] = defaultdict(list)
    for video_id, duration_ms, number in rows:
        lasts = max(duration_ms or 0, 1)
        found[video_id].append(Hit(number, MatchClass.STRONG, 0, 100, 0, lasts, 0, lasts))
    return found


def to_hash(s: AnySession, entry_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The file of an entry that is to be hashed, and which part of it."""
    return s.execute(
        select(entries.c.number, entries.c.start_ms, entries.c.end_ms, Video.sha256)
        .join(Video, Video.id == entries.c.source_video_id)
        .where(entries.c.id == entry_id, entries.c.state.in_(KEPT), Video.sha256.is_not(None))
    ).one_or_none()


@dataclass(frozen=True)
class Wanted:
    """What a look through the library is for, and where it goes on."""

    entries: list[int]
    after: UUID | None


def to_scan(s: AnySession, scan_id: UUID) -> Wanted | None:
    """A look that has not ended, with the entries that are still active."""
    row = s.execute(
        select(scans).where(scans.c.id == scan_id, scans.c.state == ScanState.RUNNING)
    ).one_or_none()
    if row is None:
        return None
    numbers = s.scalars(
        select(BankEntry.number)
        .where(BankEntry.bank_id == row.bank_id, BankEntry.state == EntryState.ACTIVE)
        .where(BankEntry.number.between(row.first, row.last))
    ).all()
    return Wanted(list(numbers), row.after)
