"""Find a follow by its person.

Beside an index that has both people, PostgreSQL looked for what one viewer follows at as many places as there
are people; those of one viewer lie together in the primary key.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_content_follows_other", "content_follows")
    op.create_index("ix_content_follows_other", "content_follows", ["other_id"], unique=False)
