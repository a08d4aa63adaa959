"""What asking a model costs: a row for each call, written before it is made, and what a day may cost."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Final

from sqlalchemy import SmallInteger, String, UniqueConstraint, case, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import clock
from server.kit.ai.model import Attempt, Status
from server.kit.db import AnySession, Database, WriteSession
from server.kit.errors import Busy
from server.kit.models import Base
from server.kit.types import BigId, one_of

TRIES: Final = 10
"""How often a write is tried that must not be lost, since what it tells of has been paid for."""
PAUSE_S: Final = 0.25
UNKNOWN_TOKENS: Final = 10_000
"""What a call counts for whose cost nobody told: one that timed out may have been paid for."""


class AiCall(Base):
    """One call. `attempt` counts the calls of a job, also those of a later day."""

    __tablename__ = "ai_calls"
    __table_args__ = (UniqueConstraint("job", "attempt"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job: Mapped[str] = mapped_column(String(120))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    model: Mapped[str] = mapped_column(String(80))
    template: Mapped[str] = mapped_column(String(80))
    status: Mapped[Status] = mapped_column(one_of(Status))
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    latency_ms: Mapped[int | None]
    request_id: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(index=True)


@dataclass
class JobBill:
    """The bill of one question of a job; each call in a transaction of its own, since none is ever undone."""

    db: Database
    job: str
    template: str
    tokens_per_day: int
    _before: int | None = None

    def open(self, number: int, model: str) -> bool:
        now = clock.now()
        with self.db.write() as s:
            if spent(s, now) >= self.tokens_per_day:
                return False
            if self._before is None:
                self._before = s.scalar(select(func.count()).where(AiCall.job == self.job)) or 0
            s.add(
                AiCall(
                    job=self.job,
                    attempt=self._before + number,
                    model=model,
                    template=self.template,
                    status=Status.ASKED,
                    at=now,
                )
            )
        return True

    def close(self, attempt: Attempt) -> None:
        assert self._before is not None, "a call is opened before it is closed"
        mine = (
            AiCall.job == self.job,
            AiCall.attempt == self._before + attempt.number,
            AiCall.status == Status.ASKED,
        )
        closed = (
            update(AiCall)
            .where(*mine)
            .values(
                status=attempt.status,
                input_tokens=attempt.input_tokens,
                output_tokens=attempt.output_tokens,
                cached_tokens=attempt.cached_tokens,
                latency_ms=attempt.latency_ms,
                request_id=attempt.request_id,
            )
        )
        insist(self.db, lambda s: s.changed(closed))


def insist(db: Database, change: Callable[[WriteSession], object]) -> None:
    """Run `change` in a transaction, and again for a while where the database is busy. Raises Busy after."""
    for left in reversed(range(TRIES)):
        try:
            with db.write() as s:
                change(s)
            return
        except Busy:
            if not left:
                raise
            time.sleep(PAUSE_S)


def spent(s: AnySession, at: datetime) -> int:
    """Tokens of the day in UTC, in and out, those from the provider's cache too; what is not known counts as
    `UNKNOWN_TOKENS`."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parts = (AiCall.input_tokens, AiCall.cached_tokens, AiCall.output_tokens)
    known = reduce(operator.add, (func.coalesce(part, 0) for part in parts))
    unknown = AiCall.input_tokens.is_(None) & AiCall.status.in_((Status.ASKED, Status.UNAVAILABLE))
    total = select(func.sum(case((unknown, UNKNOWN_TOKENS), else_=known))).where(AiCall.at >= day)
    return s.scalar(total) or 0
