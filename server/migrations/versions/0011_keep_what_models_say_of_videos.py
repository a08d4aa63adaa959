"""Keep what models say of videos, and the tables of scores that leads write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
STATES = (
    "not_asked",
    "not_configured",
    "restricted",
    "waiting",
    "done",
    "refused",
    "failed",
    "cancelled",
)
WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    state = sa.Enum(*STATES, name="opinionstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "forensics_opinions",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("job", sa.String(length=100), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("prompt", sa.String(length=80), nullable=True),
        sa.Column("input_sha256", sa.String(length=64), nullable=True),
        sa.Column("frames", sa.SmallInteger(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("categories", JSON, nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_opinions_video_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forensics_opinions")),
    )
    op.create_index(
        "ix_forensics_opinions_open",
        "forensics_opinions",
        ["video_id"],
        unique=True,
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.create_index(
        "ix_forensics_opinions_video", "forensics_opinions", ["video_id", "asked_at", "id"], unique=False
    )
    op.create_table(
        "moderation_score_tables",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("author", sa.String(length=96), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_moderation_score_tables")),
    )
