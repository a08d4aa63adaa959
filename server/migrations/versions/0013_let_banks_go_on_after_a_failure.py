"""Let banks go on after a failure: what is to be done with a video, an entry or a search names its job.

What is kept of how videos look did not tell a file that cannot be read from a worker that died: whatever is
empty is looked at once more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BEFORE = ("running", "done", "cancelled")
AFTER = (*BEFORE, "parked")
CHECK = "ck_forensics_scans_scanstate"
HASHED_BY = sa.text("job IS NOT NULL")
WAITS = sa.text("state = 'waiting'")


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def job(*, nullable: bool = True) -> sa.Column[str]:
    return sa.Column("job", sa.String(length=100), nullable=nullable)


def none_yet() -> sa.Column[int]:
    return sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.add_column("forensics_bank_entries", job())
    op.add_column("forensics_bank_entries", none_yet())
    op.add_column(
        "forensics_bank_entries",
        sa.Column("flooded", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_forensics_bank_entries_job",
        "forensics_bank_entries",
        ["job"],
        sqlite_where=HASHED_BY,
        postgresql_where=HASHED_BY,
    )
    op.add_column("forensics_scans", job())
    op.add_column("forensics_scans", none_yet())
    if op.get_bind().dialect.name == "sqlite":
        # A check cannot be changed there: the table is written anew.
        with op.batch_alter_table("forensics_scans", recreate="always") as batch:
            batch.alter_column(
                "state", existing_type=one_of("scanstate", *BEFORE), type_=one_of("scanstate", *AFTER)
            )
    else:
        op.drop_constraint(op.f(CHECK), "forensics_scans", type_="check")
        op.create_check_constraint(op.f(CHECK), "forensics_scans", sa.column("state").in_(AFTER))
    op.create_table(
        "forensics_looks",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("state", one_of("lookstate", "waiting", "searched", "refused", "parked"), nullable=False),
        job(nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_looks_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_forensics_looks")),
    )
    op.create_index(
        "ix_forensics_looks_waiting",
        "forensics_looks",
        ["asked_at"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    op.create_table(
        "forensics_suppressed",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_forensics_suppressed_video_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["forensics_bank_entries.id"], name=op.f("fk_forensics_suppressed_entry_id")
        ),
        sa.PrimaryKeyConstraint(
            "video_id", "entry_id", "start_ms", "end_ms", name=op.f("pk_forensics_suppressed")
        ),
    )
    op.execute("DELETE FROM forensics_fingerprints WHERE length(packed) = 0")
