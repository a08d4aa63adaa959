"""What the parts of `spark/1` are made of.

The stage is 720 x 1280 logical pixels, x to the right, y down, (0, 0) at the top left. Times are seconds
from the beginning of the spark or of what they belong to; angles are degrees, clockwise, 0 to the right and
-90 up; colours are sRGB, blended in linear light.

What stands under a field is its description in docs/spark-1.schema.json, which an editor shows to authors;
that of a `kind` is what its type says of itself.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.kit.wire import Frozen

WIDTH: Final = 720
HEIGHT: Final = 1280

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""Of a spark, a layer, a palette: kebab case."""
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
X = Annotated[float, Field(ge=-WIDTH, le=2 * WIDTH)]
Y = Annotated[float, Field(ge=-HEIGHT, le=2 * HEIGHT)]
Point = tuple[X, Y]
Length = Annotated[float, Field(ge=0, le=2_000)]
"""Logical pixels."""
Signed = Annotated[float, Field(ge=-20_000, le=20_000)]
"""Pixels per second, or per second squared."""
Degrees = Annotated[float, Field(ge=-3_600, le=3_600)]
Seconds = Annotated[float, Field(ge=0, le=12)]
Share = Annotated[float, Field(ge=0, le=1)]


_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Controls, what turns the direction of what follows or joins it, ends of a line and of a paragraph."""
_EMPTY: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that show nothing, though Unicode takes them for no space."""


def _seen(text: str) -> str:
    hidden = next((c for c in text if unicodedata.category(c) in _UNSEEN), None)
    if hidden is not None:
        raise ValueError(f"it has the character U+{ord(hidden):04X}, which is not seen or ends a line")
    if text and not text.strip().strip(_EMPTY).strip():
        raise ValueError("it shows nothing")
    return text


Seen = AfterValidator(_seen)
"""Of a text that people are shown: one line, in which nothing is hidden."""


def _ascending(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError(f"{span[0]:g} is more than {span[1]:g}: the smaller comes first")
    return span


Span = Annotated[
    tuple[Annotated[float, Field(ge=0, le=20_000)], Annotated[float, Field(ge=0, le=20_000)]],
    AfterValidator(_ascending),
]
"""From the least to the most."""


class Ease(StrEnum):
    """How a curve goes from one key to the next: evenly (linear), slowly in and out (smooth), or not at all
    until the next one comes (step)."""

    LINEAR = "linear"
    SMOOTH = "smooth"
    STEP = "step"


class Curve(Frozen):
    """A value over time, or over a life from 0 to 1."""

    keys: Annotated[
        list[tuple[Annotated[float, Field(ge=0, le=12)], Annotated[float, Field(ge=-10_000, le=10_000)]]],
        Field(min_length=1, max_length=24),
    ]
    """[when, value], each later than the one before; when in s, or from 0 to 1 of what it goes over. The
    first and the last value go on."""
    ease: Ease = Ease.LINEAR
    """How the value goes from one key to the next."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [when for when, _ in self.keys]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("each key must be later than the one before")
        return self


class Path(Frozen):
    """A place over time, by a smooth curve through its points."""

    points: Annotated[
        list[tuple[Annotated[float, Field(ge=0, le=12)], X, Y]], Field(min_length=2, max_length=64)
    ]
    """[when, x, y] in s and px, each later than the one before."""
    closed: bool = False
    """Whether it goes round for ever. The way back takes the mean time between points, unless the last is the
    first."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [when for when, *_ in self.points]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("each point must be later than the one before")
        return self
