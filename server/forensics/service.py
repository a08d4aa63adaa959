"""What becomes of an analysis: each change names in its WHERE the state that it starts from.

A job is a ticket, not an order: whichever is run begins the analysis that is most urgent then. So an item
that is claimed comes first without anything being queued anew.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, select, text, update

from server.content.media.results import Refused
from server.content.models import Video
from server.content.rules import VideoState
from server.forensics import engine, results
from server.forensics.models import NOTE_MAX, Analysis, Score, Signal
from server.forensics.record import RETURNED, analyses, is_restricted, record, tell
from server.forensics.rules import (
    OPEN,
    RUNS,
    SLOTS_OF,
    Abstained,
    AnalysisKind,
    AnalysisState,
    Priority,
)
from server.kit import clock, jobs
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.events import bus
from server.kit.upsert import insert_ignoring

JOB = "forensics.analyse_video"
ANALYSED = "forensics.analysed"
"""The event that an analysis has scores; its subject is the analysis."""
SIGNALS_MAX, SPANS_MAX, BOXES_MAX, CURVE_MAX = 400, 200, 600, 4_000
"""What is kept of one analysis, of one signal and of one curve at most: an answer must stay readable."""

# Built once: every claim of an item runs it. In these words its condition is that of the index `open`.
_HASTEN = (
    update(analyses)
    .where(analyses.c.video_id == bindparam("video"), text("state IN ('queued', 'running')"))
    .where(analyses.c.state == AnalysisState.QUEUED, analyses.c.priority < bindparam("urgency"))
    .values(priority=bindparam("urgency"))
)


def request(s: WriteSession, *, actor: Actor, video_id: UUID, kind: AnalysisKind, priority: Priority) -> UUID:
    """Ask for an analysis of a video's file; answers the id of it, or of the one that is open already, which
    becomes as urgent as this.

    Raises NotFound, and Conflict `not_ready` for a video without a file that was taken in.
    """
    video = s.execute(
        select(Video.sha256, Video.state, Video.deleted_at).where(Video.id == video_id)
    ).one_or_none()
    if video is None or video.deleted_at is not None:
        raise NotFound("There is no such video.")
    if video.state is not VideoState.READY or video.sha256 is None:
        raise Conflict("This video is not ready: there is nothing to be looked at.", code="not_ready")
    values = {
        "id": uuid4(),
        "video_id": video_id,
        "kind": kind,
        "sha256": video.sha256,
        "state": AnalysisState.QUEUED,
        "priority": priority,
        "runs": 0,
        "progress_bp": 0,
        "is_current": False,
        "requested_at": clock.now(),
        "version": 1,
    }
    new = insert_ignoring(s, Analysis, values)
    mine = (Analysis.video_id == video_id, Analysis.kind == kind, Analysis.state.in_(OPEN))
    found = s.execute(select(*RETURNED).where(*mine)).one_or_none()
    if found is None:
        raise Conflict("This analysis has just ended. Ask again.", code="conflict")
    if new:
        record(s, actor, "requested", found)
        add_tickets(s, 1)
    else:
        hasten(s, video_id=video_id, priority=priority)
    return UUID(str(found.id))


def add_tickets(s: WriteSession, count: int) -> None:
    """Queue so many jobs, each of which begins one analysis."""
    for _ in range(count):
        ticket = f"{JOB} {uuid4()}"
        jobs.enqueue(s, JOB, ticket, workflow_id=ticket)


def hasten(s: WriteSession, *, video_id: UUID, priority: Priority) -> bool:
    """Make what waits of a video as urgent as this, if it is not; answers whether that changed anything."""
    given = {"video": video_id, "urgency": int(priority)}
    return s.core.execute(_HASTEN, given).rowcount > 0


def begin(s: WriteSession, *, actor: Actor, job: str, least: Priority = Priority.REFRESH) -> UUID | None:
    """Hand the most urgent analysis to a job, one that is as urgent as `least`; None when none waits."""
    waiting = analyses.alias().c
    chosen = (
        select(waiting.id)
        .where(waiting.state == AnalysisState.QUEUED, waiting.priority >= least)
        .order_by(waiting.priority.desc(), waiting.kind, waiting.requested_at, waiting.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    begun = _change(
        s,
        analyses.c.id == chosen,
        analyses.c.state == AnalysisState.QUEUED,
        state=AnalysisState.RUNNING,
        job=job,
        runs=analyses.c.runs + 1,
        progress_bp=0,
        started_at=clock.now(),
    )
    if begun is None:
        return None
    record(s, actor, "begun", begun, run=begun.runs)
    return UUID(str(begun.id))


def progress(s: WriteSession, *, analysis_id: UUID, job: str, progress_bp: int) -> bool:
    """Say how far a job has come; False when the analysis is not (any more) with it. No change of state, so
    nothing is recorded."""
    now = _change(s, *_with(analysis_id, job), progress_bp=min(max(progress_bp, 0), 10_000))
    if now is None:
        return False
    tell(s, now, restricted=is_restricted(s, now.video_id))
    return True


def keep(s: WriteSession, *, actor: Actor, analysis_id: UUID, job: str, found: results.Analysis) -> bool:
    """Keep what a job has found, as the current analysis of its video and kind; False when the analysis is
    not (any more) with it.

    Of the restricted class the numbers are kept and no evidence. Every slot of the kind gets a row: what the
    engine did not speak of was not looked at.
    """
    verdict, missing = found.verdict, list(found.missing)
    kept = _change(
        s,
        *_with(analysis_id, job),
        analyses.c.sha256 == found.sha256,
        state=AnalysisState.PARTLY if missing else AnalysisState.DONE,
        progress_bp=10_000,
        coverage_bp=found.coverage_bp,
        frames=found.frames,
        method=found.method[:200],
        detectors=found.detectors,
        build=engine.build_of(found.detectors),
        missing=missing,
        code=None,
        reason=None,
        deepfake_score_bp=verdict.score_bp,
        confidence_bp=verdict.confidence_bp if verdict.score_bp is not None else None,
        is_deepfake=verdict.is_deepfake,
        finished_at=clock.now(),
    )
    if kept is None:
        return False
    # Two statements, since the index allows one current row at any moment.
    same = (analyses.c.video_id == kept.video_id, analyses.c.kind == kept.kind)
    s.changed(update(analyses).where(*same, analyses.c.is_current).values(is_current=False))
    s.changed(update(analyses).where(analyses.c.id == analysis_id).values(is_current=True))
    restricted = record(s, actor, "analysed", kept, method=found.method[:200])
    s.execute(insert(Score), _scores(analysis_id, AnalysisKind(kept.kind), found))
    if signals := _signals(analysis_id, found, evidence=not restricted):
        s.execute(insert(Signal), signals)
    bus.emit(s, ANALYSED, analysis_id, video_id=str(kept.video_id), kind=str(kept.kind))
    return True


def refuse(s: WriteSession, *, actor: Actor, analysis_id: UUID, job: str, why: Refused) -> bool:
    """End an analysis whose file cannot be read, with a sentence; a further try would end the same."""
    refused = _end(s, analysis_id, job, AnalysisState.REFUSED, why)
    if refused is None:
        return False
    record(s, actor, "refused", refused, code=why.code[:40])
    return True


def give_back(s: WriteSession, *, actor: Actor, analysis_id: UUID, job: str, why: Refused) -> bool:
    """Take an analysis from a job that died over it: it is begun once more, then parked for an admin."""
    again = _change(
        s,
        *_with(analysis_id, job),
        analyses.c.runs < RUNS,
        state=AnalysisState.QUEUED,
        job=None,
        progress_bp=0,
        started_at=None,
    )
    if again is not None:
        record(s, actor, "given_back", again, code=why.code[:40])
        add_tickets(s, 1)
        return True
    parked = _end(s, analysis_id, job, AnalysisState.PARKED, why)
    if parked is None:
        return False
    record(s, actor, "parked", parked, code=why.code[:40], runs=parked.runs)
    bus.emit(s, "forensics.parked", analysis_id, code=why.code[:40])
    return True


def postpone(s: WriteSession, *, actor: Actor, analysis_id: UUID, job: str) -> bool:
    """Take an analysis from a job whose process is about to end: that counts for no run."""
    again = _change(
        s,
        *_with(analysis_id, job),
        state=AnalysisState.QUEUED,
        job=None,
        runs=analyses.c.runs - 1,
        progress_bp=0,
        started_at=None,
    )
    if again is None:
        return False
    record(s, actor, "postponed", again)
    add_tickets(s, 1)
    return True


def cancel(s: WriteSession, *, actor: Actor, which: ColumnElement[bool]) -> int:
    """Cancel those of the analyses that are open; their workers stop within seconds. Answers how many."""
    gone = s.execute(
        update(analyses)
        .where(which, analyses.c.state.in_(OPEN))
        .values(state=AnalysisState.CANCELLED, finished_at=clock.now(), version=analyses.c.version + 1)
        .returning(*RETURNED)
    ).all()
    for row in gone:
        record(s, actor, "cancelled", row)
    return len(gone)


def cancel_of_video(s: WriteSession, *, actor: Actor, video_id: UUID) -> int:
    """Cancel what is open of a video, if it is deleted now."""
    gone = exists().where(Video.id == analyses.c.video_id, Video.deleted_at.is_not(None))
    return cancel(s, actor=actor, which=and_(analyses.c.video_id == video_id, gone))


def cancel_one(s: WriteSession, *, actor: Actor, analysis_id: UUID) -> None:
    """Cancel one analysis. Raises NotFound, and Conflict `not_open` when it has ended."""
    if cancel(s, actor=actor, which=analyses.c.id == analysis_id):
        return
    if s.scalar(select(analyses.c.id).where(analyses.c.id == analysis_id)) is None:
        raise NotFound("There is no such analysis.")
    raise Conflict("This analysis has ended: there is nothing to be cancelled.", code="not_open")


def drop_evidence(s: WriteSession, *, video_id: UUID) -> int:
    """Delete what was kept as evidence of a video that is of the restricted class now; the numbers stay."""
    of_video = select(Analysis.id).where(Analysis.video_id == video_id)
    return s.changed(
        update(Signal)
        .where(Signal.analysis_id.in_(of_video), Signal.evidence.is_not(None))
        .values(evidence=None, note="")
    )


def _with(analysis_id: UUID, job: str) -> tuple[ColumnElement[bool], ...]:
    """The analysis, while this job has it."""
    return (
        analyses.c.id == analysis_id,
        analyses.c.state == AnalysisState.RUNNING,
        analyses.c.job == job,
    )


def _change(s: WriteSession, *which: ColumnElement[bool], **values: Any) -> Any | None:
    changed = update(analyses).where(*which).values(version=analyses.c.version + 1, **values)
    return s.execute(changed.returning(*RETURNED)).one_or_none()


def _end(s: WriteSession, analysis_id: UUID, job: str, state: AnalysisState, why: Refused) -> Any | None:
    return _change(
        s,
        *_with(analysis_id, job),
        state=state,
        code=why.code[:40],
        reason=why.reason[:500],
        finished_at=clock.now(),
    )


def _scores(analysis_id: UUID, kind: AnalysisKind, found: results.Analysis) -> list[dict[str, Any]]:
    said = {score.slot: score for score in found.slots}
    for slot in SLOTS_OF[kind]:
        said.setdefault(slot, results.SlotScore(slot, found.method, abstained=Abstained.NO_MODEL))
    return [
        {**asdict(score), "analysis_id": analysis_id, "method": score.method[:200]} for score in said.values()
    ]


def _signals(analysis_id: UUID, found: results.Analysis, *, evidence: bool) -> list[dict[str, Any]]:
    return [
        {
            "analysis_id": analysis_id,
            "ordinal": ordinal,
            "slot": signal.slot,
            "detector": signal.detector[:80],
            "version": signal.version[:80],
            "name": signal.name[:80],
            "value": _finite(signal.value),
            "score_bp": signal.score_bp,
            "reliability_bp": signal.reliability_bp,
            "abstained": signal.abstained,
            "track": signal.track,
            "note": _said(signal.note) if evidence else "",
            "evidence": _evidence(signal) if evidence else None,
        }
        for ordinal, signal in enumerate(found.signals[:SIGNALS_MAX])
    ]


def _evidence(signal: results.Signal) -> dict[str, Any]:
    return {
        "spans": [{**asdict(span), "note": _said(span.note)} for span in signal.spans[:SPANS_MAX]],
        "boxes": [asdict(box) for box in signal.boxes[:BOXES_MAX]],
        "curves": [
            {**asdict(curve), "values": [_finite(value) for value in curve.values[:CURVE_MAX]]}
            for curve in signal.curves
        ],
    }


def _said(words: str) -> str:
    """Words that came out of a file, cut, without U+0000, which PostgreSQL cannot store."""
    return words[:NOTE_MAX].replace("\x00", "")


def _finite(value: float | None) -> float | None:
    """JSON has no infinity, and PostgreSQL refuses what Python writes for it."""
    return value if value is not None and math.isfinite(value) else None
