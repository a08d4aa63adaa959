"""Take one's turn at the audit chain and read its last link in one round trip (PostgreSQL)."""

from __future__ import annotations

from alembic import op

from server.migrations.frozen import LAST_IN_TURN_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LAST_IN_TURN_0002)
