"""Reads of opinions, and of what a model is to be told of a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics import queries as analyses
from server.forensics.models import Analysis, Signal
from server.forensics.opinion.models import Opinion
from server.forensics.opinion.rules import OpinionState
from server.forensics.rules import OPEN, AnalysisKind, AnalysisState
from server.kit import job_history
from server.kit.db import AnySession

SCREEN_TEXT, TRANSCRIPT = "screen_text", "transcript"
"""The names of the signals whose spans quote, line by line, what was read or heard."""
_ENDED = tuple(state for state in AnalysisState if state not in OPEN)


def latest(s: AnySession, video_id: UUID) -> Opinion | None:
    """The last opinion asked for and not cancelled. No access rule applies: ask `forensics.queries.video`
    first."""
    mine = select(Opinion).where(Opinion.video_id == video_id, Opinion.state != OpinionState.CANCELLED)
    return s.scalars(mine.order_by(Opinion.asked_at.desc(), Opinion.id.desc()).limit(1)).one_or_none()


@dataclass(frozen=True)
class Work:
    """What a job needs of the question that it has. `moments_ms` are where something was seen, the worst
    first; `words` is what people said and wrote."""

    opinion_id: UUID
    video_id: UUID
    sha256: str
    duration_ms: int
    asked_at: datetime
    tries: int
    moments_ms: tuple[int, ...]
    words: dict[str, str]


def work(s: AnySession, opinion_id: UUID, job: str) -> Work | None:
    """The question, while this job has it and it may be asked; None when it was ended, given to another job,
    or is about the restricted class."""
    row = s.execute(
        select(
            Opinion.asked_at,
            Opinion.tries,
            Video.id,
            Video.sha256,
            Video.duration_ms,
            Video.title,
            Video.caption,
        )
        .join(Video, Video.id == Opinion.video_id)
        .where(Opinion.id == opinion_id, Opinion.job == job, Opinion.state == OpinionState.WAITING)
        .where(Video.restricted_class.is_(False), Video.deleted_at.is_(None), Video.sha256.is_not(None))
    ).one_or_none()
    if row is None:
        return None
    found = analyses.of_video(s, row.id)
    ids = [there.current.id for there in found.values() if there.current]
    signals = [signal for rows in analyses.signals(s, ids).values() for signal in rows]
    text = found[AnalysisKind.TEXT].current
    spoken = [signal for signal in signals if text is not None and signal.analysis_id == text.id]
    return Work(
        opinion_id=opinion_id,
        video_id=row.id,
        sha256=row.sha256,
        duration_ms=row.duration_ms or 0,
        asked_at=row.asked_at,
        tries=row.tries,
        moments_ms=_moments(signals),
        words={
            "title": row.title,
            "caption": row.caption,
            "on_screen_text": _lines(spoken, SCREEN_TEXT),
            "transcript": _lines(spoken, TRANSCRIPT),
        },
    )


def is_wanted(s: AnySession, opinion_id: UUID, job: str) -> bool:
    """Whether the question may still be asked: right before it is sent."""
    found = (
        select(Opinion.id)
        .join(Video, Video.id == Opinion.video_id)
        .where(Opinion.id == opinion_id, Opinion.job == job, Opinion.state == OpinionState.WAITING)
        .where(Video.restricted_class.is_(False), Video.deleted_at.is_(None))
    )
    return s.scalar(found) is not None


def _moments(signals: Sequence[Signal]) -> tuple[int, ...]:
    spans = [span for signal in signals for span in (signal.evidence or {}).get("spans", ())]
    spans.sort(key=lambda span: -(span["score_bp"] or 0))
    return tuple((span["start_ms"] + span["end_ms"]) // 2 for span in spans if span["start_ms"] >= 0)


def _lines(signals: Sequence[Signal], name: str) -> str:
    """What was read or heard, line by line in order of time, each once."""
    spans = [
        (span["start_ms"], span["note"])
        for signal in signals
        if signal.name == name
        for span in (signal.evidence or {}).get("spans", ())
        if span["note"]
    ]
    return "\n".join(dict.fromkeys(note for _, note in sorted(spans)))


def abandoned(s: AnySession) -> list[UUID]:
    """Questions that wait although no job is to ask them any more."""
    rows = s.execute(select(Opinion.id, Opinion.job).where(Opinion.state == OpinionState.WAITING)).all()
    at_work = job_history.unfinished(s, [row.job for row in rows if row.job])
    return [row.id for row in rows if row.job not in at_work]


def not_asked(s: AnySession, *, after: datetime, limit: int) -> Sequence[UUID]:
    """Videos uploaded since `after` that nobody asked a model about, once their words were looked for, in
    whatever way that ended."""
    first = func.min(Analysis.requested_at)
    return s.scalars(
        select(Analysis.video_id)
        .join(Video, Video.id == Analysis.video_id)
        .where(Analysis.kind == AnalysisKind.TEXT, Analysis.state.in_(_ENDED))
        .where(Video.created_at > after)
        .where(Video.state == VideoState.READY, Video.deleted_at.is_(None))
        .where(Video.restricted_class.is_(False))
        .where(
            ~exists().where(Opinion.video_id == Analysis.video_id, Opinion.state != OpinionState.CANCELLED)
        )
        .group_by(Analysis.video_id)
        .order_by(first, Analysis.video_id)
        .limit(limit)
    ).all()
