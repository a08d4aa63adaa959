"""Keep the catalogue of sparks: the gifts, their files in immutable versions, their prices over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
JUDGING = sa.text("state = 'judging'")
OPEN = sa.text("valid_to IS NULL")


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "sparks_sparks",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("tier", one_of("tier", "common", "uncommon", "rare", "epic", "legendary"), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("state", one_of("sparkstate", "draft", "published", "retired"), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        at("published_at", nullable=True),
        at("retired_at", nullable=True),
        at("updated_at"),
        sa.Column("id", sa.Uuid(), nullable=False),
        at("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sparks_sparks")),
        sa.UniqueConstraint("slug", name=op.f("uq_sparks_sparks_slug")),
    )
    for name, columns in {
        "catalogue": ["state", "slug"],
        "tier": ["state", "tier", "slug"],
        "family": ["state", "family", "slug"],
    }.items():
        op.create_index(f"ix_sparks_sparks_{name}", "sparks_sparks", columns)
    op.create_table(
        "sparks_versions",
        sa.Column("spark_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "state",
            one_of("versionstate", "added", "judging", "passed", "refused", "parked"),
            nullable=False,
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=96), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        at("at"),
        sa.Column("verdict", JSON, nullable=True),
        at("judged_at", nullable=True),
        at("asked_at", nullable=True),
        sa.Column("asked_by", sa.String(length=96), nullable=True),
        sa.Column("job", sa.String(length=100), nullable=True),
        sa.Column("runs", sa.SmallInteger(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["spark_id"], ["sparks_sparks.id"], name=op.f("fk_sparks_versions_spark_id")),
        sa.PrimaryKeyConstraint("spark_id", "number", name=op.f("pk_sparks_versions")),
        sa.UniqueConstraint("spark_id", "sha256", name=op.f("uq_sparks_versions_spark_id_sha256")),
    )
    op.create_index(
        "ix_sparks_versions_judging",
        "sparks_versions",
        ["spark_id"],
        unique=True,
        sqlite_where=JUDGING,
        postgresql_where=JUDGING,
    )
    op.create_table(
        "sparks_prices",
        sa.Column("spark_id", sa.Uuid(), nullable=False),
        at("valid_from"),
        at("valid_to", nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=96), nullable=False),
        at("at"),
        sa.CheckConstraint("credits > 0", name=op.f("ck_sparks_prices_credits")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_sparks_prices_lasts")),
        sa.ForeignKeyConstraint(["spark_id"], ["sparks_sparks.id"], name=op.f("fk_sparks_prices_spark_id")),
        sa.PrimaryKeyConstraint("spark_id", "valid_from", name=op.f("pk_sparks_prices")),
    )
    op.create_index(
        "ix_sparks_prices_open",
        "sparks_prices",
        ["spark_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
