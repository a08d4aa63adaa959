"""Everything that goes into an evidence bundle, read at one moment: pure values that need no session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.audit import proof
from server.content.models import Video
from server.forensics import views
from server.forensics.banks import views as banks
from server.forensics.banks.queries import matches_of
from server.forensics.banks.rules import MATCHES_MAX
from server.forensics.banks.schemas import MatchView
from server.forensics.models import Analysis
from server.forensics.opinion import views as opinions
from server.forensics.opinion.schemas import OpinionView
from server.forensics.pictures import MOST, Wanted
from server.forensics.schemas import AnalysisView, SignalView, VideoAnalyses
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession

ANALYSES = 200
"""Analyses of a video that are listed: the last ones."""


@dataclass(frozen=True)
class Case:
    """A video as its evidence shows it. Of the restricted class: numbers and hashes, no words, no times."""

    video: dict[str, Any]
    restricted: bool
    known: VideoAnalyses
    listed: tuple[AnalysisView, ...]
    opinion: OpinionView
    matches: tuple[MatchView, ...]
    audit: dict[str, Any]
    by: str
    at: datetime

    @property
    def signals(self) -> Iterator[tuple[str, int, SignalView]]:
        """The signals of the current analyses, with the kind of the analysis and a number from 0."""
        for kind in (self.known.core, self.known.text):
            for number, signal in enumerate(kind.result.signals if kind.result else ()):
                yield kind.kind.value, number, signal

    def moments(self, *, most: int = MOST) -> list[Wanted]:
        """The frames that show something: those with boxes first, then where stretches of time begin, each by
        its score. None of the restricted class."""
        if self.restricted:
            return []
        boxes: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        weight: dict[int, tuple[int, int]] = {}
        for _, _, signal in self.signals:
            for box in signal.boxes:
                boxes[box.t_ms].append((box.x_bp, box.y_bp, box.width_bp, box.height_bp))
                weight[box.t_ms] = max(weight.get(box.t_ms, (0, 0)), (1, box.score_bp or 0))
            for span in signal.spans:
                weight[span.start_ms] = max(weight.get(span.start_ms, (0, 0)), (0, span.score_bp or 0))
        worst = sorted((t for t in weight if t >= 0), key=lambda t: (*(-each for each in weight[t]), t))
        return [Wanted(t, tuple(dict.fromkeys(boxes.get(t, ())))) for t in sorted(worst[:most])]


def read(
    s: AnySession,
    *,
    reader: Actor,
    keys: Keys,
    video_id: UUID,
    restricted: bool,
    prevalence_bp: int,
    at: datetime,
) -> Case:
    """The case of a video that the reader may see the scores of: ask `queries.video` first."""
    video = s.get_one(Video, video_id)
    known = views.of_video(s, video_id, restricted=restricted, prevalence_bp=prevalence_bp)
    last = select(Analysis).where(Analysis.video_id == video_id)
    rows = s.scalars(last.order_by(Analysis.requested_at.desc(), Analysis.id.desc()).limit(ANALYSES))
    return Case(
        video=_video(video, restricted=restricted),
        restricted=restricted,
        known=known,
        listed=tuple(views.analysis(row) for row in rows),
        matches=() if restricted else _matches(s, reader, video_id),
        opinion=opinions.of_video(s, video_id, restricted=restricted, configured=True),
        audit=proof.extract(s, reader, keys, f"video:{video_id}", details=not restricted),
        by=reader.ref,
        at=at,
    )


def _matches(s: AnySession, reader: Actor, video_id: UUID) -> tuple[MatchView, ...]:
    return tuple(banks.matches(s, reader, matches_of(s, reader, video_id, limit=MATCHES_MAX)))


def _video(video: Video, *, restricted: bool) -> dict[str, Any]:
    shown = {
        "id": str(video.id),
        "sha256": video.sha256,
        "size": video.size,
        "duration_ms": video.duration_ms,
        "width": video.width,
        "height": video.height,
        "restricted_class": restricted,
    }
    if restricted:
        return shown
    return shown | {
        "owner": f"person:{video.owner_id}",
        "title": video.title,
        "caption": video.caption,
        "created_at": video.created_at.isoformat(),
    }
