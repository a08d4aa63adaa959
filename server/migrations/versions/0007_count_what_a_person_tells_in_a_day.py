"""Count what a person tells in a day, and find what they shared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SHARES = sa.text("kind = 'share'")


def upgrade() -> None:
    with op.batch_alter_table("content_events", schema=None) as batch_op:
        batch_op.drop_index("ix_content_events_person")
        batch_op.create_index("ix_content_events_person", ["person_id", "received_at"], unique=False)
        batch_op.drop_index("ix_content_events_shares")
        batch_op.create_index(
            "ix_content_events_shares",
            ["video_id", "person_id"],
            unique=False,
            sqlite_where=SHARES,
            postgresql_where=SHARES,
        )
