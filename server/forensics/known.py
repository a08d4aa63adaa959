"""What was found in the same file before: the same bytes and detectors say the same, whoever uploads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from server.content.models import Video
from server.forensics import engine, queries, results
from server.forensics.models import Analysis, Score, Signal
from server.forensics.queries import Work
from server.forensics.results import Box, Curve, SlotScore, Span, Verdict
from server.forensics.rules import Abstained, Slot
from server.kit.db import AnySession


def recall(s: AnySession, work: Work, models: Path | None) -> results.Analysis | None:
    """The analysis of another video of this file by what would look at it now; None where there is none.

    Not of a video of the restricted class, whose evidence was not kept.
    """
    row = s.scalars(
        select(Analysis)
        .join(Video, Video.id == Analysis.video_id)
        .where(Analysis.sha256 == work.sha256, Analysis.kind == work.kind, Analysis.is_current)
        .where(Analysis.build == engine.build_of(engine.versions(work.kind, models)))
        .where(Video.restricted_class.is_(False))
        .order_by(Analysis.requested_at, Analysis.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    scores, signals = queries.scores(s, [row.id])[row.id], queries.signals(s, [row.id])[row.id]
    return results.Analysis(
        sha256=row.sha256,
        method=row.method or "",
        frames=row.frames or 0,
        coverage_bp=row.coverage_bp or 0,
        detectors=row.detectors or {},
        slots=tuple(_score(each) for each in scores),
        signals=tuple(_signal(each) for each in signals),
        verdict=Verdict(row.deepfake_score_bp, row.confidence_bp or 0, row.is_deepfake),
        missing=tuple(row.missing or ()),
    )


def _score(row: Score) -> SlotScore:
    return SlotScore(
        slot=Slot(row.slot),
        method=row.method,
        score_bp=row.score_bp,
        track=row.track,
        low_bp=row.low_bp,
        high_bp=row.high_bp,
        reliability_bp=row.reliability_bp,
        look_closer=row.look_closer,
        likely=row.likely,
        abstained=Abstained(row.abstained) if row.abstained else None,
    )


def _signal(row: Signal) -> results.Signal:
    seen: dict[str, Any] = row.evidence or {"spans": [], "boxes": [], "curves": []}
    return results.Signal(
        name=row.name,
        slot=Slot(row.slot),
        detector=row.detector,
        version=row.version,
        value=row.value,
        score_bp=row.score_bp,
        reliability_bp=row.reliability_bp,
        abstained=Abstained(row.abstained) if row.abstained else None,
        track=row.track,
        note=row.note,
        spans=tuple(Span(**span) for span in seen["spans"]),
        boxes=tuple(Box(**box) for box in seen["boxes"]),
        curves=tuple(Curve(**{**curve, "values": tuple(curve["values"])}) for curve in seen["curves"]),
    )
