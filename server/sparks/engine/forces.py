"""The forces of a layer, put together for the step.

Gravity, drag and moving air go into the exact drift of `motion`. What depends on the place is a kick of the
velocity before it, which makes the step symplectic: a spring neither gains nor loses energy over time.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles, Floats
from server.sparks.engine.eddies import Eddies
from server.sparks.engine.flock import EASE, EVERY, MOST, steer
from server.sparks.engine.format import forces as format_
from server.sparks.engine.format.layers import Particles as Layer
from server.sparks.engine.motion import Span, Still, decayed
from server.sparks.engine.outlines import Sample
from server.sparks.engine.particles import AGE, LIFE, VX, VY, Particles, X, Y
from server.sparks.engine.shapes import sampler
from server.sparks.engine.streams import stream

_DAMPING: Final = 0.7
"""Of a gathering spring, 1 being critical: it comes to rest having overshot by 5 in 100."""


class Forces:
    """What acts on the particles of one layer. Chance in them comes from streams of their own."""

    def __init__(self, layer: Layer, seed: int, sender: str) -> None:
        self.drag = sum(one.rate for one in layer.forces if isinstance(one, format_.Drag))
        fixed = [one for one in layer.forces if isinstance(one, format_.Gravity)]
        self._calm = Still(sum(one.x for one in fixed), sum(one.y for one in fixed))
        self._vortices = [one for one in layer.forces if isinstance(one, format_.Vortex)]
        self._attractors = [one for one in layer.forces if isinstance(one, format_.Attractor)]
        self._flocks = [one for one in layer.forces if isinstance(one, format_.Flock)]
        self._winds: list[tuple[format_.Wind, float]] = []
        self._curls: list[tuple[format_.Curl, Eddies]] = []
        self._gathers: list[_Gathering] = []
        for position, force in enumerate(layer.forces):
            own = stream(seed, layer.id, 1 + position)
            if isinstance(force, format_.Wind):
                self._winds.append((force, float(own.random()) * math.tau))
            elif isinstance(force, format_.Curl):
                self._curls.append((force, Eddies(force, own)))
            elif isinstance(force, format_.Gather):
                self._gathers.append(_Gathering(force, own, position, sender))

    @property
    def rows(self) -> list[str]:
        """The extra rows that these need of each particle."""
        homes = [name for gather in self._gathers for name in gather.rows]
        return homes + (["push_x", "push_y"] if self._flocks else [])

    def still(self, time: float) -> Still:
        """At `time` s of the spark."""
        if not self._winds:
            return self._calm
        gusts = [
            1 - wind.gust * (0.5 + 0.5 * math.cos(math.tau * time / wind.period + phase))
            for wind, phase in self._winds
        ]
        return Still(
            self._calm.ax,
            self._calm.ay,
            ux=sum(wind.x * gust for (wind, _), gust in zip(self._winds, gusts, strict=True)),
            uy=sum(wind.y * gust for (wind, _), gust in zip(self._winds, gusts, strict=True)),
        )

    def air(self, particles: Particles, part: slice, time: float) -> tuple[Floats, Floats] | None:
        """What blows on top of the wind, (n,) each; None where nothing does or nothing is felt."""
        if not self.drag or not (self._curls or self._vortices):
            return None
        x, y = particles.data[X, part], particles.data[Y, part]
        ux, uy = np.zeros_like(x), np.zeros_like(y)
        for curl, eddies in self._curls:
            cx, cy = eddies.at(x, y, time)
            if curl.grow:
                over = particles.data[AGE, part] / particles.data[LIFE, part]
                grown = 1 - curl.grow + curl.grow * np.minimum(over, 1)
                cx, cy = cx * grown, cy * grown
            ux += cx
            uy += cy
        for vortex in self._vortices:
            dx, dy = x - vortex.at[0], y - vortex.at[1]
            # Rigid within the radius and 1 / r outside, without an edge (Kaufmann 1962): 1 at the radius.
            turns = 2 / vortex.radius / (1 + (dx * dx + dy * dy) / vortex.radius**2)
            ux -= (dy * vortex.speed + dx * vortex.inward) * turns
            uy += (dx * vortex.speed - dy * vortex.inward) * turns
        return ux, uy

    def born(self, particles: Particles, part: slice) -> None:
        """Gives the newly born in `part` what they need."""
        for gather in self._gathers:
            gather.born(particles, part)

    def look(self, particles: Particles, step: int) -> None:
        """What is worked out only every few steps: one in `EVERY` birds looks around."""
        if not self._flocks or not particles.count:
            return
        seen = min(particles.count, MOST)
        turn = step % EVERY
        who = slice(seen * turn // EVERY, seen * (turn + 1) // EVERY)
        rows = particles.row("push_x"), particles.row("push_y")
        birds = particles.data[[X, Y, VX, VY], :seen]
        for row in rows:
            row[who] = 0
        for flock in self._flocks:
            for row, urge in zip(rows, steer(flock, birds, who), strict=True):
                row[who] += urge

    def kick(self, particles: Particles, part: slice, dt: Span) -> None:
        """Changes velocities by what depends on the places."""
        x, y = particles.data[X, part], particles.data[Y, part]
        vx, vy = particles.data[VX, part], particles.data[VY, part]
        for attractor in self._attractors:
            dx, dy = x - attractor.at[0], y - attractor.at[1]
            # Plummer's: a spring near the middle, 1 / r² far off, `strength` at the radius.
            soft = 1 + (dx * dx + dy * dy) / attractor.radius**2
            pull = (attractor.strength * 2**1.5 / attractor.radius) / (soft * np.sqrt(soft)) * dt
            vx -= dx * pull
            vy -= dy * pull
        for gather in self._gathers:
            gather.kick(particles, part, dt)
        for flock in self._flocks:
            vx += particles.row("push_x")[part] * dt
            vy += particles.row("push_y")[part] * dt
            eased = 1 - decayed(EASE, dt)
            pace = 1 + (flock.speed / (np.hypot(vx, vy) + 1e-3) - 1) * eased
            vx *= pace
            vy *= pace


class _Gathering:
    """A damped spring of each particle to a home of its own, drawn from the shape in the order of birth."""

    def __init__(self, force: format_.Gather, own: np.random.Generator, position: int, sender: str) -> None:
        self._force, self._stream = force, own
        self._sample: Sample = sampler(force.shape, sender)
        self._turn = math.radians(force.turn)
        self.rows = (f"home_x_{position}", f"home_y_{position}")

    def born(self, particles: Particles, part: slice) -> None:
        homes, _ = self._sample(part.stop - part.start, self._stream)
        cos, sin = math.cos(self._turn), math.sin(self._turn)
        x: Doubles = self._force.at[0] + cos * homes[:, 0] - sin * homes[:, 1]
        y: Doubles = self._force.at[1] + sin * homes[:, 0] + cos * homes[:, 1]
        particles.row(self.rows[0])[part] = x
        particles.row(self.rows[1])[part] = y

    def kick(self, particles: Particles, part: slice, dt: Span) -> None:
        strength, force, data = self._force.strength, self._force, particles.data
        # Damped after the pull, by what is exact for damping alone: stable up to (w dt)² < 4.
        keeps, pull = decayed(2 * _DAMPING * math.sqrt(strength), dt), strength * dt
        if force.start > 0 or force.end < 1:
            over = data[AGE, part] / data[LIFE, part]
            acts = (over >= force.start) & (over <= force.end)
            if not acts.all():
                keeps = np.where(acts, np.float32(keeps), np.float32(1))
                pull = np.where(acts, np.float32(pull), np.float32(0))
        for place, speed, home in ((X, VX, self.rows[0]), (Y, VY, self.rows[1])):
            v = data[speed, part]
            v += (particles.row(home)[part] - data[place, part]) * pull
            v *= keeps
