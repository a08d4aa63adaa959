"""Create the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from server.migrations.frozen import GUARDS_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_attempts",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_accounts_attempts")),
    )
    op.create_table(
        "accounts_people",
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=240), nullable=False),
        sa.Column("bio", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "suspended",
                "closed",
                name="personstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("restricted_class", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "next_availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="next_availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("next_availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_people")),
        sa.UniqueConstraint("handle", name=op.f("uq_accounts_people_handle")),
    )
    with op.batch_alter_table("accounts_people", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounts_people_due",
            ["next_availability_at"],
            unique=False,
            sqlite_where=sa.text("next_availability_at IS NOT NULL"),
            postgresql_where=sa.text("next_availability_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_accounts_people_name_key"), ["name_key"], unique=False)

    op.create_table(
        "audit_heads",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column(
            "details",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_log",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=96), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("data_commit", sa.LargeBinary(length=32), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index("ix_audit_log_action", ["action", "seq"], unique=False)
        batch_op.create_index("ix_audit_log_actor", ["actor", "seq"], unique=False)
        batch_op.create_index("ix_audit_log_at", ["at"], unique=False)
        batch_op.create_index("ix_audit_log_target", ["target", "seq"], unique=False)

    op.create_table(
        "audit_payloads",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("json", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_payloads")),
    )
    op.create_table(
        "accounts_programs",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_programs")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_accounts_programs_token_hash")),
    )
    with op.batch_alter_table("accounts_programs", schema=None) as batch_op:
        batch_op.create_index(
            "uq_accounts_programs_live",
            ["name"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "content_restricted_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_content_restricted_files")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column(
            "payload",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "answer",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "job_checkpoints",
        sa.Column("workflow_id", sa.String(length=100), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column(
            "output",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "step", name=op.f("pk_job_checkpoints")),
    )
    op.create_table(
        "job_schedules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_schedules")),
    )
    op.create_table(
        "moderation_handling_times",
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column(
            "content_type",
            sa.Enum(
                "video",
                "comment",
                "caption",
                "profile",
                "spark",
                name="contenttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "recent_ms",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("median_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("policy", "content_type", name=op.f("pk_moderation_handling_times")),
    )
    op.create_table(
        "moderation_policy_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "nodes",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("author", sa.String(length=96), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_moderation_policy_versions")),
    )
    op.create_table(
        "moderation_queues",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "normal", "restricted", name="queuekind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column(
            "waits",
            sa.Enum(
                "pending",
                "claimed",
                "on_hold",
                "awaiting_second",
                "escalated",
                "decided",
                "cancelled",
                name="waits",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lease_s", sa.Integer(), nullable=True),
        sa.Column(
            "outcomes",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_queues")),
    )
    op.create_table(
        "ops_marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ops_marks")),
    )
    op.create_table(
        "accounts_credentials",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.LargeBinary(length=400), nullable=False),
        sa.Column("email_lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("temporary_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp", sa.LargeBinary(length=100), nullable=True),
        sa.Column("totp_pending", sa.LargeBinary(length=100), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_accounts_credentials_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_accounts_credentials")),
        sa.UniqueConstraint("email_lookup", name=op.f("uq_accounts_credentials_email_lookup")),
    )
    op.create_table(
        "accounts_roles",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "moderator",
                "lead",
                "creator",
                "fan",
                "finance",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_accounts_roles_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_accounts_roles")),
    )
    with op.batch_alter_table("accounts_roles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_roles_role"), ["role"], unique=False)

    op.create_table(
        "accounts_sessions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("device_name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_up_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_accounts_sessions_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_accounts_sessions_token_hash")),
    )
    with op.batch_alter_table("accounts_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_accounts_sessions_person", ["person_id", "last_seen_at"], unique=False)
        batch_op.create_index(
            "uq_accounts_sessions_live",
            ["person_id", "device_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "content_videos",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("caption", sa.String(length=2200), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "unlisted",
                "private",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "uploading",
                "processing",
                "ready",
                "refused",
                name="videostate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("runs", sa.SmallInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("container", sa.String(length=80), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("rotation", sa.Integer(), nullable=True),
        sa.Column("video_codec", sa.String(length=40), nullable=True),
        sa.Column("audio_codec", sa.String(length=40), nullable=True),
        sa.Column("fps", sa.String(length=40), nullable=True),
        sa.Column("vfr", sa.Boolean(), nullable=True),
        sa.Column("has_audio", sa.Boolean(), nullable=True),
        sa.Column("damaged_from_ms", sa.BigInteger(), nullable=True),
        sa.Column(
            "caption_availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="caption_availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "caption_next_availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="caption_next_availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("caption_next_availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restricted_class", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "next_availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="next_availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("next_availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts_people.id"], name=op.f("fk_content_videos_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_videos")),
    )
    with op.batch_alter_table("content_videos", schema=None) as batch_op:
        batch_op.create_index(
            "ix_content_caption_due",
            ["caption_next_availability_at"],
            unique=False,
            sqlite_where=sa.text("caption_next_availability_at IS NOT NULL"),
            postgresql_where=sa.text("caption_next_availability_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_content_video_due",
            ["next_availability_at"],
            unique=False,
            sqlite_where=sa.text("next_availability_at IS NOT NULL"),
            postgresql_where=sa.text("next_availability_at IS NOT NULL"),
        )
        batch_op.create_index("ix_content_videos_owner", ["owner_id", "created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_videos_sha256"), ["sha256"], unique=False)
        batch_op.create_index(
            "ix_content_videos_processing",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'processing'"),
            postgresql_where=sa.text("state = 'processing'"),
        )
        batch_op.create_index(
            "ix_content_videos_uploading",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'uploading'"),
            postgresql_where=sa.text("state = 'uploading'"),
        )

    op.create_table(
        "event_deliveries",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handler", sa.String(length=96), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_deliveries_event_id")),
        sa.PrimaryKeyConstraint("event_id", "handler", name=op.f("pk_event_deliveries")),
    )
    with op.batch_alter_table("event_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_deliveries_due",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "moderation_items",
        sa.Column("queue_id", sa.String(length=32), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column(
            "content_type",
            sa.Enum(
                "video",
                "comment",
                "caption",
                "profile",
                "spark",
                name="contenttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "sla_class",
            sa.Enum(
                "low",
                "medium",
                "high",
                "ncii",
                "critical",
                name="slaclass",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "claimed",
                "on_hold",
                "awaiting_second",
                "escalated",
                "decided",
                "cancelled",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "priority_why",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("boosts", sa.SmallInteger(), nullable=False),
        sa.Column("boost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("legal_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flag_count", sa.Integer(), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("reporter_weight_bp", sa.Integer(), nullable=False),
        sa.Column("trusted_flagger", sa.Boolean(), nullable=False),
        sa.Column("hash_match", sa.Boolean(), nullable=False),
        sa.Column("reach_band", sa.SmallInteger(), nullable=False),
        sa.Column("max_confidence_bp", sa.Integer(), nullable=True),
        sa.Column("subject_title", sa.String(length=200), nullable=False),
        sa.Column(
            "subject_title_key",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("subject_owner_id", sa.Uuid(), nullable=True),
        sa.Column("subject_version_hash", sa.String(length=64), nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claim_token", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prefetched", sa.Boolean(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_reason", sa.String(length=500), nullable=True),
        sa.Column("held_s", sa.Integer(), nullable=False),
        sa.Column("skip_count", sa.SmallInteger(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("first_opinion_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["accounts_people.id"], name=op.f("fk_moderation_items_claimed_by")
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["moderation_queues.id"], name=op.f("fk_moderation_items_queue_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_owner_id"], ["accounts_people.id"], name=op.f("fk_moderation_items_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_items")),
    )
    with op.batch_alter_table("moderation_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_moderation_items_boost",
            ["boost_at"],
            unique=False,
            sqlite_where=sa.text("boost_at IS NOT NULL"),
            postgresql_where=sa.text("boost_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_moderation_items_claimer",
            ["claimed_by"],
            unique=False,
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_moderation_items_hold",
            ["held_until"],
            unique=False,
            sqlite_where=sa.text("held_until IS NOT NULL"),
            postgresql_where=sa.text("held_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_moderation_items_lease",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_moderation_items_owner",
            ["subject_owner_id", "state", sa.literal_column("priority DESC"), "due_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_moderation_items_pick",
            ["queue_id", "state", sa.literal_column("priority DESC"), "due_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_moderation_items_policy",
            ["policy", "state", sa.literal_column("priority DESC"), "due_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_moderation_items_subject", ["content_id"], unique=False)
        batch_op.create_index("ix_moderation_items_title", ["subject_title_key"], unique=False)
        batch_op.create_index(
            "uq_moderation_items_open",
            ["content_type", "content_id", "family"],
            unique=True,
            sqlite_where=sa.text("(state NOT IN ('decided', 'cancelled'))"),
            postgresql_where=sa.text("(state NOT IN ('decided', 'cancelled'))"),
        )

    op.create_table(
        "moderation_saved_reasons",
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts_people.id"], name=op.f("fk_moderation_saved_reasons_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_saved_reasons")),
    )
    with op.batch_alter_table("moderation_saved_reasons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_saved_reasons_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "content_comments",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("restricted_class", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "next_availability",
            sa.Enum(
                "public",
                "restricted",
                "removed",
                name="next_availability",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("next_availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts_people.id"], name=op.f("fk_content_comments_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["content_comments.id"], name=op.f("fk_content_comments_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_content_comments_video_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_comments")),
    )
    with op.batch_alter_table("content_comments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_content_comment_due",
            ["next_availability_at"],
            unique=False,
            sqlite_where=sa.text("next_availability_at IS NOT NULL"),
            postgresql_where=sa.text("next_availability_at IS NOT NULL"),
        )
        batch_op.create_index("ix_content_comments_video", ["video_id", "created_at", "id"], unique=False)

    op.create_table(
        "content_derivatives",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "storyboard",
                "poster",
                "waveform",
                name="derivativekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column(
            "meta",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_content_derivatives_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "kind", name=op.f("pk_content_derivatives")),
    )
    with op.batch_alter_table("content_derivatives", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_derivatives_sha256"), ["sha256"], unique=False)

    op.create_table(
        "moderation_decisions",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("claim_token", sa.Integer(), nullable=False),
        sa.Column("decider_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "allow",
                "restrict",
                "remove",
                "escalate",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "opinion",
            sa.Enum(
                "sole",
                "first",
                "second",
                name="opinion",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_opinion_id", sa.Uuid(), nullable=True),
        sa.Column(
            "proposed",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column(
            "reason_codes",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "content_type",
            sa.Enum(
                "video",
                "comment",
                "caption",
                "profile",
                "spark",
                name="contenttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("subject_version_hash", sa.String(length=64), nullable=True),
        sa.Column("ms_viewed", sa.Integer(), nullable=True),
        sa.Column("ms_revealed", sa.Integer(), nullable=True),
        sa.Column("handling_ms", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decider_id"], ["accounts_people.id"], name=op.f("fk_moderation_decisions_decider_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_opinion_id"],
            ["moderation_decisions.id"],
            name=op.f("fk_moderation_decisions_first_opinion_id"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_decisions_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts_people.id"], name=op.f("fk_moderation_decisions_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version"],
            ["moderation_policy_versions.version"],
            name=op.f("fk_moderation_decisions_policy_version"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["moderation_decisions.id"], name=op.f("fk_moderation_decisions_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_decisions")),
        sa.UniqueConstraint(
            "item_id", "stage", "claim_token", name=op.f("uq_moderation_decisions_item_id_stage_claim_token")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_moderation_decisions_reverses_id")),
    )
    with op.batch_alter_table("moderation_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_moderation_decisions_decider", ["decider_id", "decided_at"], unique=False)
        batch_op.create_index("ix_moderation_decisions_owner", ["owner_id", "decided_at"], unique=False)
        batch_op.create_index("ix_moderation_decisions_subject", ["content_id", "decided_at"], unique=False)

    op.create_table(
        "moderation_exclusions",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_exclusions_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_moderation_exclusions_person_id")
        ),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_moderation_exclusions")),
    )
    op.create_table(
        "moderation_flags",
        sa.Column(
            "source",
            sa.Enum(
                "user",
                "trusted_flagger",
                "classifier",
                "hash_match",
                "consent",
                "authority",
                "staff",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source_ref", sa.String(length=120), nullable=True),
        sa.Column("reporter_id", sa.Uuid(), nullable=True),
        sa.Column(
            "content_type",
            sa.Enum(
                "video",
                "comment",
                "caption",
                "profile",
                "spark",
                name="contenttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("confidence_bp", sa.Integer(), nullable=True),
        sa.Column(
            "ranges",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("subject_version_hash", sa.String(length=64), nullable=True),
        sa.Column("dedup_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "linked",
                "duplicate",
                "actioned",
                "dismissed",
                "withdrawn",
                "moot",
                name="flagstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_flags_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts_people.id"], name=op.f("fk_moderation_flags_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version"],
            ["moderation_policy_versions.version"],
            name=op.f("fk_moderation_flags_policy_version"),
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["accounts_people.id"], name=op.f("fk_moderation_flags_reporter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_flags")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_moderation_flags_dedup_key")),
    )
    with op.batch_alter_table("moderation_flags", schema=None) as batch_op:
        batch_op.create_index("ix_moderation_flags_item", ["item_id", "received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_moderation_flags_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_moderation_flags_reporter", ["reporter_id", "received_at"], unique=False)

    op.create_table(
        "moderation_notes",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts_people.id"], name=op.f("fk_moderation_notes_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_notes_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_notes")),
    )
    with op.batch_alter_table("moderation_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_notes_item_id"), ["item_id"], unique=False)

    op.create_table(
        "moderation_actions",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "restrict", "remove", name="measure", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "scope",
            sa.Enum("item", "account", name="scope", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("interim", sa.Boolean(), nullable=False),
        sa.Column(
            "target_type",
            sa.Enum(
                "video",
                "comment",
                "caption",
                "profile",
                "spark",
                name="contenttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["moderation_decisions.id"], name=op.f("fk_moderation_actions_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_actions")),
    )
    with op.batch_alter_table("moderation_actions", schema=None) as batch_op:
        batch_op.create_index("ix_moderation_actions_decision", ["decision_id"], unique=False)
        batch_op.create_index(
            "ix_moderation_actions_ends",
            ["ends_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_moderation_actions_target",
            ["target_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "moderation_marks",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=True),
        sa.Column("pts", sa.Integer(), nullable=True),
        sa.Column("ms", sa.Integer(), nullable=True),
        sa.Column("in_ms", sa.Integer(), nullable=True),
        sa.Column("out_ms", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts_people.id"], name=op.f("fk_moderation_marks_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["moderation_decisions.id"], name=op.f("fk_moderation_marks_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["moderation_items.id"], name=op.f("fk_moderation_marks_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_marks")),
    )
    with op.batch_alter_table("moderation_marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_marks_item_id"), ["item_id"], unique=False)

    op.create_table(
        "moderation_pending_effects",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["moderation_decisions.id"],
            name=op.f("fk_moderation_pending_effects_decision_id"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_moderation_pending_effects")),
    )
    with op.batch_alter_table("moderation_pending_effects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_pending_effects_at"), ["at"], unique=False)

    op.create_table(
        "moderation_strikes",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["moderation_decisions.id"], name=op.f("fk_moderation_strikes_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_moderation_strikes_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_strikes")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_moderation_strikes_decision_id")),
    )
    with op.batch_alter_table("moderation_strikes", schema=None) as batch_op:
        batch_op.create_index("ix_moderation_strikes_person", ["person_id", "at"], unique=False)

    op.create_table(
        "moderation_undos",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["moderation_decisions.id"], name=op.f("fk_moderation_undos_decision_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_moderation_undos")),
    )
    for statement in GUARDS_0001[op.get_bind().dialect.name]:
        op.execute(statement)
