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
    """Particles at once, as often as it says."""

    at: Seconds = 0
    """When the first is, in s of the layer."""
    count: Count
    """Particles of each."""
    times: Annotated[int, Field(ge=1, le=64)] = 1
    """How many there are in all."""
    every: Annotated[float, Field(gt=0, le=12)] = 0.5
    """From one to the next, in s."""


class Emit(Frozen):
    """How many particles are born and when: by a rate, in bursts, or both."""

    rate: Annotated[float, Field(ge=0, le=20_000)] = 0
    """Particles per second: exactly floor(rate x t) are out at t."""
    rate_over: Curve | None = None
    """Multiplies the rate over the layer's time, 0 to 1 of it; then the floor of the integral is out."""
    bursts: Annotated[list[Burst], Field(max_length=16)] = []
    """Those after the layer's duration do not happen."""


class Place(Frozen):
    """Where a layer is: at a point, or along a path."""

    at: Point = (360, 640)
    """[x, y] of the stage, in px; a path goes instead of it."""
    path: Path | None = None
    """Where it is over the layer's time."""
    turn: Curve | None = None
    """Of its shape over the layer's time in s, in degrees clockwise."""
    size: Curve | None = None
    """Of its shape over the layer's time in s, in times."""
    along: bool = False
    """Turned so that right is where the path goes."""
    mirror: bool = False
    """Repeats each particle at the other side of the place's own vertical."""


class Launch(Frozen):
    """The velocity at birth."""

    kind: Literal["still", "out", "cone", "around", "normal"] = "still"
    """`still`: nowhere; `out`: away from the place; `cone`: `spread` degrees around `angle`; `around`: along
    a circle around the place, clockwise; `normal`: off the line of the shape."""
    speed: Span = (0, 0)
    """[least, most] in px/s."""
    power: Annotated[float, Field(ge=0.1, le=8)] = 1
    """Bends the choice of the speed: above 1 few are fast."""
    angle: Degrees = -90
    """The middle of the cone, in degrees: clockwise, 0 to the right, -90 up. It turns with the place."""
    spread: Annotated[float, Field(ge=0, le=360)] = 30
    """How wide the cone is from side to side, in degrees."""
    inherit: Annotated[float, Field(ge=-2, le=2)] = 0
    """Share of the place's own velocity that comes on top."""


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
    """How light joins what is there: it adds up (add), only where there is none yet (screen), or covers what
    is behind (alpha)."""

    ADD = "add"
    SCREEN = "screen"
    ALPHA = "alpha"


class Look(Frozen):
    """How particles are drawn."""

    sprite: Sprite = Sprite.GLOW
    """What each looks like."""
    size: Span = (1.5, 4)
    """[least, most] of the radius in px, of which few are large by `power`."""
    power: Annotated[float, Field(ge=0.1, le=8)] = 2
    """Bends the choice of the size: above 1 few are large."""
    size_over: Curve | None = None
    """Multiplies the size over a life from 0 to 1."""
    alpha_over: Curve | None = None
    """Multiplies the light, or what is covered, over a life from 0 to 1; null = it comes up and fades."""
    colours: Name
    """The name of a palette."""
    by: Literal["life", "birth"] = "life"
    """`life` goes through the palette over a life; `birth` draws one colour of it for each particle."""
    jitter: Share = 0.2
    """How far chance shifts each in the palette."""
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    """How much light, in times."""
    streak: Annotated[float, Field(ge=0, le=0.2)] = 0
    """Draws a `glow` along its last so many s of way, at its speed; not where it covers."""
    twinkle: Share = 0
    """Share of its light that comes and goes, never faster than 2 Hz."""
    spin: Span = (0, 0)
    """[least, most] in degrees a second, either way round."""
    align: bool = False
    """Turned to where it flies."""
    flutter: Share = 0
    """How much a flat thing (petal, paper) turns its side to us while it falls."""
    blend: Blend = Blend.ADD
    """How its light joins what is there."""
    near: Annotated[float, Field(ge=0, le=3)] = 1
    """How far the camera moves it, in times: 1 with the stage, less is farther off."""


class Trail(Frozen):
    """A line behind each particle that tapers, of at most 400: the oldest."""

    length: Annotated[float, Field(gt=0, le=2)] = 0.4
    """So many s of its way."""
    width: Length = 3
    """At the particle, in px."""
    gain: Annotated[float, Field(ge=0, le=20)] = 0.5
    """How much light, in times."""
    colours: Name | None = None
    """The name of a palette; null = that of the particle."""


class Sub(Frozen):
    """Particles of another layer, born of these."""

    on: Literal["birth", "death", "every", "bounce"]
    """When: at birth, at death, `every` so many s in between, or at a contact at more than 30 px/s."""
    layer: Name
    """The id of the layer of particles that they belong to."""
    count: Annotated[int, Field(ge=1, le=400)] = 1
    """How many each time."""
    every: Annotated[float, Field(ge=0.02, le=4)] = 0.1
    """From one time to the next in s, where it is `on` every."""
    share: Share = 1
    """Share of the particles that chance lets be parents, each for its life."""
    inherit: Annotated[float, Field(ge=-2, le=2)] = 0
    """Share of the parent's velocity that comes on top."""


class Particles(Frozen):
    """Particles, which are born, fly and go."""

    kind: Literal["particles"]
    id: Name
    """Its name in the spark, of no other layer; its chance follows from it."""
    start: Seconds = 0
    """When it begins, in s of the spark."""
    duration: Annotated[float, Field(gt=0, le=12)] | None = None
    """Of emission, in s; null = as long as the spark goes."""
    emit: Emit | None = None
    """How many are born and when; null = by another layer's `subs` alone."""
    place: Place = Place()
    """Where the layer is."""
    shape: Shape = Dot()
    """Where they are born around the place."""
    launch: Launch = Launch()
    """How they set off."""
    life: Span = (0.8, 1.6)
    """[least, most] in s: more than 0, at most 12."""
    forces: Annotated[list[Force], Field(max_length=8)] = []
    """What moves them."""
    colliders: Annotated[list[Collider], Field(max_length=4)] = []
    """What they bounce off."""
    follow: bool = False
    """Keeps them in their place of the shape while it moves, turns or grows: a heart that beats, a wheel that
    turns."""
    look: Look
    """How they are drawn."""
    trail: Trail | None = None
    """The line behind each; null = none."""
    subs: Annotated[list[Sub], Field(max_length=4)] = []
    """What is born of them."""

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
    """A band along a path, drawn by its head."""

    kind: Literal["ribbon"]
    id: Name
    """Its name in the spark, of no other layer."""
    start: Seconds = 0
    """When it begins, in s of the spark."""
    path: Path
    """Where its head is over the layer's time."""
    length: Annotated[float, Field(gt=0, le=12)] = 0.8
    """So many s of its way are seen at a time."""
    width: Curve
    """In px, over its length from 0 (tail) to 1 (head)."""
    colours: Name
    """The name of a palette, whose first colour is at the head."""
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    """How much light, in times."""
    alpha_over: Curve | None = None
    """Multiplies its light over the layer's time in s."""
    wave: Length = 0
    """How far it waves to each side, in px."""
    waves: Annotated[float, Field(ge=0, le=12)] = 1.5
    """How many there are along it."""
    pace: Annotated[float, Field(ge=0, le=4)] = 0.8
    """How fast it waves, in Hz."""
    blend: Blend = Blend.ADD
    """How its light joins what is there."""


class Words(Frozen):
    """Letters as they are, in our own font: the sender's name, or words of the spark's own."""

    kind: Literal["words"]
    id: Name
    """Its name in the spark, of no other layer."""
    start: Seconds = 0
    """When they come up, in s of the spark."""
    duration: Annotated[float, Field(gt=0, le=12)]
    """How long they are seen, in s, their coming and going with it."""
    says: Literal["text", "sender"] = "sender"
    """`text` writes the text, `sender` the name of whoever sent the spark."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=24), Seen] = "Somebody"
    """What is written, or stands in where nobody sent the spark or the font cannot write the name."""
    at: Point = (360, 1_080)
    """Their middle, [x, y] of the stage in px."""
    size: Annotated[float, Field(ge=16, le=200)] = 56
    """Of the font, in px; words wider than the picture are made smaller."""
    colours: Name
    """The name of a palette, from the top of the letters down."""
    gain: Annotated[float, Field(ge=0, le=20)] = 1
    """How much light, in times."""
    rise: Length = 12
    """So many px it comes up while it appears."""


Layer = Annotated[Particles | Ribbon | Words, Field(discriminator="kind")]
