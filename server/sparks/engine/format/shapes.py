"""Where particles are born: shapes around the place of their layer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Degrees, Length, Point, Seen, Share


class Where(StrEnum):
    """On the line of a shape (edge), or anywhere within it (fill)."""

    EDGE = "edge"
    FILL = "fill"


class Dot(Frozen):
    """One point, with a soft edge."""

    kind: Literal["point"] = "point"
    spread: Length = 0
    """How far from it in px: 95 of 100 by no more, each way."""


class Disc(Frozen):
    """A filled circle."""

    kind: Literal["disc"]
    radius: Length
    """In px."""
    hole: Share = 0
    """Share of the radius that is left out from the middle."""
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1
    """Times as high as wide."""


class Ring(Frozen):
    """A circle, or a part of one."""

    kind: Literal["ring"]
    radius: Length
    """In px."""
    spread: Length = 0
    """How far off the line in px: 95 of 100 by no more, each way."""
    from_angle: Degrees = 0
    """Where it begins, in degrees: clockwise, 0 to the right."""
    to_angle: Degrees = 360
    """Where it ends, in degrees; at most one round away."""
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1
    """Times as high as wide."""


class Line(Frozen):
    """A straight line."""

    kind: Literal["line"]
    start: Point
    """[x, y] in px around the place of the layer."""
    end: Point
    """[x, y] in px around the place of the layer."""
    spread: Length = 0
    """How far off the line in px: 95 of 100 by no more, each way."""


class Polygon(Frozen):
    """Straight lines from corner to corner, and back to the first."""

    kind: Literal["polygon"]
    points: Annotated[list[Point], Field(min_length=3, max_length=64)]
    """Its corners, [x, y] in px around the place of the layer."""
    where: Where = Where.EDGE
    """On its line, or anywhere within."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Star(Frozen):
    """A star, with one point up."""

    kind: Literal["star"]
    points: Annotated[int, Field(ge=2, le=24)]
    """How many it has."""
    outer: Length
    """From the middle to its points, in px."""
    inner: Length
    """From the middle to the corners between its points, in px."""
    where: Where = Where.EDGE
    """On its line, or anywhere within."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Heart(Frozen):
    """A heart."""

    kind: Literal["heart"]
    size: Length
    """How wide it is, in px."""
    where: Where = Where.EDGE
    """On its line, or anywhere within."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Spiral(Frozen):
    """Arms of a logarithmic spiral, denser towards the middle."""

    kind: Literal["spiral"]
    radius: Length
    """Where the arms end, in px from the middle."""
    inner: Length = 20
    """Where the arms begin, in px from the middle."""
    arms: Annotated[int, Field(ge=1, le=12)] = 2
    """How many it has."""
    turns: Annotated[float, Field(ge=0.1, le=8)] = 0.9
    """Rounds that each arm goes, clockwise on its way out."""
    spread: Length = 8
    """How far off the line in px: 95 of 100 by no more, each way."""
    squash: Annotated[float, Field(ge=0.05, le=4)] = 1
    """Times as high as wide."""


class Lissajous(Frozen):
    """x = width sin(a u + phase), y = height sin(b u)."""

    kind: Literal["lissajous"]
    width: Length
    """How far it swings to each side, in px."""
    height: Length
    """How far it swings up and down, in px."""
    a: Annotated[int, Field(ge=1, le=12)] = 3
    """Swings from side to side in one round."""
    b: Annotated[int, Field(ge=1, le=12)] = 2
    """Swings up and down in one round."""
    phase: Degrees = 0
    """How far ahead the swing from side to side begins, in degrees."""
    spread: Length = 0
    """How far off the line in px: 95 of 100 by no more, each way."""


class Rose(Frozen):
    """r = inner + (radius - inner) |cos(petals u / 2)|: a flower."""

    kind: Literal["rose"]
    radius: Length
    """From the middle to the tips of its petals, in px."""
    petals: Annotated[int, Field(ge=2, le=24)]
    """How many it has."""
    inner: Length = 0
    """From the middle to where its petals meet, in px."""
    where: Where = Where.EDGE
    """On its line, or anywhere within."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Drawing(Frozen):
    """Strokes as SVG has them."""

    kind: Literal["drawing"]
    paths: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=4_000)]],
        Field(min_length=1, max_length=64),
    ]
    """SVG path data (M L H V C S Q T A Z, both cases) in px around the place of the layer."""
    scale: Annotated[float, Field(gt=0, le=20)] = 1
    """Times as large as the paths say."""
    where: Where = Where.EDGE
    """On the strokes, or within what they enclose by the even-odd rule."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Glyphs(Frozen):
    """Letters, filled or as outlines, in our own font."""

    kind: Literal["glyphs"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=24), Seen]
    """What is written, or stands in where nobody sent the spark or the font cannot write the name."""
    says: Literal["text", "sender", "initial"] = "text"
    """`text` writes the text, `sender` the name of whoever sent the spark, `initial` its first letter."""
    size: Annotated[float, Field(ge=20, le=900)] = 160
    """Of the font, in px. A sender's name shrinks to 0.9 of the stage's width."""
    where: Where = Where.FILL
    """On the outlines of the letters, or within them."""
    spread: Length = 0
    """How far off in px: 95 of 100 by no more, each way."""


class Mask(Frozen):
    """The bright parts of a small picture."""

    kind: Literal["mask"]
    rows: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[ .:+*#]+$")]],
        Field(min_length=1, max_length=64),
    ]
    """From the top down: a space is dark, # is full, . : + * in between."""
    cell: Annotated[float, Field(ge=1, le=60)] = 10
    """How wide and high each character is, in px."""


Shape = Annotated[
    Dot | Disc | Ring | Line | Polygon | Star | Heart | Spiral | Lissajous | Rose | Drawing | Glyphs | Mask,
    Field(discriminator="kind"),
]
