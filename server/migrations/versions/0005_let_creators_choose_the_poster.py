"""Let creators choose the poster of a video."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ASKED = sa.text("poster_asked_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("content_videos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("poster_at_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("poster_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_content_videos_poster_asked",
            ["poster_asked_at"],
            unique=False,
            sqlite_where=ASKED,
            postgresql_where=ASKED,
        )
