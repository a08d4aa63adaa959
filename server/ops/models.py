"""What operations remember about the database itself."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.kit.models import Base, Timestamped

DEMO = "demo"
"""Mark of a database whose accounts have well-known passwords: it is served to this machine only."""
KEYS = "keys"
"""Mark of a database that holds what was sealed with the server's keys; its value is their fingerprint."""
DEMO_FILLED = "demo-filled"
"""Mark of a demo that was filled to its end."""


class Mark(Timestamped, Base):
    """A lasting trait of this database; it is there or it is not."""

    __tablename__ = "ops_marks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str | None] = mapped_column(String(64))
