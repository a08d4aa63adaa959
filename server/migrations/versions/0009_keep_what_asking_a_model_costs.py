"""Keep what asking a model costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATUSES = (
    "asked",
    "ok",
    "refused",
    "truncated",
    "invalid",
    "throttled",
    "unavailable",
    "rejected",
    "not_configured",
    "over_budget",
)


def upgrade() -> None:
    status = sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "ai_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=120), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_calls")),
        sa.UniqueConstraint("job", "attempt", name=op.f("uq_ai_calls_job_attempt")),
    )
    with op.batch_alter_table("ai_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ai_calls_at"), ["at"], unique=False)
