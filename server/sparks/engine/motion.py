"""The step, and how particles drift through it: exact for a constant acceleration with linear drag."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles, Floats
from server.sparks.engine.particles import VX, VY, Particles, X, Y

RATE: Final = 120
"""Steps a second, whatever the display shows of them."""
DT: Final = 1 / RATE

Span = float | Doubles
"""How long a step is, in s: one number, or (n,) for those that were born within it."""


def decayed(rate: float, dt: Span) -> Span:
    """e^(-rate dt). A float stays a float of Python, which leaves arrays of float32 as they are; one of
    NumPy would make them float64."""
    return math.exp(-rate * dt) if isinstance(dt, float) else np.exp(-rate * dt)


@dataclass(frozen=True)
class Decay:
    """v' = -k (v - air) + a over `dt`: what stays of v, and how far 1 px/s and 1 px/s² lead.

    v1 = air + (v0 - air) keeps + a reach; x1 = x0 + v0 reach + air (dt - reach) + a lift.
    """

    dt: Span
    keeps: Span
    reach: Span
    lift: Span

    @classmethod
    def of(cls, drag: float, dt: Span) -> Decay:
        """With k = `drag` per s."""
        kt = drag * dt
        if drag < 1e-2:
            # (1 - e^-kt) / k cancels out here; the next term of the series is below 1e-12 of it.
            reach, lift = dt * (1 - kt / 2 + kt * kt / 6), dt * dt * (0.5 - kt / 6 + kt * kt / 24)
        else:
            reach = -np.expm1(-kt) / drag
            lift = (dt - reach) / drag
        if isinstance(dt, float):
            return cls(dt, math.exp(-kt), float(reach), float(lift))
        return cls(dt, decayed(drag, dt), reach, lift)


@dataclass(frozen=True)
class Still:
    """What is the same for all particles of a layer in a step: acceleration in px/s² and air in px/s."""

    ax: float = 0
    ay: float = 0
    ux: float = 0
    uy: float = 0


def drift(
    particles: Particles, part: slice, decay: Decay, still: Still, air: tuple[Floats, Floats] | None
) -> None:
    """Moves the particles in `part`; `air` (n,) each is what comes on top of the wind."""
    data = particles.data
    # Both axes at once: of few particles a layer costs by its calls.
    x, v = data[X : Y + 1, part], data[VX : VY + 1, part]
    x += v * decay.reach
    v *= decay.keeps
    blown, carried = decay.dt - decay.reach, 1 - decay.keeps
    for axis, (a, u) in enumerate(((still.ax, still.ux), (still.ay, still.uy))):
        if a or u:
            x[axis] += a * decay.lift + u * blown
            v[axis] += a * decay.reach + u * carried
    if air is not None:
        for axis in (0, 1):
            x[axis] += air[axis] * blown
            v[axis] += air[axis] * carried
