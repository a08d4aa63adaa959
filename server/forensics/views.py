"""Rows as their reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.forensics import queries
from server.forensics.models import Analysis, Score, Signal
from server.forensics.queries import OfKind
from server.forensics.rules import AnalysisKind
from server.forensics.schemas import (
    AnalysisView,
    EarlierView,
    KindView,
    ResultView,
    ScoreView,
    SignalView,
    VerdictView,
    VideoAnalyses,
)
from server.kit.db import AnySession

_ANALYSIS = tuple(AnalysisView.model_fields.keys() - {"detectors", "missing"})
_SCORE = tuple(ScoreView.model_fields)
_SIGNAL = tuple(SignalView.model_fields.keys() - {"note", "spans", "boxes", "curves"})


def analysis(row: Analysis) -> AnalysisView:
    """One analysis."""
    return AnalysisView(**_named(row, _ANALYSIS), detectors=row.detectors or {}, missing=row.missing or [])


def of_video(s: AnySession, video_id: UUID, *, restricted: bool, prevalence_bp: int) -> VideoAnalyses:
    """Everything that is known of a video: in six queries, however much that is."""
    found = queries.of_video(s, video_id)
    shown = [there.current.id for there in found.values() if there.current]
    scores, signals = queries.scores(s, shown), queries.signals(s, shown)

    def kind(which: AnalysisKind) -> KindView:
        there = found[which]
        result = None
        if there.current is not None:
            key = there.current.id
            result = _result(there.current, scores[key], signals[key], evidence=not restricted)
        return KindView(
            kind=which,
            latest=analysis(there.latest) if there.latest else None,
            result=result,
            earlier=_earlier(there),
        )

    return VideoAnalyses(
        video_id=video_id,
        restricted_class=restricted,
        core=kind(AnalysisKind.CORE),
        text=kind(AnalysisKind.TEXT),
        prevalence_bp=prevalence_bp,
    )


def _result(
    row: Analysis, scores: Sequence[Score], signals: Sequence[Signal], *, evidence: bool
) -> ResultView:
    return ResultView(
        analysis=analysis(row),
        verdict=_verdict(row),
        scores=[ScoreView(**_named(score, _SCORE)) for score in scores],
        signals=[_signal(signal, evidence=evidence) for signal in signals],
    )


def _signal(row: Signal, *, evidence: bool) -> SignalView:
    # What was kept before the video was of the restricted class may not be gone yet.
    seen = {"note": row.note, **(row.evidence or {})} if evidence else {}
    return SignalView(**_named(row, _SIGNAL), **seen)


def _verdict(row: Analysis) -> VerdictView:
    return VerdictView(
        score_bp=row.deepfake_score_bp, confidence_bp=row.confidence_bp, is_deepfake=row.is_deepfake
    )


def _earlier(there: OfKind) -> EarlierView | None:
    if (before := there.earlier) is None:
        return None
    return EarlierView(method=before.method, finished_at=before.finished_at, verdict=_verdict(before))


def _named(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
