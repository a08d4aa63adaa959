"""What the renderer draws: one moment of a spark, as plain arrays. Whoever simulates fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from server.sparks.engine.format.layers import Blend, Sprite

Floats = NDArray[Any]
"""float32 throughout; OpenCV's own types are too loose to say so."""


@dataclass(frozen=True, slots=True)
class Trails:
    """Lines behind particles: where each was, the newest first; NaN where it was not yet. Arrays `(n, k)` in
    stage px, `colour` `(n, 3)` linear, times alpha and gain; `width` at the particle in stage px."""

    x: Floats
    y: Floats
    colour: Floats
    width: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Particles of one layer, all arrays float32 `(n,)`: place in stage px, velocity in stage px a second,
    `size` the radius in stage px, `angle` in radians clockwise, `side` how much of a flat thing's breadth is
    seen (1 = all). `colour` is `(n, 3)`, linear, times alpha and gain; `alpha` counts where the layer
    covers. `streak` is in s."""

    x: Floats
    y: Floats
    vx: Floats
    vy: Floats
    size: Floats
    colour: Floats
    alpha: Floats
    angle: Floats
    side: Floats
    sprite: Sprite = Sprite.GLOW
    blend: Blend = Blend.ADD
    streak: float = 0
    near: float = 1
    trails: Trails | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A ribbon from its tail to its head: `x`, `y`, `width` `(m,)` in stage px, `colour` `(m, 3)`, linear,
    times alpha and gain, `alpha` `(m,)`."""

    x: Floats
    y: Floats
    width: Floats
    colour: Floats
    alpha: Floats
    blend: Blend = Blend.ADD


@dataclass(frozen=True, slots=True)
class Lettering:
    """Words around `at` in stage px, `size` px high; `colours` `(k, 3)` linear times gain, from the top down;
    `alpha` how far they are in."""

    text: str
    at: tuple[float, float]
    size: float
    colours: Floats
    alpha: float


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera is: `zoom` times around the middle of the stage, moved by `x`, `y` stage px."""

    zoom: float = 1
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All layers in their order, the last in front. `step` is in 1/120 s and tells how old the last picture
    is; `scrim` is how much of what is behind is darkened now, `fade` how much of all layers is
    seen."""

    layers: list[Drawn | Band | Lettering]
    step: int = 0
    exposure: float = 1
    bloom: float = 0.9
    trail: float = 0
    scrim: float = 0
    fade: float = 1
    view: View = field(default_factory=View)
