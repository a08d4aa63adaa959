"""The layers of a spark: particles, ribbons that a place draws, and words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from server.kit.wire import Frozen
from server.sparks.engine.format.base import (
    Curve,
    Degrees,
    Length,
    Name,
    Path,
    Point,
    Seconds,
    Seen,
    Share,
    Span,
)
from server.sparks.engine.format.forces import HARDEST, Attractor, Collider, Force
from server.sparks.engine.format.shapes import Dot, Shape

Count = Annotated[int, Field(ge=1, le=20_000)]


class Burst(Frozen):
    """`count` particles at once at `at`, `times` in all, `every` s."""

    at: Seconds = 0
    count: Count
    times: Annotated[int, Field(ge=1, le=64)] = 1
    every: Annotated[float, Field(gt=0, le=12)] = 0.5


class Emit(Frozen):
    """How many and when: by `rate` per second, in bursts, or both. Of a rate exactly floor(rate x t) are out
    at t. `rate_over` multiplies the rate over the layer's time, 0 to 1 of it; then it is the floor of the
    integral."""

    rate: Annotated[float, Field(ge=0, le=20_000)] = 0
    rate_over: Curve | None = None
    bursts: Annotated[list[Burst], Field(max_length=16)] = []


class Place(Frozen):
    """Where a layer is: at a point, or along a path. `turn` (degrees) and `size` (times) change its shape
    over the layer's time in s. `mirror` repeats each particle at the other side of the place's own
    vertical."""

    at: Point = (360, 640)
    path: Path | None = None
    turn: Curve | None = None
    size: Curve | None = None
    along: bool = False
    """Turned so that right is where the path goes."""
    mirror: bool = False


class Launch(Frozen):
    """The velocity at birth, in px/s. `out`: away from the place; `cone`: `spread` degrees around `angle`;
    `around`: along a circle around the place; `normal`: off the line of the shape. `power` bends the choice
    of the speed: above 1 few are fast. `inherit` is the share of the place's own velocity that comes on
    top."""

    kind: Literal["still", "out", "cone", "around", "normal"] = "still"
    speed: Span = (0, 0)
    power: Annotated[float, Field(ge=0.1, le=8)] = 1
    angle: Degrees = -90
    spread: Annotated[float, Field(ge=0, le=360)] = 30
    inherit: Annotated[float, Field(ge=-2, le=2)] = 0


class Sprite(StrEnum):
    """What a particle looks like. `glow` has no form; all others turn with it."""

    GLOW = "glow"
    DISC = "disc"
    RING = "ring"
    SHARD = "shard"
    PETAL = "petal"
    STAR = "star"
    SQUARE = "square"
    NOTE = "note"
    HEART = "heart"
    FEATHER = "feather"
    FLAKE = "flake"
    SMOKE = "smoke"


class Blend(StrEnum):
    """Light that adds up, that never gets brighter than either (screen), or that covers what is behind."""

    ADD = "add"
    SCREEN = "screen"
    ALPHA = "alpha"


class Look(Frozen):
    """How particles are drawn.

    `size` is the radius in px, of which few are large by `power`; `size_over`, `alpha_over` go over a life
    from 0 to 1. `colours` is a palette that is gone through over a life (`by` life), or from which one is
    drawn for each (`by` birth); `jitter` shifts it. `gain` is how much light; `streak` draws it along the
    last so many s of its way; `twinkle` is the share of its light that comes and goes, never faster than 2
    Hz. `spin` is in degrees a second. `near` moves it with the camera: 1 with the stage, less is farther
    off.
    """

    sprite: Sprite = Sprite.GLOW
    size: Span = (1.5, 4)
    power: Annotated[float, Field(ge=0.1, le=8)] = 2
    size_over: Curve | None = None
    alpha_over: Curve | None = None
    colours: Name
    by: Literal["life", "birth"] = "life"
    jitter: Share = 0.2
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    streak: Annotated[float, Field(ge=0, le=0.2)] = 0
    twinkle: Share = 0
    spin: Span = (0, 0)
    align: bool = False
    """Turned to where it flies."""
    flutter: Share = 0
    """How much a flat thing (petal, paper) turns its side to us while it falls."""
    blend: Blend = Blend.ADD
    near: Annotated[float, Field(ge=0, le=3)] = 1


class Trail(Frozen):
    """A line behind each particle: `length` s of its way, tapering from `width` px. Of at most 400."""

    length: Annotated[float, Field(gt=0, le=2)] = 0.4
    width: Length = 3
    gain: Annotated[float, Field(ge=0, le=20)] = 0.5
    colours: Name | None = None


class Sub(Frozen):
    """Particles of another layer, born of these: at birth, at death, or `every` so many s in between. Of
    those chance lets `share` be parents."""

    on: Literal["birth", "death", "every", "bounce"]
    layer: Name
    count: Annotated[int, Field(ge=1, le=400)] = 1
    every: Annotated[float, Field(ge=0.02, le=4)] = 0.1
    share: Share = 1
    inherit: Annotated[float, Field(ge=-2, le=2)] = 0


class Particles(Frozen):
    """Particles. Without `emit` they are born by another layer's `sub` alone. `follow` has them keep their
    place in the shape while its place moves, turns or grows: a heart that beats, a wheel that turns."""

    kind: Literal["particles"]
    id: Name
    start: Seconds = 0
    duration: Annotated[float, Field(gt=0, le=12)] | None = None
    """Of emission; null = as long as the spark goes."""
    emit: Emit | None = None
    place: Place = Place()
    shape: Shape = Dot()
    launch: Launch = Launch()
    life: Span = (0.8, 1.6)
    forces: Annotated[list[Force], Field(max_length=8)] = []
    colliders: Annotated[list[Collider], Field(max_length=4)] = []
    follow: bool = False
    look: Look
    trail: Trail | None = None
    subs: Annotated[list[Sub], Field(max_length=4)] = []

    @model_validator(mode="after")
    def _lives(self) -> Self:
        if self.life[0] <= 0 or self.life[1] > 12:
            raise ValueError("life must be more than 0 and at most 12 s")
        return self

    @model_validator(mode="after")
    def _pulls(self) -> Self:
        pulls = sum(abs(one.strength) / one.radius for one in self.forces if isinstance(one, Attractor))
        if pulls > HARDEST:
            raise ValueError(f"strength / radius of all attractors is {pulls:,.0f}; {HARDEST:,} is the most")
        return self


class Ribbon(Frozen):
    """A band along a path, drawn by its head: `length` s of it are seen at a time, `width` px over its length
    from 0 (tail) to 1 (head). `wave` px sideways, `waves` along it, at `pace` Hz."""

    kind: Literal["ribbon"]
    id: Name
    start: Seconds = 0
    path: Path
    length: Annotated[float, Field(gt=0, le=12)] = 0.8
    width: Curve
    colours: Name
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    alpha_over: Curve | None = None
    """Over the layer's time in s."""
    wave: Length = 0
    waves: Annotated[float, Field(ge=0, le=12)] = 1.5
    pace: Annotated[float, Field(ge=0, le=4)] = 0.8
    blend: Blend = Blend.ADD


class Words(Frozen):
    """Letters as they are, in our own font: the sender's name, or words of the spark's own."""

    kind: Literal["words"]
    id: Name
    start: Seconds = 0
    duration: Annotated[float, Field(gt=0, le=12)]
    says: Literal["text", "sender"] = "sender"
    text: Annotated[str, StringConstraints(min_length=1, max_length=24), Seen] = "Somebody"
    at: Point = (360, 1_080)
    size: Annotated[float, Field(ge=16, le=200)] = 56
    colours: Name
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    rise: Length = 12
    """So many px it comes up while it appears."""


Layer = Annotated[Particles | Ribbon | Words, Field(discriminator="kind")]
