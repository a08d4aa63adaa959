"""Say why an entry of a hash bank took itself out of use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STOPPED = sa.text("stopped IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("forensics_bank_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stopped", sa.String(length=120), nullable=True))
        batch_op.create_index(
            "ix_forensics_bank_entries_stopped",
            ["number"],
            unique=False,
            sqlite_where=STOPPED,
            postgresql_where=STOPPED,
        )
