"""What moves particles, and what they meet."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Degrees, Length, Point, Share, Signed
from server.sparks.engine.format.shapes import Shape


class Gravity(Frozen):
    """A constant acceleration."""

    kind: Literal["gravity"]
    x: Signed = 0
    """To the right, in px/s²."""
    y: Signed = 400
    """Down, in px/s²."""


class Drag(Frozen):
    """v' = -rate (v - air), integrated exactly. `air` is what other forces blow."""

    kind: Literal["drag"]
    rate: Annotated[float, Field(ge=0, le=60)]
    """Per second: how soon a particle goes with the air."""


class Wind(Frozen):
    """Air that moves, with gusts. Felt by drag."""

    kind: Literal["wind"]
    x: Signed = 0
    """To the right, in px/s."""
    y: Signed = 0
    """Down, in px/s."""
    gust: Share = 0
    """Share of the speed that comes and goes."""
    period: Annotated[float, Field(ge=0.2, le=12)] = 2
    """From one gust to the next, in s."""


class Curl(Frozen):
    """Turbulent air without sources or sinks: the curl of a sum of plane waves. Felt by drag."""

    kind: Literal["curl"]
    speed: Signed
    """Of the air, in px/s: the root of its mean square."""
    scale: Annotated[float, Field(ge=20, le=1_000)] = 180
    """Size of the largest eddies, in px."""
    octaves: Annotated[int, Field(ge=1, le=3)] = 3
    """Sizes of eddies, each about half of the one before."""
    change: Annotated[float, Field(ge=0, le=10)] = 1
    """How fast the eddies change, in times; at 0 they stay as they are."""
    grow: Share = 0
    """Share of it that comes up only over the life of a particle."""


HARDEST: Final = 4_000
"""1/s²: the sum of |strength| / radius of all attractors of a layer, as much as one alone may have: there
speeds are 4 in 100 off. Where it is five times as steep, each step of 1/120 s adds energy."""


class Attractor(Frozen):
    """Pulls to a point. The sum of |strength| / radius of those of a layer is at most 4,000."""

    kind: Literal["attractor"]
    at: Point
    """[x, y] of the stage, in px."""
    strength: Signed
    """At `radius`, in px/s²; where negative, it pushes."""
    radius: Annotated[float, Field(ge=5, le=1_500)] = 120
    """In px; within it the pull is softened."""


class Vortex(Frozen):
    """Turns air around a point. Felt by drag."""

    kind: Literal["vortex"]
    at: Point
    """[x, y] of the stage, in px."""
    speed: Signed
    """Around it at `radius`, in px/s, clockwise."""
    inward: Signed = 0
    """Towards it at `radius`, in px/s."""
    radius: Annotated[float, Field(ge=5, le=1_500)] = 150
    """Where it is fastest, in px; within it air turns like a wheel."""


class Gather(Frozen):
    """A damped spring of each particle to a place of its own in a shape: how silhouettes come together."""

    kind: Literal["gather"]
    shape: Shape
    """What they come together to."""
    at: Point
    """The middle of the shape, [x, y] of the stage in px."""
    strength: Annotated[float, Field(ge=0, le=2_000)] = 50
    """Of the spring, in 1/s²: acceleration for each px that is left."""
    turn: Degrees = 0
    """Of the shape, in degrees clockwise."""
    start: Share = 0
    """From when in the life of a particle, 0 to 1."""
    end: Share = 1
    """Until when in the life of a particle, 0 to 1."""


class Flock(Frozen):
    """Birds (Reynolds 1987). Of a layer the first 600 see each other."""

    kind: Literal["flock"]
    radius: Annotated[float, Field(ge=10, le=300)] = 70
    """How far each sees, in px."""
    apart: Signed = 200
    """Away from those near, at most, in px/s²."""
    along: Signed = 120
    """To fly as its neighbours do, at most, in px/s²."""
    together: Signed = 80
    """Towards the middle of its neighbours, at most, in px/s²."""
    speed: Annotated[float, Field(ge=1, le=2_000)] = 220
    """That each comes to, in px/s."""


Force = Annotated[
    Gravity | Drag | Wind | Curl | Attractor | Vortex | Gather | Flock, Field(discriminator="kind")
]


class Floor(Frozen):
    """A level floor."""

    kind: Literal["floor"]
    y: Annotated[float, Field(ge=0, le=1_400)] = 1_180
    """Where it is on the stage, in px from the top."""
    bounce: Share = 0.5
    """Share of the speed across it that is kept."""
    friction: Share = 0.2
    """Share of the speed along it that is lost."""


class Circle(Frozen):
    """A round body that is met from outside, or a bowl that is met from inside."""

    kind: Literal["circle"]
    at: Point
    """Its middle, [x, y] of the stage in px."""
    radius: Length
    """In px."""
    inside: bool = False
    """Whether it is a bowl."""
    bounce: Share = 0.5
    """Share of the speed across it that is kept."""
    friction: Share = 0.2
    """Share of the speed along it that is lost."""


Collider = Annotated[Floor | Circle, Field(discriminator="kind")]
