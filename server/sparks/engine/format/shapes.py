"""Where particles are born: shapes around the place of their layer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Degrees, Length, Point, Seen, Share


class Where(StrEnum):
    """On the line of a shape, or anywhere within it."""

    EDGE = "edge"
    FILL = "fill"


class Dot(Frozen):
    """One point, with a soft edge of `spread` px."""

    kind: Literal["point"] = "point"
    spread: Length = 0


class Disc(Frozen):
    """A filled circle; `hole` of it is left out from the middle."""

    kind: Literal["disc"]
    radius: Length
    hole: Share = 0
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1


class Ring(Frozen):
    """A circle, or a part of one."""

    kind: Literal["ring"]
    radius: Length
    spread: Length = 0
    from_angle: Degrees = 0
    to_angle: Degrees = 360
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1


class Line(Frozen):
    """A straight line."""

    kind: Literal["line"]
    start: Point
    end: Point
    spread: Length = 0


class Polygon(Frozen):
    """Straight lines between points around the place of the layer."""

    kind: Literal["polygon"]
    points: Annotated[list[Point], Field(min_length=3, max_length=64)]
    where: Where = Where.EDGE
    spread: Length = 0


class Star(Frozen):
    """A star of so many points."""

    kind: Literal["star"]
    points: Annotated[int, Field(ge=2, le=24)]
    outer: Length
    inner: Length
    where: Where = Where.EDGE
    spread: Length = 0


class Heart(Frozen):
    """A heart that is `size` px wide."""

    kind: Literal["heart"]
    size: Length
    where: Where = Where.EDGE
    spread: Length = 0


class Spiral(Frozen):
    """Arms of a logarithmic spiral, denser towards the middle."""

    kind: Literal["spiral"]
    radius: Length
    inner: Length = 20
    arms: Annotated[int, Field(ge=1, le=12)] = 2
    turns: Annotated[float, Field(ge=0.1, le=8)] = 0.9
    spread: Length = 8
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1


class Lissajous(Frozen):
    """x = width sin(a u + phase), y = height sin(b u)."""

    kind: Literal["lissajous"]
    width: Length
    height: Length
    a: Annotated[int, Field(ge=1, le=12)] = 3
    b: Annotated[int, Field(ge=1, le=12)] = 2
    phase: Degrees = 0
    spread: Length = 0


class Rose(Frozen):
    """r = radius |cos(petals u / 2)|: a flower of so many petals."""

    kind: Literal["rose"]
    radius: Length
    petals: Annotated[int, Field(ge=2, le=24)]
    inner: Length = 0
    where: Where = Where.EDGE
    spread: Length = 0


class Drawing(Frozen):
    """Strokes in SVG path data (M L H V C S Q T A Z, both cases) in px around the place of the layer. `fill`
    takes what they enclose by the even-odd rule."""

    kind: Literal["drawing"]
    paths: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=4_000)]],
        Field(min_length=1, max_length=64),
    ]
    scale: Annotated[float, Field(gt=0, le=20)] = 1
    where: Where = Where.EDGE
    spread: Length = 0


class Glyphs(Frozen):
    """Letters, filled or as outlines, in our own font. `sender` writes the name of whoever sent the spark,
    `initial` its first letter; `text` stands in where nobody did."""

    kind: Literal["glyphs"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=24), Seen]
    says: Literal["text", "sender", "initial"] = "text"
    size: Annotated[float, Field(ge=20, le=900)] = 160
    where: Where = Where.FILL
    spread: Length = 0


class Mask(Frozen):
    """The bright parts of a small picture in rows: a space is dark, # is full, . : + * in between."""

    kind: Literal["mask"]
    rows: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[ .:+*#]+$")]],
        Field(min_length=1, max_length=64),
    ]
    cell: Annotated[float, Field(ge=1, le=60)] = 10


Shape = Annotated[
    Dot | Disc | Ring | Line | Polygon | Star | Heart | Spiral | Lissajous | Rose | Drawing | Glyphs | Mask,
    Field(discriminator="kind"),
]
