"""Let videos be analysed: tables for analyses, their scores and their signals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SLOT = sa.Enum(
    "face_manipulation",
    "voice_synthesis",
    "lip_sync",
    "explicit",
    "violence",
    "hate_speech",
    "non_consensual",
    "provenance",
    name="slot",
    native_enum=False,
    create_constraint=True,
    length=32,
)
CURRENT, WAITS = sa.text("is_current"), sa.text("state = 'queued'")
OPEN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.create_table(
        "forensics_analyses",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "core", "text", name="analysiskind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "partly",
                "refused",
                "parked",
                "cancelled",
                name="analysisstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("runs", sa.SmallInteger(), nullable=False),
        sa.Column("job", sa.String(length=100), nullable=True),
        sa.Column("progress_bp", sa.Integer(), nullable=False),
        sa.Column("coverage_bp", sa.Integer(), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(length=200), nullable=True),
        sa.Column("detectors", JSON, nullable=True),
        sa.Column("build", sa.String(length=64), nullable=True),
        sa.Column("missing", JSON, nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("deepfake_score_bp", sa.Integer(), nullable=True),
        sa.Column("confidence_bp", sa.Integer(), nullable=True),
        sa.Column("is_deepfake", sa.Boolean(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_analyses_video_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forensics_analyses")),
    )
    op.create_index(
        "ix_forensics_analyses_build",
        "forensics_analyses",
        ["kind", "build"],
        unique=False,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index(
        "ix_forensics_analyses_current",
        "forensics_analyses",
        ["video_id", "kind"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index(
        "ix_forensics_analyses_file",
        "forensics_analyses",
        ["sha256", "kind"],
        unique=False,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index(
        "ix_forensics_analyses_open",
        "forensics_analyses",
        ["video_id", "kind"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_forensics_analyses_pick",
        "forensics_analyses",
        [sa.literal_column("priority DESC"), "kind", "requested_at", "id"],
        unique=False,
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.create_index(
        "ix_forensics_analyses_state", "forensics_analyses", ["state", "requested_at", "id"], unique=False
    )
    op.create_index(
        "ix_forensics_analyses_video",
        "forensics_analyses",
        ["video_id", "kind", "requested_at", "id"],
        unique=False,
    )

    op.create_table(
        "forensics_scores",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("slot", SLOT, nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("score_bp", sa.Integer(), nullable=True),
        sa.Column("track", sa.SmallInteger(), nullable=True),
        sa.Column("low_bp", sa.Integer(), nullable=True),
        sa.Column("high_bp", sa.Integer(), nullable=True),
        sa.Column("reliability_bp", sa.Integer(), nullable=False),
        sa.Column("look_closer", sa.Boolean(), nullable=False),
        sa.Column("likely", sa.Boolean(), nullable=False),
        sa.Column("abstained", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["forensics_analyses.id"], name=op.f("fk_forensics_scores_analysis_id")
        ),
        sa.PrimaryKeyConstraint("analysis_id", "slot", name=op.f("pk_forensics_scores")),
    )
    op.create_table(
        "forensics_signals",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", SLOT, nullable=False),
        sa.Column("detector", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("score_bp", sa.Integer(), nullable=True),
        sa.Column("reliability_bp", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.String(length=40), nullable=True),
        sa.Column("track", sa.SmallInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("evidence", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["forensics_analyses.id"], name=op.f("fk_forensics_signals_analysis_id")
        ),
        sa.PrimaryKeyConstraint("analysis_id", "ordinal", name=op.f("pk_forensics_signals")),
    )
