"""What moves particles, and what they meet."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Degrees, Length, Point, Share, Signed
from server.sparks.engine.format.shapes import Shape


class Gravity(Frozen):
    """A constant acceleration, in px/s²."""

    kind: Literal["gravity"]
    x: Signed = 0
    y: Signed = 400


class Drag(Frozen):
    """v' = -rate (v - air), per second; integrated exactly. `air` is what other forces blow."""

    kind: Literal["drag"]
    rate: Annotated[float, Field(ge=0, le=60)]


class Wind(Frozen):
    """Air that moves, in px/s, with gusts: of the speed a share that comes and goes in `period` s. Felt by
    drag."""

    kind: Literal["wind"]
    x: Signed = 0
    y: Signed = 0
    gust: Share = 0
    period: Annotated[float, Field(ge=0.2, le=12)] = 2


class Curl(Frozen):
    """Turbulent air without sources or sinks: the curl of a sum of plane waves, in px/s. Felt by drag.
    `scale` is the size of its largest eddies in px; `grow` lets it come up over the life of a particle."""

    kind: Literal["curl"]
    speed: Signed
    scale: Annotated[float, Field(ge=20, le=1_000)] = 180
    octaves: Annotated[int, Field(ge=1, le=3)] = 3
    change: Annotated[float, Field(ge=0, le=10)] = 1
    grow: Share = 0


HARDEST: Final = 4_000
"""1/s²: the sum of |strength| / radius of all attractors of a layer, as much as one alone may have: there
speeds are 4 in 100 off. Where it is five times as steep, each step of 1/120 s adds energy."""


class Attractor(Frozen):
    """Pulls (pushes where negative) to a point of the stage: px/s² at `radius`, softened within it. The
    sum of |strength| / radius of those of a layer is at most 4,000."""

    kind: Literal["attractor"]
    at: Point
    strength: Signed
    radius: Annotated[float, Field(ge=5, le=1_500)] = 120


class Vortex(Frozen):
    """Turns air around a point of the stage: px/s at `radius`, and `inward` px/s to it. Felt by drag."""

    kind: Literal["vortex"]
    at: Point
    speed: Signed
    inward: Signed = 0
    radius: Annotated[float, Field(ge=5, le=1_500)] = 150


class Gather(Frozen):
    """A damped spring of each particle to a place of its own in a shape: how silhouettes come together.
    `strength` is in 1/s²; from `start` to `end` of its life (0 to 1)."""

    kind: Literal["gather"]
    shape: Shape
    at: Point
    strength: Annotated[float, Field(ge=0, le=2_000)] = 50
    turn: Degrees = 0
    start: Share = 0
    end: Share = 1


class Flock(Frozen):
    """Birds (Reynolds 1987): away from those near, along with the neighbours, towards their middle; px/s²
    each. Of a layer of at most 600."""

    kind: Literal["flock"]
    radius: Annotated[float, Field(ge=10, le=300)] = 70
    apart: Signed = 200
    along: Signed = 120
    together: Signed = 80
    speed: Annotated[float, Field(ge=1, le=2_000)] = 220


Force = Annotated[
    Gravity | Drag | Wind | Curl | Attractor | Vortex | Gather | Flock, Field(discriminator="kind")
]


class Floor(Frozen):
    """A level floor at `y`; of the speed across it `bounce` is kept, of that along it `1 - friction`."""

    kind: Literal["floor"]
    y: Annotated[float, Field(ge=0, le=1_400)] = 1_180
    bounce: Share = 0.5
    friction: Share = 0.2


class Circle(Frozen):
    """A round body that is met from outside, or a bowl that is met from inside."""

    kind: Literal["circle"]
    at: Point
    radius: Length
    inside: bool = False
    bounce: Share = 0.5
    friction: Share = 0.2


Collider = Annotated[Floor | Circle, Field(discriminator="kind")]
