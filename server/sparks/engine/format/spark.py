"""`spark/1`: one spark, as its file says it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Colour, Curve, Name, Path, Seconds, Seen
from server.sparks.engine.format.layers import Layer, Particles
from server.sparks.engine.format.sounds import Score

SCHEMA: Final = "spark/1"
LARGEST: Final = 64 * 1024
"""Bytes of a file."""
MOST_PARTICLES: Final = 20_000
DEEPEST: Final = 2
"""Layers that are born of each other."""


class Tier(StrEnum):
    """How rare a spark is; what it may cost follows from it."""

    COMMON = "common"
    UNCOMMON = "uncommon"
    RARE = "rare"
    EPIC = "epic"
    LEGENDARY = "legendary"


CREDITS: Final = {
    Tier.COMMON: (1, 12),
    Tier.UNCOMMON: (15, 80),
    Tier.RARE: (100, 450),
    Tier.EPIC: (500, 2_000),
    Tier.LEGENDARY: (3_000, 10_000),
}
"""From the least to the most, each in whole credits."""


class Stage(Frozen):
    """How the light of all layers is shown."""

    exposure: Annotated[float, Field(ge=0.1, le=4)] = 1
    """Times as much light."""
    bloom: Annotated[float, Field(ge=0, le=2)] = 0.9
    """How strong the glow around what is bright is, in times."""
    trail: Annotated[float, Field(ge=0, le=0.95)] = 0
    """Share of each picture that is left 1/60 s later."""
    scrim: Annotated[float, Field(ge=0, le=0.5)] = 0
    """Share by which what is behind the spark is darkened while it lasts."""


class Camera(Frozen):
    """What the camera does, over the spark's time in s."""

    zoom: Curve | None = None
    """Times as large around the middle of the stage."""
    drift: Path | None = None
    """By how many px to the right and down what is seen moves: (0, 0) is where it is at rest."""
    shake: Curve | None = None
    """By how many px at most, slower than 3 Hz."""


class Spark(Frozen):
    """One spark."""

    schema_: Annotated[Literal["spark/1"], Field(alias="schema")]
    """The version of the format."""
    id: Name
    """Its own name in the catalogue, in kebab case; what people read is `name`."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=40), Seen]
    """What people read."""
    tier: Tier
    """How rare it is: what it may cost and how loud it is follow from it."""
    credits: Annotated[int, Field(ge=1, le=10_000)]
    """What it costs at first, within what its tier may cost."""
    family: Name
    """The name of sparks that belong together, in kebab case."""
    about: Annotated[str, StringConstraints(max_length=200), Seen] = ""
    """What it shows, in one line for people."""
    duration: Annotated[float, Field(ge=0.6, le=12)]
    """How long it is seen, in s."""
    hero_at: Seconds
    """The moment that stands for it where nothing may move, in s."""
    palettes: Annotated[
        dict[Name, Annotated[list[Colour], Field(min_length=1, max_length=8)]],
        Field(min_length=1, max_length=16),
    ]
    """Colours by the name that layers use, each "#rrggbb" in sRGB, mixed from one to the next."""
    stage: Stage = Stage()
    """How the light of all layers is shown."""
    camera: Camera = Camera()
    """What the camera does."""
    layers: Annotated[list[Layer], Field(min_length=1, max_length=24)]
    """In the order in which they are drawn, the last in front; words in front of all."""
    score: Score | None = None
    """What it sounds like; null = it is silent."""
    max_particles: Annotated[int, Field(ge=1, le=MOST_PARTICLES)] = 8_000
    """Particles of all layers at once; above that nobody is born."""
    author: Annotated[str, StringConstraints(max_length=80), Seen] = ""
    """Who made it."""
    licence: Annotated[str, StringConstraints(max_length=40), Seen] = "Apache-2.0"
    """Under which it may be used, by its SPDX name."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Names lead somewhere, times lie within, layers are not born of each other in a circle."""
        faults = [*self._names(), *self._times(), *self._subs()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _names(self) -> list[str]:
        ids = [layer.id for layer in self.layers]
        faults = [f"there are two layers {name}" for name in sorted({n for n in ids if ids.count(n) > 1})]
        for layer in self.layers:
            used = [layer.look.colours] if isinstance(layer, Particles) else [layer.colours]
            if isinstance(layer, Particles) and layer.trail and layer.trail.colours:
                used.append(layer.trail.colours)
            faults += [
                f"layer {layer.id}: there is no palette {name}" for name in used if name not in self.palettes
            ]
        return faults

    def _times(self) -> list[str]:
        low, high = CREDITS[self.tier]
        faults = [] if self.hero_at <= self.duration else ["hero_at is after the end"]
        if not low <= self.credits <= high:
            faults.append(f"a {self.tier} spark costs {low:,} to {high:,} credits")
        faults += [f"layer {one.id} starts after the end" for one in self.layers if one.start > self.duration]
        return faults

    def _subs(self) -> list[str]:
        particles = {layer.id: layer for layer in self.layers if isinstance(layer, Particles)}
        faults = [
            f"layer {layer.id}: there is no layer of particles {sub.layer}"
            for layer in particles.values()
            for sub in layer.subs
            if sub.layer not in particles
        ]
        for layer in particles.values():
            if layer.emit is not None and _depth(particles, layer, 0) > DEEPEST:
                faults.append(f"layer {layer.id}: born of each other are at most {DEEPEST} layers")
        return faults


def _depth(particles: dict[str, Particles], layer: Particles, at: int) -> int:
    if at > DEEPEST:
        return at
    below = [_depth(particles, particles[sub.layer], at + 1) for sub in layer.subs if sub.layer in particles]
    return max(below, default=at)
