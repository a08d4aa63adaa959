"""A change of availability takes effect at its instant, without a timer: the row holds both values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import clock
from server.kit.types import one_of
from server.kit.wire import Availability


def in_force(
    current: Availability, following: Availability | None, following_at: datetime | None
) -> Availability:
    """The value that counts now: the following one as soon as its instant has come."""
    if following is not None and following_at is not None and following_at <= clock.now():
        return following
    return current


def in_force_sql(
    current: SQLColumnExpression[Availability],
    following: SQLColumnExpression[Availability | None],
    following_at: SQLColumnExpression[datetime | None],
    *,
    now: ColumnElement[datetime] | None = None,
) -> ColumnElement[Any]:
    """`in_force` as an SQL expression. Without a parameter for `now` it holds the present instant, so it is
    made anew for each query."""
    instant = clock.now() if now is None else now
    return case((and_(following.is_not(None), following_at <= instant), following), else_=current)


class Available:
    """The three columns of something that a decision can restrict or remove."""

    availability: Mapped[Availability] = mapped_column(one_of(Availability), default=Availability.PUBLIC)
    next_availability: Mapped[Availability | None] = mapped_column(
        one_of(Availability, name="next_availability")
    )
    next_availability_at: Mapped[datetime | None]

    @property
    def available(self) -> Availability:
        """The availability in force now."""
        return in_force(self.availability, self.next_availability, self.next_availability_at)
