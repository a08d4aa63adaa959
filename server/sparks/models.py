"""The tables of the catalogue: sparks, their versions, their prices."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import Json, one_of
from server.sparks.engine.format.spark import Tier
from server.sparks.rules import NOTE_MAX, REASON_MAX, SparkState, VersionState


class CatalogueSpark(Identified, Timestamped, Versioned, Base):
    """A gift of the catalogue. What it is called and how long it lasts are those of its published version, or
    of the newest one of what was never published. `slug` is the `id` of its file; `name_key` what a search
    compares. `version` counts the accepted changes, also of prices."""

    __tablename__ = "sparks_sparks"
    __table_args__ = (UniqueConstraint("slug"),)

    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(120))
    tier: Mapped[Tier] = mapped_column(one_of(Tier))
    family: Mapped[str] = mapped_column(String(40))
    duration_ms: Mapped[int]
    state: Mapped[SparkState] = mapped_column(one_of(SparkState), default=SparkState.DRAFT)
    current_version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class SparkVersion(Base):
    """One file of a spark as canonical JSON, which never changes; and what our worker said. `job` judges it,
    by the `runs`-th worker, since `asked_by` asked; `fault` is how the last worker died."""

    __tablename__ = "sparks_versions"
    __table_args__ = (UniqueConstraint("spark_id", "sha256"),)

    spark_id: Mapped[UUID] = mapped_column(ForeignKey(CatalogueSpark.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[VersionState] = mapped_column(one_of(VersionState), default=VersionState.ADDED)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(96))
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    at: Mapped[datetime]
    verdict: Mapped[dict[str, Any] | None] = mapped_column(Json)
    judged_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[str | None] = mapped_column(String(96))
    job: Mapped[str | None] = mapped_column(String(100))
    runs: Mapped[int] = mapped_column(SmallInteger, default=0)
    fault: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(REASON_MAX))


class SparkPrice(Base):
    """What a spark costs from one moment on, to the next price (null = for now). Of one spark no two overlap;
    one that was ever in force stays."""

    __tablename__ = "sparks_prices"
    __table_args__ = (
        CheckConstraint("credits > 0", name="credits"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="lasts"),
    )

    spark_id: Mapped[UUID] = mapped_column(ForeignKey(CatalogueSpark.id), primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(primary_key=True)
    valid_to: Mapped[datetime | None]
    credits: Mapped[int]
    author: Mapped[str] = mapped_column(String(96))
    at: Mapped[datetime]


Index("ix_sparks_sparks_catalogue", CatalogueSpark.state, CatalogueSpark.slug)
Index("ix_sparks_sparks_tier", CatalogueSpark.state, CatalogueSpark.tier, CatalogueSpark.slug)
Index("ix_sparks_sparks_family", CatalogueSpark.state, CatalogueSpark.family, CatalogueSpark.slug)
_JUDGING, _OPEN = text("state = 'judging'"), text("valid_to IS NULL")
Index(
    "ix_sparks_versions_judging",
    SparkVersion.spark_id,
    unique=True,
    sqlite_where=_JUDGING,
    postgresql_where=_JUDGING,
)
Index("ix_sparks_prices_open", SparkPrice.spark_id, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)

sparks = cast(Table, CatalogueSpark.__table__)
versions = cast(Table, SparkVersion.__table__)
prices = cast(Table, SparkPrice.__table__)
