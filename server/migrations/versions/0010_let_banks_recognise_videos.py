"""Let banks recognise videos: tables for banks, entries, hashes, matches and searches of the library."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = sa.text("state IN ('proposed', 'active', 'quarantined')")
RUNS = sa.text("state = 'running'")


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "forensics_banks",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", one_of("bankkind", "harmful", "negative", "exchange"), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("action", one_of("bankaction", "queue", "restrict_interim"), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        at("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("distance BETWEEN 0 AND 31", name=op.f("ck_forensics_banks_distance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forensics_banks")),
        sa.UniqueConstraint("name", name=op.f("uq_forensics_banks_name")),
    )
    op.create_table(
        "forensics_bank_entries",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            one_of("entrystate", "proposed", "active", "quarantined", "deconfirmed", "expired"),
            nullable=False,
        ),
        sa.Column("severity", one_of("entryseverity", "low", "medium", "high", "critical"), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("source_video_id", sa.Uuid(), nullable=True),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("end_ms", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("external", sa.String(length=80), nullable=True),
        sa.Column("algorithm", sa.String(length=16), nullable=True),
        sa.Column("hashes", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=96), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        at("activated_at", nullable=True),
        at("expires_at", nullable=True),
        at("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["forensics_banks.id"], name=op.f("fk_forensics_bank_entries_bank_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_video_id"],
            ["content_videos.id"],
            name=op.f("fk_forensics_bank_entries_source_video_id"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_forensics_bank_entries")),
        sa.UniqueConstraint("id", name=op.f("uq_forensics_bank_entries_id")),
    )
    op.create_index(
        "ix_forensics_bank_entries_bank", "forensics_bank_entries", ["bank_id", "state", "number"]
    )
    op.create_index("ix_forensics_bank_entries_decision", "forensics_bank_entries", ["decision_id"])
    for name, columns, unique in (
        ("source", ["bank_id", "source_video_id"], True),
        ("external", ["bank_id", "external"], True),
        ("file", ["sha256"], False),
        ("expires", ["expires_at"], False),
    ):
        op.create_index(
            f"ix_forensics_bank_entries_{name}",
            "forensics_bank_entries",
            columns,
            unique=unique,
            sqlite_where=KEPT,
            postgresql_where=KEPT,
        )
    op.create_table(
        "forensics_bank_hashes",
        sa.Column("entry", NUMBER, nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry"], ["forensics_bank_entries.number"], name=op.f("fk_forensics_bank_hashes_entry")
        ),
        sa.PrimaryKeyConstraint("entry", "algorithm", name=op.f("pk_forensics_bank_hashes")),
    )
    op.create_table(
        "forensics_bank_changes",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", NUMBER, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry"], ["forensics_bank_entries.number"], name=op.f("fk_forensics_bank_changes_entry")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_forensics_bank_changes")),
    )
    op.create_index(op.f("ix_forensics_bank_changes_entry"), "forensics_bank_changes", ["entry"])
    op.create_table(
        "forensics_fingerprints",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        at("created_at"),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_fingerprints_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "algorithm", name=op.f("pk_forensics_fingerprints")),
    )
    op.create_index(op.f("ix_forensics_fingerprints_sha256"), "forensics_fingerprints", ["sha256"])
    op.create_table(
        "forensics_matches",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("grade", one_of("matchclass", "strong", "queue", "weak"), nullable=False),
        sa.Column("bits", sa.SmallInteger(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("original_start_ms", sa.BigInteger(), nullable=False),
        sa.Column("original_end_ms", sa.BigInteger(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("crop_bp", sa.Integer(), nullable=False),
        sa.Column(
            "verdict", one_of("matchverdict", "pending", "confirmed", "false_positive"), nullable=False
        ),
        at("found_at"),
        at("judged_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_matches_video_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["forensics_bank_entries.id"], name=op.f("fk_forensics_matches_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forensics_matches")),
        sa.UniqueConstraint(
            "video_id",
            "entry_id",
            "start_ms",
            "end_ms",
            name=op.f("uq_forensics_matches_video_id_entry_id_start_ms_end_ms"),
        ),
    )
    for name, columns in {
        "video": ["video_id", "start_ms", "id"],
        "entry": ["entry_id", "found_at"],
        "verdict": ["verdict", "found_at", "id"],
        "found": ["found_at", "id"],
    }.items():
        op.create_index(f"ix_forensics_matches_{name}", "forensics_matches", columns)
    op.create_table(
        "forensics_scans",
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("state", one_of("scanstate", "running", "done", "cancelled"), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        at("started_at"),
        at("finished_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["forensics_banks.id"], name=op.f("fk_forensics_scans_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forensics_scans")),
    )
    op.create_index(
        "ix_forensics_scans_running",
        "forensics_scans",
        ["first", "last"],
        unique=True,
        sqlite_where=RUNS,
        postgresql_where=RUNS,
    )
    op.create_index("ix_forensics_scans_started", "forensics_scans", ["started_at", "id"])
    op.create_table(
        "moderation_interims",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "target_type",
            one_of("contenttype", "video", "comment", "caption", "profile", "spark"),
            nullable=False,
        ),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        at("starts_at"),
        at("ends_at", nullable=True),
        at("ended_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_interims_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_interims")),
    )
    op.create_index(op.f("ix_moderation_interims_item_id"), "moderation_interims", ["item_id"])
    op.create_index(
        "ix_moderation_interims_target",
        "moderation_interims",
        ["target_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
