"""What wire types of every domain are made of. Pure Pydantic: the client imports it too."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

Item = TypeVar("Item")

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL cannot store U+0000, so no text that carries one is let in."""

_YEAR = re.compile(r"[0-9]{4}-")

SAYS_SOMETHING = r"^[^\x00]*[^\s\x00\x85\ufeff][^\x00]*$"
"""Neither U+0085 nor U+FEFF says something: Unicode and ECMAScript disagree on which of them is a space."""


class Frozen(BaseModel):
    """Base of the wire types: a value, with no field that was not declared.

    Its validator is made at first use: of more than a hundred types a start needs a few.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        # That was for the class alone. FastAPI's fields go by it too, and made late they warn.
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_config["defer_build"] = False


class Page(Frozen, Generic[Item]):
    """One page of a list. `next_cursor` is null on the last page; there is no total count."""

    items: list[Item]
    next_cursor: str | None = None


class Availability(StrEnum):
    """What moderation lets be seen: everything, nothing in feeds and lists, nothing at all."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    REMOVED = "removed"


def text(most: int) -> StringConstraints:
    """`Annotated[str, text(80)]`: 1 to `most` characters after trimming, without U+0000."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most, pattern=SAYS_SOMETHING)


def free_text(most: int) -> StringConstraints:
    """`Annotated[str, free_text(500)]`: verbatim, may be empty, at most `most` characters, no U+0000."""
    return StringConstraints(max_length=most, pattern=NO_NUL)


Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="Counts the accepted changes of a row")]
RowNumber = Annotated[int, Field(ge=1, le=2**53 - 1)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000, description="0..10000; 10000 = certain")]
Milliseconds = Annotated[int, Field(ge=0, le=2**53 - 1)]


def _written_out(given: object) -> object:
    """Refuses seconds since 1970, which Pydantic would take too."""
    if isinstance(given, int | float) or (isinstance(given, str) and not _YEAR.match(given)):
        raise ValueError("write the time as RFC 3339 has it, with an offset")
    return given


def _in_utc(at: datetime) -> datetime:
    """Refuses the far ends of the calendar, where adding a span or an offset would overflow."""
    if not 1900 < at.year < 3000:
        raise ValueError("the year must lie between 1901 and 2999")
    return at.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written_out),
    AfterValidator(_in_utc),
    Field(description="RFC 3339 with an offset; the server answers in UTC"),
]
