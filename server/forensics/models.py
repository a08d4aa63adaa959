"""The tables of forensics: analyses, their scores, and the signals that these were made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from server.content.models import Video
from server.forensics.rules import AnalysisKind, AnalysisState, Slot
from server.kit.models import Base, Identified, Versioned
from server.kit.types import Json, one_of

REASON = String(40)
"""An `Abstained`, not checked by the database: detectors bring reasons of their own, and SQLite would write
the whole table anew for each."""

NOTE_MAX = 500


class Analysis(Identified, Versioned, Base):
    """One look at the file of a video; a later look is another row.

    `job` is the workflow that has it; `runs` counts how often it was begun. `build` is the digest of the
    versions in `detectors`; `is_current` marks the last one that gave scores, of each video and kind. Scores
    and shares are basis points, None = not analysed.
    """

    __tablename__ = "forensics_analyses"

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id))
    kind: Mapped[AnalysisKind] = mapped_column(one_of(AnalysisKind))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[AnalysisState] = mapped_column(one_of(AnalysisState), default=AnalysisState.QUEUED)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    runs: Mapped[int] = mapped_column(SmallInteger, default=0)
    job: Mapped[str | None] = mapped_column(String(100))
    progress_bp: Mapped[int] = mapped_column(default=0)

    coverage_bp: Mapped[int | None]
    frames: Mapped[int | None] = mapped_column(BigInteger)
    method: Mapped[str | None] = mapped_column(String(200))
    detectors: Mapped[dict[str, str] | None] = mapped_column(Json)
    build: Mapped[str | None] = mapped_column(String(64))
    missing: Mapped[list[str] | None] = mapped_column(Json)
    code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(500))

    deepfake_score_bp: Mapped[int | None]
    confidence_bp: Mapped[int | None]
    is_deepfake: Mapped[bool | None]
    is_current: Mapped[bool] = mapped_column(default=False)

    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Score(Base):
    """What an analysis says of one slot, within `low_bp`..`high_bp`, or why it says nothing. `track` is the
    face that it speaks of, if one."""

    __tablename__ = "forensics_scores"

    analysis_id: Mapped[UUID] = mapped_column(ForeignKey(Analysis.id), primary_key=True)
    slot: Mapped[Slot] = mapped_column(one_of(Slot), primary_key=True)
    method: Mapped[str] = mapped_column(String(200))
    score_bp: Mapped[int | None]
    track: Mapped[int | None] = mapped_column(SmallInteger)
    low_bp: Mapped[int | None]
    high_bp: Mapped[int | None]
    reliability_bp: Mapped[int]
    look_closer: Mapped[bool]
    likely: Mapped[bool]
    abstained: Mapped[str | None] = mapped_column(REASON)


class Signal(Base):
    """One measurement, on the face `track` if on one, or a fact in words (`note`), with where it was seen:
    `evidence` holds `spans`, `boxes` and `curves`; None for the restricted class, of which none is kept."""

    __tablename__ = "forensics_signals"

    analysis_id: Mapped[UUID] = mapped_column(ForeignKey(Analysis.id), primary_key=True)
    ordinal: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    slot: Mapped[Slot] = mapped_column(one_of(Slot))
    detector: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    value: Mapped[float | None]
    score_bp: Mapped[int | None]
    reliability_bp: Mapped[int]
    abstained: Mapped[str | None] = mapped_column(REASON)
    track: Mapped[int | None] = mapped_column(SmallInteger)
    note: Mapped[str] = mapped_column(String(NOTE_MAX))
    evidence: Mapped[dict[str, Any] | None] = mapped_column(Json)


_OPEN, _WAITS, _CURRENT = (
    text("state IN ('queued', 'running')"),
    text("state = 'queued'"),
    text("is_current"),
)
"""In words, since a partial index wants no parameters."""
for _name, _where in {"open": _OPEN, "current": _CURRENT}.items():
    Index(
        f"ix_forensics_analyses_{_name}",
        Analysis.video_id,
        Analysis.kind,
        unique=True,
        sqlite_where=_where,
        postgresql_where=_where,
    )
Index(
    "ix_forensics_analyses_pick",
    Analysis.priority.desc(),
    Analysis.kind,
    Analysis.requested_at,
    Analysis.id,
    sqlite_where=_WAITS,
    postgresql_where=_WAITS,
)
Index("ix_forensics_analyses_video", Analysis.video_id, Analysis.kind, Analysis.requested_at, Analysis.id)
Index("ix_forensics_analyses_state", Analysis.state, Analysis.requested_at, Analysis.id)
Index(
    "ix_forensics_analyses_file",
    Analysis.sha256,
    Analysis.kind,
    sqlite_where=_CURRENT,
    postgresql_where=_CURRENT,
)
Index(
    "ix_forensics_analyses_build",
    Analysis.kind,
    Analysis.build,
    sqlite_where=_CURRENT,
    postgresql_where=_CURRENT,
)
