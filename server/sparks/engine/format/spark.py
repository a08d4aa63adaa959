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
    """How the light of all layers is shown: `exposure` times, `bloom` of it around what is bright, `trail` of
    each picture left in the next, `scrim` of what is behind it darkened while it lasts."""

    exposure: Annotated[float, Field(ge=0.1, le=4)] = 1
    bloom: Annotated[float, Field(ge=0, le=2)] = 0.9
    trail: Annotated[float, Field(ge=0, le=0.95)] = 0
    scrim: Annotated[float, Field(ge=0, le=0.5)] = 0


class Camera(Frozen):
    """What the camera does, over the spark's time in s: `zoom` times, `drift` in px; `shake` in px, slower
    than 3 Hz."""

    zoom: Curve | None = None
    drift: Path | None = None
    shake: Curve | None = None


class Spark(Frozen):
    """One spark. Layers are drawn in their order, the last in front. `hero_at` is the moment that stands
    for it where nothing may move."""

    schema_: Annotated[Literal["spark/1"], Field(alias="schema")]
    id: Name
    name: Annotated[str, StringConstraints(min_length=1, max_length=40), Seen]
    tier: Tier
    credits: Annotated[int, Field(ge=1, le=10_000)]
    family: Name
    about: Annotated[str, StringConstraints(max_length=200), Seen] = ""
    duration: Annotated[float, Field(ge=0.6, le=12)]
    hero_at: Seconds
    palettes: Annotated[
        dict[Name, Annotated[list[Colour], Field(min_length=1, max_length=8)]],
        Field(min_length=1, max_length=16),
    ]
    stage: Stage = Stage()
    camera: Camera = Camera()
    layers: Annotated[list[Layer], Field(min_length=1, max_length=24)]
    score: Score | None = None
    max_particles: Annotated[int, Field(ge=1, le=MOST_PARTICLES)] = 8_000
    author: Annotated[str, StringConstraints(max_length=80), Seen] = ""
    licence: Annotated[str, StringConstraints(max_length=40), Seen] = "Apache-2.0"

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
            faults.append(f"a {self.tier} spark costs {low} to {high} credits")
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
