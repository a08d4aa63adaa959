"""Reads of analyses. What a reader may not see does not exist for the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, true, tuple_

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics import engine
from server.forensics.models import Analysis, Score, Signal
from server.forensics.record import analyses
from server.forensics.rules import OPEN, AnalysisKind, AnalysisState, Priority, Slot
from server.kit import job_history
from server.kit.access import Actor
from server.kit.db import AnySession

CLEARANCE = "moderation.restricted"
Key = tuple[datetime, UUID]
"""Sorts a list: when an analysis was asked for, and its id."""
Rows = Sequence[Row[*tuple[Any, ...]]]


def visible(viewer: Actor) -> ColumnElement[bool]:
    """The videos of whose analyses the viewer may know: the restricted class is for the cleared, even where
    the video is the viewer's own."""
    return true() if viewer.can(CLEARANCE) else Video.restricted_class.is_(False)


def scored(viewer: Actor) -> ColumnElement[bool]:
    """The videos whose scores the viewer may read: nobody learns from them how to pass with their own."""
    return and_(visible(viewer), Video.owner_id != viewer.id) if viewer.id else visible(viewer)


def video(s: AnySession, which: ColumnElement[bool], video_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The `id` and `restricted_class` of a video, if it is among `which`."""
    found = select(Video.id, Video.restricted_class).where(Video.id == video_id, which)
    return s.execute(found).one_or_none()


def has_file(s: AnySession, video_id: UUID) -> bool:
    """Whether the file of a video has been taken in."""
    found = select(Video.id).where(Video.id == video_id, Video.sha256.is_not(None))
    return s.scalar(found) is not None


@dataclass(frozen=True)
class OfKind:
    """What there is of one kind: the last analysis asked for, the current one, the one before that."""

    latest: Analysis | None = None
    current: Analysis | None = None
    earlier: Analysis | None = None


def of_video(s: AnySession, video_id: UUID) -> dict[AnalysisKind, OfKind]:
    """What there is of a video, by kind. No access rule applies: ask `video` first."""
    return {kind: _of_kind(s, video_id, kind) for kind in AnalysisKind}


def _of_kind(s: AnySession, video_id: UUID, kind: AnalysisKind) -> OfKind:
    mine = select(Analysis).where(Analysis.video_id == video_id, Analysis.kind == kind)
    last = mine.order_by(Analysis.requested_at.desc(), Analysis.id.desc()).limit(1)
    latest = s.scalars(last).one_or_none()
    current = s.scalars(mine.where(Analysis.is_current)).one_or_none()
    return OfKind(latest, current, _before(s, current) if current is not None else None)


def _before(s: AnySession, this: Analysis) -> Analysis | None:
    """The analysis with scores before this one."""
    found = select(Analysis).where(
        Analysis.video_id == this.video_id,
        Analysis.kind == this.kind,
        Analysis.build.is_not(None),
        Analysis.requested_at < this.requested_at,
    )
    last = found.order_by(Analysis.requested_at.desc(), Analysis.id.desc()).limit(1)
    return s.scalars(last).one_or_none()


def current_ids(s: AnySession, video_id: UUID) -> Sequence[UUID]:
    """The current analyses of a video."""
    return s.scalars(select(Analysis.id).where(Analysis.video_id == video_id, Analysis.is_current)).all()


def scores(s: AnySession, analysis_ids: Sequence[UUID]) -> Mapping[UUID, list[Score]]:
    """The scores of analyses, by analysis."""
    found: dict[UUID, list[Score]] = {analysis_id: [] for analysis_id in analysis_ids}
    for row in s.scalars(select(Score).where(Score.analysis_id.in_(found)).order_by(Score.slot)):
        found[row.analysis_id].append(row)
    return found


def signals(s: AnySession, analysis_ids: Sequence[UUID]) -> Mapping[UUID, list[Signal]]:
    """The signals of analyses, by analysis, in their order."""
    found: dict[UUID, list[Signal]] = {analysis_id: [] for analysis_id in analysis_ids}
    for row in s.scalars(select(Signal).where(Signal.analysis_id.in_(found)).order_by(Signal.ordinal)):
        found[row.analysis_id].append(row)
    return found


def page(
    s: AnySession, viewer: Actor, *, state: AnalysisState | None, before: Key | None, limit: int
) -> Sequence[Analysis]:
    """Analyses of videos whose scores the viewer may read, the last one asked for first, from after the key
    `before` on."""
    found = select(Analysis).join(Video, Video.id == Analysis.video_id).where(scored(viewer))
    if state is not None:
        found = found.where(Analysis.state == state)
    if before:
        found = found.where(tuple_(Analysis.requested_at, Analysis.id) < before)
    return s.scalars(found.order_by(Analysis.requested_at.desc(), Analysis.id.desc()).limit(limit)).all()


def analysis(s: AnySession, viewer: Actor, analysis_id: UUID) -> Analysis | None:
    """One analysis, if the viewer may read the scores of its video."""
    found = select(Analysis).join(Video, Video.id == Analysis.video_id)
    return s.scalars(found.where(Analysis.id == analysis_id, scored(viewer))).one_or_none()


@dataclass(frozen=True)
class Work:
    """What a job needs of the analysis that it has."""

    video_id: UUID
    kind: AnalysisKind
    sha256: str
    restricted: bool
    asked_by_person: bool


def work(s: AnySession, analysis_id: UUID, job: str) -> Work | None:
    """The analysis, while this job has it; None when it was cancelled or given to another."""
    row = s.execute(
        select(Analysis.video_id, Analysis.kind, Analysis.sha256, Analysis.priority, Video.restricted_class)
        .join(Video, Video.id == Analysis.video_id)
        .where(Analysis.id == analysis_id, Analysis.state == AnalysisState.RUNNING, Analysis.job == job)
    ).one_or_none()
    if row is None:
        return None
    asked = row.priority == Priority.ASKED
    return Work(row.video_id, AnalysisKind(row.kind), row.sha256, row.restricted_class, asked)


def abandoned(s: AnySession) -> list[tuple[UUID, str]]:
    """Analyses that run although no job works on them, each with the job that had it."""
    rows = s.execute(
        select(Analysis.id, Analysis.job).where(
            Analysis.state == AnalysisState.RUNNING, Analysis.job.is_not(None)
        )
    ).all()
    at_work = job_history.unfinished(s, [row.job for row in rows])
    return [(row.id, row.job) for row in rows if row.job not in at_work]


def waiting(s: AnySession, *, least: Priority = Priority.REFRESH) -> int:
    """How many analyses wait that are as urgent as `least`."""
    queued = (Analysis.state == AnalysisState.QUEUED, Analysis.priority >= least)
    return s.scalar(select(func.count()).select_from(Analysis).where(*queued)) or 0


def parked(s: AnySession) -> int:
    """How many analyses were given up and not asked for again."""
    later = analyses.alias().c
    again = exists().where(
        later.video_id == Analysis.video_id,
        later.kind == Analysis.kind,
        later.requested_at > Analysis.requested_at,
    )
    given_up = select(func.count()).select_from(Analysis).where(Analysis.state == AnalysisState.PARKED)
    return s.scalar(given_up.where(~again)) or 0


def without_tickets(s: AnySession, job: str, *, least: Priority = Priority.REFRESH) -> int:
    """How many analyses as urgent as `least` wait beyond the jobs that wait."""
    return max(waiting(s, least=least) - job_history.waiting(s, job), 0)


def to_refresh(s: AnySession, kind: AnalysisKind, models: Path | None, *, limit: int) -> Sequence[UUID]:
    """Videos whose current analysis is by detectors or checkpoints of other versions, unless a later one
    waits, or ended without scores: asking again by itself would not help then."""
    later = analyses.alias().c
    tried = (AnalysisState.REFUSED, AnalysisState.PARKED, AnalysisState.CANCELLED, *OPEN)
    return s.scalars(
        select(Analysis.video_id)
        .join(Video, Video.id == Analysis.video_id)
        .where(_by_others(kind, engine.build_of(engine.versions(kind, models))))
        .where(
            ~exists().where(
                later.video_id == Analysis.video_id,
                later.kind == kind,
                later.state.in_(tried),
                later.requested_at > Analysis.requested_at,
            )
        )
        .limit(limit)
    ).all()


def _by_others(kind: AnalysisKind, build: str) -> ColumnElement[bool]:
    """Current analyses of videos that can be played, by other detectors than those of `build`; both ranges,
    since an index has no use for "unequal"."""
    return and_(
        Analysis.kind == kind,
        Analysis.is_current,
        or_(Analysis.build < build, Analysis.build > build),
        Video.state == VideoState.READY,
        Video.deleted_at.is_(None),
    )


def outdated(s: AnySession, viewer: Actor, kind: AnalysisKind, build: str) -> int:
    """How many current analyses of a kind, of videos that the viewer may know of, are by other detectors than
    those of `build`."""
    count = select(func.count()).select_from(Analysis).join(Video, Video.id == Analysis.video_id)
    return s.scalar(count.where(_by_others(kind, build), visible(viewer))) or 0


def is_first(s: AnySession, video_id: UUID, kind: AnalysisKind) -> bool:
    """Whether no analysis of this kind has ended: the next look is the first."""
    mine = (Analysis.video_id == video_id, Analysis.kind == kind)
    return s.scalar(select(Analysis.id).where(*mine, Analysis.state.not_in(OPEN)).limit(1)) is None


def unanalysed(s: AnySession, video_id: UUID) -> list[AnalysisKind]:
    """The kinds of which a video has neither a current analysis nor one that is open."""
    there = or_(Analysis.is_current, Analysis.state.in_(OPEN))
    has = set(s.scalars(select(Analysis.kind).where(Analysis.video_id == video_id, there)))
    return [kind for kind in AnalysisKind if kind not in has]


def never_analysed(s: AnySession, kind: AnalysisKind, *, limit: int) -> Sequence[UUID]:
    """Videos of which nobody ever asked for an analysis of this kind: they were there before it was."""
    asked = exists().where(Analysis.video_id == Video.id, Analysis.kind == kind)
    return s.scalars(
        select(Video.id)
        .where(Video.state == VideoState.READY, Video.deleted_at.is_(None), ~asked)
        .limit(limit)
    ).all()


@dataclass(frozen=True)
class News:
    """A slot that passes a threshold which it did not pass in the analysis before. `spans` are ms."""

    slot: Slot
    likely: bool
    score_bp: int
    spans: tuple[tuple[int, int], ...]


def news(s: AnySession, analysis_id: UUID) -> tuple[UUID, list[News]]:
    """The video of an analysis, and what the analysis says that the one before did not.

    So detectors of a new version raise no second flag for what moderation has heard. One that is not the
    current one any more is told of all the same, since the one after it is compared with it.
    """
    this = s.get_one(Analysis, analysis_id)
    earlier = _before(s, this)
    known = {row.slot: row for row in scores(s, [earlier.id])[earlier.id]} if earlier else {}
    passed = [
        row
        for row in scores(s, [analysis_id])[analysis_id]
        if row.score_bp is not None and (row.look_closer or row.likely)
    ]
    new = [row for row in passed if not _said(known.get(row.slot), row)]
    found = signals(s, [analysis_id])[analysis_id] if new else []
    return this.video_id, [
        News(row.slot, row.likely, row.score_bp or 0, _spans(found, row.slot)) for row in new
    ]


def _said(before: Score | None, row: Score) -> bool:
    if before is None or before.score_bp is None:
        return False
    return before.likely if row.likely else before.likely or before.look_closer


RANGES = 20
"""Stretches of time that one flag names at most: those that say most."""


def _spans(found: Sequence[Signal], slot: Slot) -> tuple[tuple[int, int], ...]:
    spans = [
        span
        for signal in found
        if signal.slot is slot and signal.evidence
        for span in signal.evidence["spans"]
        if span["end_ms"] > span["start_ms"] >= 0
    ]
    spans.sort(key=lambda span: -(span["score_bp"] or 0))
    return tuple(sorted({(span["start_ms"], span["end_ms"]) for span in spans[:RANGES]}))
