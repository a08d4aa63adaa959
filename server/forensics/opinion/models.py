"""The table of opinions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from server.content.models import Video
from server.forensics.opinion.rules import OpinionState
from server.kit.models import Base, Identified, Versioned
from server.kit.types import Json, one_of


class Opinion(Identified, Versioned, Base):
    """One question about a video to a model, and what came of it; to ask again is another row.

    `job` is the workflow that has it, or that waits until `retry_at`; `tries` counts the runs that got no
    answer. `input_sha256` is the digest of all that was sent. `categories` is what the model said, as it said
    it: `{"slot", "severity", "reason", "moments_ms"}`; nothing of it is kept for the restricted class.
    """

    __tablename__ = "forensics_opinions"

    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id))
    state: Mapped[OpinionState] = mapped_column(one_of(OpinionState), default=OpinionState.WAITING)
    job: Mapped[str | None] = mapped_column(String(100))
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    asked_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    model: Mapped[str | None] = mapped_column(String(80))
    prompt: Mapped[str | None] = mapped_column(String(80))
    input_sha256: Mapped[str | None] = mapped_column(String(64))
    frames: Mapped[int | None] = mapped_column(SmallInteger)
    summary: Mapped[str | None] = mapped_column(Text)
    categories: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(500))


_WAITS = text("state = 'waiting'")
Index(
    "ix_forensics_opinions_open",
    Opinion.video_id,
    unique=True,
    sqlite_where=_WAITS,
    postgresql_where=_WAITS,
)
Index("ix_forensics_opinions_video", Opinion.video_id, Opinion.asked_at, Opinion.id)
