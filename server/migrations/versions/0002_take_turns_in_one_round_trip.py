"""Take one's turn at the audit chain and read its last link in one round trip (PostgreSQL)."""

from __future__ import annotations

from alembic import op

from server.audit.models import LAST_IN_TURN

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LAST_IN_TURN)
