"""What particles bounce off: floors and circles, at the exact moment of contact within the step.

Of the few that may have touched something in a step the way is taken again in float64, as the parabola
through its first place and velocity that has the mean acceleration of the step. So nothing is fast enough to
tunnel, and bounces lose neither height nor gain any by where in a step they fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles, Flags, Floats, Indices
from server.sparks.engine.format.forces import Circle, Collider, Floor
from server.sparks.engine.motion import Span
from server.sparks.engine.particles import VX, VY, Particles, X, Y

_ROUNDS: Final = 4
"""Contacts of a particle within a step; after that it lies where it is."""
_KNOCK: Final = 30.0
"""px/s at which a contact is a bounce that another layer may be born of, and not rest or rolling."""
_TOUCHING: Final = 0.01
"""px within a body that a particle may be and still be outside, since its place is rounded to float32."""
_FREE: Final = np.inf


@dataclass(frozen=True)
class Before:
    """Places and velocities (n,) of particles before they drifted."""

    x: Floats
    y: Floats
    vx: Floats
    vy: Floats

    @classmethod
    def of(cls, particles: Particles, part: slice) -> Before:
        return cls(*(particles.data[row, part].copy() for row in (X, Y, VX, VY)))


@dataclass(frozen=True)
class Knocks:
    """Who bounced (among those of the part), and how long before the end of the step, in s."""

    who: Indices
    since: Doubles


def collide(
    colliders: Sequence[Collider], particles: Particles, part: slice, before: Before, dt: Span
) -> Knocks:
    """Corrects the particles in `part`, which have drifted for `dt` s since `before`."""
    data = particles.data
    near = np.zeros(part.stop - part.start, np.bool_)
    # Floors last: what lies on one and meets nothing else needs no way of its own.
    for collider in sorted(colliders, key=lambda one: isinstance(one, Floor)):
        touches = _near(collider, before, data[X, part], data[Y, part])
        if isinstance(collider, Floor):
            _lie(collider, particles, part, touches & ~near & (before.vy == 0), before)
            touches &= data[Y, part] > np.float32(collider.y)
        near |= touches
    who = np.flatnonzero(near)
    if not len(who):
        return Knocks(who, np.zeros(0))
    rest = np.full(len(who), dt) if isinstance(dt, float) else np.maximum(dt[who], 1e-9)
    ways = _Ways(before, who, rest, data[VX, part][who], data[VY, part][who])
    knocked = ways.follow(colliders)
    # Whoever met nothing keeps what the exact drift gave.
    met = ways.met
    for row, values in ((X, ways.x), (Y, ways.y), (VX, ways.vx), (VY, ways.vy)):
        data[row, part.start + who[met]] = values[met]
    hit = knocked >= 0
    return Knocks(who[hit], knocked[hit])


def _lie(floor: Floor, particles: Particles, part: slice, touches: Flags, before: Before) -> None:
    """Those that touch it from where they lie stay there, and slow down."""
    lying = np.flatnonzero(touches & (before.y == np.float32(floor.y)))
    particles.data[Y, part.start + lying] = before.y[lying]
    particles.data[VY, part.start + lying] = 0
    particles.data[VX, part.start + lying] *= _rubbed(floor)


def _rubbed(collider: Collider) -> float:
    """What friction leaves of the speed of what rests: a body at rest is in touch all the time, which must
    not stop it at once."""
    keeps: float = (1 - collider.friction) ** 0.1
    return keeps


class _Ways:
    """The rest of the step of each particle: where it is, how fast, its acceleration, s that are left."""

    def __init__(self, before: Before, who: Indices, rest: Doubles, vx: Floats, vy: Floats) -> None:
        self.x, self.y, self.vx, self.vy = (
            one[who].astype(np.float64) for one in (before.x, before.y, before.vx, before.vy)
        )
        self.ax, self.ay = (vx - self.vx) / rest, (vy - self.vy) / rest
        self.rest = rest
        self.met = np.zeros(len(who), np.bool_)

    def follow(self, colliders: Sequence[Collider]) -> Doubles:
        """To the end of the step; returns how long before it each first knocked on something, or -1."""
        knocked = np.full(len(self.x), -1.0)
        for last in [False] * (_ROUNDS - 1) + [True]:
            times = np.stack([_contact(collider, self) for collider in colliders])
            first, when = times.argmin(axis=0), times.min(axis=0)
            meets = when < _FREE
            if not meets.any():
                break
            self._go(np.where(meets, when, 0))
            for index, collider in enumerate(colliders):
                these = np.flatnonzero(meets & (first == index))
                if len(these):
                    hard = self._bounce(collider, these)
                    new = these[(hard > _KNOCK) & (knocked[these] < 0)]
                    knocked[new] = self.rest[new]
            self.met |= meets
            if last:
                self.rest[meets] = 0
        self._go(self.rest.copy())
        return knocked

    def _go(self, time: Doubles) -> None:
        self.x += self.vx * time + self.ax * time * time / 2
        self.y += self.vy * time + self.ay * time * time / 2
        self.vx += self.ax * time
        self.vy += self.ay * time
        self.rest = self.rest - time

    def _bounce(self, collider: Collider, these: Indices) -> Doubles:
        """Turns the velocity of those in contact; returns how fast each came, in px/s."""
        x, y = self.x[these], self.y[these]
        if isinstance(collider, Floor):
            y = np.full_like(y, float(np.float32(collider.y)))
            nx, ny = np.zeros_like(x), np.full_like(y, -1.0)
        else:
            dx, dy = x - collider.at[0], y - collider.at[1]
            far = np.hypot(dx, dy)
            safe = np.maximum(far, 1e-9)
            nx, ny = np.where(far > 1e-9, dx / safe, 0.0), np.where(far > 1e-9, dy / safe, -1.0)
            x, y = collider.at[0] + nx * collider.radius, collider.at[1] + ny * collider.radius
            if collider.inside:
                nx, ny = -nx, -ny
        vx, vy = self.vx[these], self.vy[these]
        into = -(vx * nx + vy * ny)
        tx, ty = vx + into * nx, vy + into * ny
        # What cannot leave before the step ends lies there: no shiver of ever smaller bounces.
        press = -(self.ax[these] * nx + self.ay[these] * ny)
        away = np.maximum(into, 0) * collider.bounce
        rests = (press > 0) & (2 * away <= press * self.rest[these])
        away = np.where(rests, 0, away)
        self.ax[these] += np.where(rests, press * nx, 0)
        self.ay[these] += np.where(rests, press * ny, 0)
        keeps = np.where(rests & (into < _KNOCK), _rubbed(collider), 1 - collider.friction)
        self.x[these], self.y[these] = x, y
        self.vx[these], self.vy[these] = tx * keeps + away * nx, ty * keeps + away * ny
        return into


def _near(collider: Collider, before: Before, x: Floats, y: Floats) -> Flags:
    """Who may have touched it; who is left out did not."""
    if isinstance(collider, Floor):
        level = np.float32(collider.y)
        crosses: Flags = (before.y <= level) & (y > level)
        return crosses
    dx, dy = x - collider.at[0], y - collider.at[1]
    # Squares are compared: a root of each takes longer than all else here.
    far = dx * dx + dy * dy
    if collider.inside:
        reaches: Flags = far > max(collider.radius - 1, 0) ** 2
        return reaches
    # A way that touched it ends no farther off than it is long; twice that, for it is bent.
    step = np.abs(x - before.x) + np.abs(y - before.y)
    near: Flags = far < (collider.radius + 2 * step + 1) ** 2
    # One that is born within goes out freely.
    near &= np.hypot(before.x - collider.at[0], before.y - collider.at[1]) > collider.radius - 1
    return near


def _contact(collider: Collider, way: _Ways) -> Doubles:
    """When each way first goes into it, in s from its beginning; `_FREE` for never."""
    return _on_floor(collider, way) if isinstance(collider, Floor) else _on_circle(collider, way)


def _on_floor(floor: Floor, way: _Ways) -> Doubles:
    gap = float(np.float32(floor.y)) - way.y
    end = way.vy * way.rest + way.ay * way.rest * way.rest / 2
    meets = (gap >= 0) & (end > gap) & (way.rest > 0)
    root = np.sqrt(np.maximum(way.vy**2 + 2 * way.ay * gap, 0))
    # Of both forms of the root the one that does not cancel out.
    down = 2 * gap / np.maximum(way.vy + root, 1e-12)
    up = (root - way.vy) / np.maximum(way.ay, 1e-12)
    return np.where(meets, np.clip(np.where(way.vy >= 0, down, up), 0, way.rest), _FREE)


def _on_circle(circle: Circle, way: _Ways) -> Doubles:
    """By the chord of the way: the bend of a step is below 0.01 px up to 1,000 px/s²."""
    px, py = way.x - circle.at[0], way.y - circle.at[1]
    dx = way.vx * way.rest + way.ax * way.rest**2 / 2
    dy = way.vy * way.rest + way.ay * way.rest**2 / 2
    a, b = dx * dx + dy * dy, px * dx + py * dy
    c = px * px + py * py - circle.radius**2
    slack = 2 * circle.radius * _TOUCHING + _TOUCHING**2
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    safe = np.maximum(a, 1e-18)
    if circle.inside:
        meets = (c <= slack) & (a + 2 * b + c > 0) & (a > 0) & (b * b - a * c >= 0)
        # One at the wall or a hair behind it meets it at once when it goes outward.
        when = np.where((c >= 0) & (b > 0), 0, (root - b) / safe)
    else:
        meets = (c >= -slack) & (b < 0) & (b * b - a * c > 0)
        when = np.where(c <= 0, 0, (-b - root) / safe)
        meets &= when <= 1
    return np.where(meets, np.clip(when, 0, 1) * way.rest, _FREE)
