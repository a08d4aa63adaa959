"""One layer of particles as it lives: who moves, is born, dies, and what happens to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles, Floats, Indices
from server.sparks.engine.births import FOLLOWS, Births, Parents
from server.sparks.engine.collide import Before, collide
from server.sparks.engine.emit import Schedule
from server.sparks.engine.forces import Forces
from server.sparks.engine.format.layers import Particles as Layer
from server.sparks.engine.format.layers import Sub
from server.sparks.engine.motion import DT, Decay, Span, drift
from server.sparks.engine.particles import AGE, ANGLE, LIFE, LUCK, SPIN, VX, VY, Particles, X, Y
from server.sparks.engine.place import Pose, Standing
from server.sparks.engine.streams import stream
from server.sparks.engine.trails import Trails

_GOLDEN: Final = 0.6180339887
"""Deals the luck of a particle anew to each of its layer's subs."""


@dataclass(frozen=True)
class Happening:
    """Something that particles may be born of: where and how fast parents were, (x, y, vx, vy) by (m,), and
    how long before the end of the step that was, in s."""

    sub: Sub
    flight: Doubles
    since: Doubles


class Population:
    """A layer of the format and its particles, in the order of their birth.

    A mirrored place does not double them here: whoever draws them draws each again at `pose().mirrored`.
    """

    def __init__(self, layer: Layer, seed: int, sender: str, duration: float) -> None:
        """`duration` is that of the spark: it ends emission where the layer has none."""
        self.layer = layer
        self.unborn = 0
        """Particles there was no room for in the budget."""
        self.emitted = 0
        """Born by emission, not of other particles."""
        self.born = 0
        """By either."""
        self.standing = Standing(layer.place, layer.start)
        self._forces = Forces(layer, seed, sender)
        self._births = Births(layer, self.standing, stream(seed, layer.id), sender)
        lasts = max(duration - layer.start, 0) if layer.duration is None else layer.duration
        self._schedule = Schedule(layer.emit, layer.start, lasts) if layer.emit and lasts else None
        self.particles = Particles([*self._forces.rows, *(FOLLOWS if layer.follow else ())])
        self.trails = Trails(layer.trail) if layer.trail else None
        self.happened: list[Happening] = []
        """In this step, in order."""
        self._decay = Decay.of(self._forces.drag, DT)
        self._step, self._now = 0, 0.0

    def pose(self) -> Pose:
        """Of the layer's place as it is now."""
        return self.standing.at_step(self._step)

    def begin(self, step: int) -> None:
        """Moves those who are there to the end of this step, which is now, and buries the dead."""
        self._step, self._now = step, step * DT
        self.happened.clear()
        if self.particles.count:
            self._forces.look(self.particles, step)
            self._live(slice(0, self.particles.count), DT, self._decay)

    def emit(self, room: int) -> int:
        """Bears who is due by now, at most `room`; returns how many more live."""
        if self._schedule is None:
            return 0
        due, at = self._schedule.take(self._now, room)
        self.emitted += len(at)
        self.unborn += due - len(at)
        return self._bear(at, None)

    def bear(self, happening: Happening, room: int) -> int:
        """Bears the children of another layer's particles, at most `room`; returns how many more live."""
        each = happening.sub.count
        due = len(happening.since) * each
        born = min(due, room)
        self.unborn += due - born
        parent = np.arange(born) // each
        of = Parents(happening.flight[:, parent], happening.sub.inherit)
        return self._bear(self._now - happening.since[parent], of)

    def end(self) -> None:
        """After all births of the step."""
        if self.trails:
            self.trails.record(self.particles, self._step)

    def bytes(self) -> bytes:
        """The state, for a checksum."""
        return self.particles.bytes() + (self.trails.bytes() if self.trails else b"")

    def _bear(self, at: Doubles, parents: Parents | None) -> int:
        if not len(at):
            return 0
        self.born += len(at)
        particles, before = self.particles, self.particles.count
        part = particles.grow(len(at))
        self._births.fill(particles, part, at, parents)
        self._forces.born(particles, part)
        dt = np.minimum(np.maximum(self._now - at, 0), DT)
        for sub in self._subs("birth"):
            who = self._lucky(sub, np.arange(part.start, part.stop))
            if len(who):
                self.happened.append(Happening(sub, self._flight(who), dt[who - part.start]))
        self._live(part, dt, Decay.of(self._forces.drag, dt))
        return particles.count - before

    def _live(self, part: slice, dt: Span, decay: Decay) -> None:
        """One step, or the rest of the one in which they were born, of those in `part`."""
        particles, data, layer = self.particles, self.particles.data, self.layer
        before = knocks = None
        # What rests and is moved by nothing stays where it is.
        if layer.forces or layer.colliders or data[VX : VY + 1, part].any():
            time = self._now - DT
            self._forces.kick(particles, part, dt)
            before = Before.of(particles, part) if layer.colliders or layer.follow else None
            air = self._forces.air(particles, part, time)
            drift(particles, part, decay, self._forces.still(time), air)
            if before is not None and layer.colliders:
                knocks = collide(layer.colliders, particles, part, before, dt)
        if layer.follow:
            self._carry(part, before)
        if layer.look.spin[1] > 0:
            data[ANGLE, part] += data[SPIN, part] * dt
        aged: Floats = data[AGE, part].copy() if layer.subs else data[AGE, part]
        data[AGE, part] += dt
        dead = particles.dead(part).nonzero()[0] + part.start
        if layer.subs:
            for sub in self._subs("every"):
                self._every(sub, part, aged)
            if knocks is not None:
                for sub in self._subs("bounce"):
                    self._happen(sub, part.start + knocks.who, knocks.since)
            for sub in self._subs("death"):
                self._happen(sub, dead, data[AGE, dead].astype(np.float64) - data[LIFE, dead])
        if len(dead):
            moved = particles.remove(dead)
            if self.trails:
                self.trails.follow(moved, int(dead[0]))

    def _carry(self, part: slice, before: Before | None) -> None:
        """Along with the place: what they moved on their own comes on top of where they belong."""
        particles, data = self.particles, self.particles.data
        off_x, off_y = particles.row("off_x")[part], particles.row("off_y")[part]
        if before is not None:
            off_x += data[X, part] - before.x
            off_y += data[Y, part] - before.y
        x, y = self.pose().placed(particles.row("local_x")[part], particles.row("local_y")[part])
        data[X, part] = x + off_x
        data[Y, part] = y + off_y

    def _every(self, sub: Sub, part: slice, aged: Floats) -> None:
        """Those whose age came past a multiple of `every`, if they lived to see it."""
        data = self.particles.data
        age = np.minimum(data[AGE, part], data[LIFE, part]).astype(np.float64)
        times = np.floor(age / sub.every)
        who = np.flatnonzero(times > np.floor(aged.astype(np.float64) / sub.every))
        since = data[AGE, part][who] - times[who] * sub.every
        self._happen(sub, part.start + who, since)

    def _happen(self, sub: Sub, who: Indices, since: Doubles) -> None:
        """Notes it of the lucky among `who`, `since` s ago; they flew straight since then."""
        if not len(who):
            return
        lucky = self._lucky(sub, who)
        since = np.clip(since[np.isin(who, lucky)] if len(lucky) < len(who) else since, 0, DT)
        if len(lucky):
            flight = self._flight(lucky)
            flight[:2] -= flight[2:] * since
            self.happened.append(Happening(sub, flight, since))

    def _flight(self, who: Indices) -> Doubles:
        return self.particles.data[[X, Y, VX, VY]][:, who].astype(np.float64)

    def _lucky(self, sub: Sub, who: Indices) -> Indices:
        """Those whom chance lets be parents: the same each time, for each sub anew."""
        if sub.share >= 1:
            return who
        luck = self.particles.data[LUCK, who].astype(np.float64)
        lucky: Indices = who[np.mod(luck + _GOLDEN * self.layer.subs.index(sub), 1) < sub.share]
        return lucky

    def _subs(self, on: str) -> list[Sub]:
        return [sub for sub in self.layer.subs if sub.on == on]
