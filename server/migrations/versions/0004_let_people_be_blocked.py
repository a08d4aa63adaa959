"""Let people be blocked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.migrations.frozen import GUARDS_0003

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = (
    "session_start",
    "session_end",
    "watch",
    "like",
    "unlike",
    "save",
    "unsave",
    "share",
    "follow",
    "unfollow",
)
CHECK = "ck_content_events_eventkind"


def kinds(*values: str) -> sa.Enum:
    """The type of the column `kind`."""
    return sa.Enum(*values, name="eventkind", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "content_blocks",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["accounts_people.id"], name=op.f("fk_content_blocks_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_blocks_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "other_id", name=op.f("pk_content_blocks")),
    )
    after = (*BEFORE, "block", "unblock")
    if op.get_bind().dialect.name == "sqlite":
        # A check cannot be changed there: the table is written anew, and its triggers go with the old one.
        with op.batch_alter_table("content_events", recreate="always") as batch:
            batch.alter_column("kind", existing_type=kinds(*BEFORE), type_=kinds(*after))
        for statement in GUARDS_0003["sqlite"]:
            op.execute(statement)
    else:
        op.drop_constraint(op.f(CHECK), "content_events", type_="check")
        op.create_check_constraint(op.f(CHECK), "content_events", sa.column("kind").in_(after))
