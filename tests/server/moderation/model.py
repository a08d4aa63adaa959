"""What a simple model believes of items and claims, for the tests that compare it with the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from server.kit.db import Database
from server.moderation.rules import SKIPS_TO_ESCALATE, FlagState, ItemState, Outcome


@dataclass
class Held:
    """What the model believes of a claim."""

    by: str
    token: int
    until: datetime
    began: datetime


@dataclass
class Believed:
    """What the model believes of one item."""

    video: UUID
    flags: dict[UUID, tuple[str, FlagState]] = field(default_factory=dict)
    state: ItemState = ItemState.PENDING
    stage: int = 1
    token: int = 0
    claim: Held | None = None
    held_until: datetime | None = None
    worked: timedelta = timedelta()
    holder: str = ""
    skips: int = 0
    skipped_by: set[str] = field(default_factory=set)
    decision: tuple[UUID, str, Outcome, datetime] | None = None

    def removed(self, at: datetime) -> bool:
        """Whether a removal is in force at `at`: nobody but reviewers sees the video then."""
        if self.decision is None or self.state is not ItemState.DECIDED:
            return False
        return self.decision[2] is Outcome.REMOVE and self.decision[3] <= at

    def others(self, who: str) -> set[str]:
        """Who could take the item if `who` skipped it now."""
        escalates = self.stage == 2 or self.skips + 1 >= SKIPS_TO_ESCALATE
        return ({"lead"} if escalates else {"mod", "two", "lead"}) - self.skipped_by - {who}

    @property
    def rest(self) -> ItemState:
        return ItemState.PENDING if self.stage == 1 else ItemState.ESCALATED


def empty(db: Database) -> None:
    """Take away what an earlier run left, behind the back of the guards."""
    tables = [
        "strikes",
        "pending_effects",
        "undos",
        "actions",
        "marks",
        "notes",
        "exclusions",
        "flags",
        "decisions",
        "handling_times",
        "items",
    ]
    with db.writer.begin() as c:
        if db.sqlite:
            c.exec_driver_sql("DROP TRIGGER IF EXISTS moderation_decisions_no_delete")
        else:
            c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables:
            c.exec_driver_sql(f"DELETE FROM moderation_{table}")
