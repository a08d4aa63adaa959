"""What a search has found becomes matches: known, suppressed, counted, told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from server.content.models import Video
from server.forensics.banks import service
from server.forensics.banks.models import Bank, BankEntry, Match, Suppressed
from server.forensics.banks.record import MATCHED, entries, matches, video_matched
from server.forensics.banks.rules import (
    FALSE_POSITIVES,
    FLOOD_WEEK,
    BankKind,
    EntryState,
    MatchVerdict,
    graded,
    is_flood,
)
from server.forensics.queries import CLEARANCE
from server.forensics.rules import MatchClass
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Conflict, Forbidden, NotFound
from server.kit.events import bus
from server.kit.upsert import insert_ignoring, insert_new

if TYPE_CHECKING:
    from server.forensics.hashing.matching import VideoHit

RANKS = list(MatchClass)
COUNTED = (MatchClass.STRONG, MatchClass.QUEUE)
"""What more than `similar` is."""
_HOUR = timedelta(hours=1)
_LONGEST_COUNT = 20_000


@dataclass(frozen=True)
class Hit:
    """A stretch of a video that looks like one of the entry of this number. Times in ms."""

    entry: int
    grade: MatchClass
    bits: int
    quality: int
    start_ms: int
    end_ms: int
    original_start_ms: int
    original_end_ms: int
    mirrored: bool = False
    crop_bp: int = 0


def _shared(one: Any, other: Any) -> int:
    """How much two stretches have in common, in ms; negative where they lie apart."""
    return int(min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms))


def _lasts(one: Any) -> int:
    return int(one.end_ms - one.start_ms)


def _covers(one: Any, other: Any) -> bool:
    """Whether half of the other stretch, or more, lies in the first one."""
    shared = _shared(one, other)
    return shared >= 0 and shared * 2 >= _lasts(other)


def _either_covers(one: Any, other: Any) -> bool:
    """Whether half of the shorter stretch, or more, lies in the longer one."""
    return _covers(one, other) or _covers(other, one)


def _rank(one: Any) -> tuple[int, int]:
    """How near a hit or a match is, the nearest first."""
    return RANKS.index(one.grade), one.bits


def hit_of(found: VideoHit, step_ms: float) -> Hit:
    """What is kept of a hit: in general, that is the median of its pairs."""
    (start, end), (first, last) = found.query_span_ms, found.bank_span_ms
    pairs = found.pairs
    return Hit(
        entry=found.entry,
        grade=found.kind,
        bits=round(found.median_bits),
        quality=_median([pair.quality for pair in pairs]),
        start_ms=start,
        end_ms=max(end, start + round(step_ms)) if len(pairs) == 1 else end,
        original_start_ms=first,
        original_end_ms=last,
        mirrored=found.flipped,
        crop_bp=_median([pair.crop_bp for pair in pairs]),
    )


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def same_file(s: AnySession, video_id: UUID) -> list[Hit]:
    """The entries of this very file, found without looking at a picture."""
    video = s.execute(select(Video.sha256, Video.duration_ms).where(Video.id == video_id)).one_or_none()
    if video is None or video.sha256 is None:
        return []
    numbers = s.scalars(
        select(BankEntry.number).where(BankEntry.sha256 == video.sha256, BankEntry.state == EntryState.ACTIVE)
    ).all()
    lasts = max(video.duration_ms or 0, 1)
    return [Hit(number, MatchClass.STRONG, 0, 100, 0, lasts, 0, lasts) for number in numbers]


def keep(s: WriteSession, *, video_id: UUID, hits: Sequence[Hit]) -> int:
    """Keep what is new of what was found in a video; answers how many matches that are.

    What lies in a stretch that a negative bank knows is logged, once, and not kept. Of one stretch and entry
    there is one match: a nearer one found later takes its place. What a person has judged is not found again.
    """
    if not hits or not _is_wanted(s, video_id):
        return 0
    known = _entries(s, video_id, {hit.entry for hit in hits})
    usable = [
        replace(hit, grade=graded(hit.grade, bits=hit.bits, distance=known[hit.entry].distance))
        for hit in hits
        if hit.entry in known
    ]
    harmless = [hit for hit in usable if known[hit.entry].kind is BankKind.NEGATIVE]
    calm = [*_harmless_before(s, video_id), *(hit for hit in harmless if hit.grade in COUNTED)]
    kept = 0
    fresh: dict[int, list[Hit]] = defaultdict(list)
    for hit in [*harmless, *(hit for hit in usable if hit not in harmless)]:
        entry = known[hit.entry]
        if entry.kind is not BankKind.NEGATIVE and any(_covers(one, hit) for one in calm):
            _suppress(s, video_id, entry.id, hit)
            continue
        if _write(s, video_id, entry.id, hit):
            kept += 1
            fresh[hit.entry].append(hit)
    for number, new in fresh.items():
        _tell(s, video_id, known[number], new)
    return kept


def _is_wanted(s: WriteSession, video_id: UUID) -> bool:
    # One after the other: two searches of one video would each write what the other has not seen.
    found = select(Video.id).where(Video.id == video_id, Video.deleted_at.is_(None))
    return s.scalar(found.with_for_update(key_share=True)) is not None


def _suppress(s: WriteSession, video_id: UUID, entry_id: UUID, hit: Hit) -> None:
    """Put on record that a stretch is not reported, unless that was said of it before."""
    mine = (Suppressed.video_id == video_id, Suppressed.entry_id == entry_id)
    before = s.execute(select(Suppressed.start_ms, Suppressed.end_ms).where(*mine)).all()
    if any(_either_covers(hit, row) for row in before):
        return
    where = {"start_ms": hit.start_ms, "end_ms": hit.end_ms}
    insert_ignoring(s, Suppressed, {"video_id": video_id, "entry_id": entry_id, **where})
    video_matched(s, SYSTEM, "match_suppressed", video_id, entry=str(entry_id), **where)


def _entries(s: WriteSession, video_id: UUID, numbers: set[int]) -> dict[int, Any]:
    """Those of the entries that are searched for in this video, by number, with what their bank says."""
    rows = s.execute(
        select(
            BankEntry.number,
            BankEntry.id,
            BankEntry.source_video_id,
            BankEntry.sha256,
            BankEntry.activated_at,
            Bank.kind,
            Bank.distance,
        )
        .join(Bank, Bank.id == BankEntry.bank_id)
        .where(BankEntry.number.in_(numbers), BankEntry.state == EntryState.ACTIVE, Bank.enabled)
    ).all()
    return {row.number: row for row in rows if row.source_video_id != video_id}


def _harmless_before(s: WriteSession, video_id: UUID) -> list[Any]:
    """The stretches of a video that a negative bank is known to know."""
    return list(
        s.execute(
            select(Match.start_ms, Match.end_ms)
            .join(BankEntry, BankEntry.id == Match.entry_id)
            .join(Bank, Bank.id == BankEntry.bank_id)
            .where(Match.video_id == video_id, Match.grade.in_(COUNTED))
            .where(Match.verdict != MatchVerdict.FALSE_POSITIVE)
            .where(BankEntry.state == EntryState.ACTIVE, Bank.enabled, Bank.kind == BankKind.NEGATIVE)
        )
    )


def _write(s: WriteSession, video_id: UUID, entry_id: UUID, hit: Hit) -> bool:
    """Write a match unless it is known; True where that is news."""
    values = {**asdict(hit), "video_id": video_id, "entry_id": entry_id, "found_at": clock.now()}
    del values["entry"]
    of_these = (matches.c.video_id == video_id, matches.c.entry_id == entry_id)
    in_order = (matches.c.start_ms, matches.c.end_ms)
    before = s.execute(select(matches).where(*of_these).order_by(*in_order)).all()
    if any(row.verdict is not MatchVerdict.PENDING and _either_covers(hit, row) for row in before):
        return False
    covered = [row for row in before if _covers(hit, row)]
    if not covered:
        row = {"id": uuid4(), "verdict": MatchVerdict.PENDING, "version": 1, **values}
        return bool(insert_new(s, matches, [row], key="id"))

    def likeness(row: Any) -> tuple[bool, int]:
        return (row.start_ms, row.end_ms) == (hit.start_ms, hit.end_ms), _shared(hit, row)

    same = max(covered, key=likeness)
    if _rank(hit) >= _rank(same):
        return False
    poorer = [row.id for row in covered if row is not same and _rank(row) >= _rank(hit)]
    s.execute(delete(matches).where(matches.c.id.in_(poorer), matches.c.verdict == MatchVerdict.PENDING))
    return s.changed_one(
        update(matches)
        .where(matches.c.id == same.id, matches.c.version == same.version)
        .values(version=same.version + 1, **values)
    )


def _tell(s: WriteSession, video_id: UUID, entry: Any, new: list[Hit]) -> None:
    best = min(new, key=lambda hit: (RANKS.index(hit.grade), hit.bits))
    video_matched(s, SYSTEM, "matched", video_id, entry=str(entry.id), grade=str(best.grade), bits=best.bits)
    if entry.kind is BankKind.NEGATIVE or best.grade is MatchClass.WEAK:
        return
    bus.emit(s, MATCHED, video_id, entry=str(entry.id))
    _stop_flood(s, entry)


def _stop_flood(s: WriteSession, entry: Any) -> None:
    """Take an entry out that matches far more than is usual: most likely it shows something harmless. That
    the very same file comes again is no such sign."""
    now = clock.now()
    since = max(now - _HOUR, entry.activated_at or now - _HOUR)
    found = s.execute(
        select(Match.video_id, Match.found_at)
        .join(Video, Video.id == Match.video_id)
        .where(Video.sha256.is_distinct_from(entry.sha256))
        .where(Match.entry_id == entry.id, Match.grade.in_(COUNTED), Match.found_at > now - FLOOD_WEEK)
        .order_by(Match.found_at.desc())
        .limit(_LONGEST_COUNT)
    ).all()
    # Of a video that repeats a clip there are many matches: it counts once.
    last_hour = {row.video_id for row in found if row.found_at > since}
    hours: list[set[UUID]] = [set() for _ in range(int(FLOOD_WEEK / _HOUR))]
    for row in found:
        hours[min(int((now - row.found_at) / _HOUR), len(hours) - 1)].add(row.video_id)
    if is_flood(len(last_hour), [len(videos) for videos in hours[1:]]):
        _quarantine(s, entry.id, f"{len(last_hour)} videos matched within an hour", flooded=True)


def _quarantine(s: WriteSession, entry_id: UUID, why: str, *, flooded: bool = False) -> None:
    """Take an entry out. `flooded`: what it had matched before may still restrict, since nobody called it
    wrong."""
    state = s.scalar(select(BankEntry.state).where(BankEntry.id == entry_id).with_for_update())
    if state is EntryState.ACTIVE:
        service.stop(s, entry_id=entry_id, why=why)
    if state is EntryState.ACTIVE or not flooded:
        s.execute(update(entries).where(entries.c.id == entry_id).values(flooded=flooded))


def judge(s: WriteSession, *, actor: Actor, match_id: UUID, verdict: MatchVerdict) -> None:
    """Say whether a match is one. The second video wrongly matched since the entry became active takes the
    entry out.

    Raises NotFound, Forbidden `restricted_original` for whoever may not see what the match is with, Conflict
    `conflict` when somebody else has just said something.
    """
    row = s.execute(select(matches).where(matches.c.id == match_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such match.")
    original = select(Video.restricted_class).join(BankEntry, BankEntry.source_video_id == Video.id)
    if not actor.can(CLEARANCE) and s.scalar(original.where(BankEntry.id == row.entry_id)):
        raise Forbidden(
            "The original is for the cleared alone: one of them judges this match.",
            code="restricted_original",
        )
    if row.verdict is verdict:
        return
    said = s.changed_one(
        update(matches)
        .where(matches.c.id == match_id, matches.c.version == row.version)
        .values(verdict=verdict, judged_at=clock.now(), version=row.version + 1)
    )
    if not said:
        raise Conflict("Somebody has just judged this match. Look again.", code="conflict")
    video_matched(s, actor, "match_judged", row.video_id, match=str(match_id), verdict=str(verdict))
    if verdict is MatchVerdict.FALSE_POSITIVE:
        _stop_wrong(s, row.entry_id)


def _stop_wrong(s: WriteSession, entry_id: UUID) -> None:
    entry = s.execute(select(BankEntry.activated_at).where(BankEntry.id == entry_id).with_for_update()).one()
    wrong = select(Match.video_id).where(
        Match.entry_id == entry_id, Match.verdict == MatchVerdict.FALSE_POSITIVE
    )
    if entry.activated_at is not None:
        wrong = wrong.where(Match.judged_at >= entry.activated_at)
    if len(s.scalars(wrong.distinct().limit(FALSE_POSITIVES)).all()) >= FALSE_POSITIVES:
        _quarantine(s, entry_id, f"the matches of {FALSE_POSITIVES} videos were wrong")
