"""Where particles were: the lines behind them."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Floats, Indices
from server.sparks.engine.format.layers import Trail
from server.sparks.engine.motion import RATE
from server.sparks.engine.particles import Particles

MOST: Final = 400
"""Particles of a layer that draw a line: its oldest."""
_PLACES: Final = 60
"""Of a line at most; a longer one keeps every second place, and so on."""


class Trails:
    """A ring of past places for each of the first `MOST` particles."""

    def __init__(self, trail: Trail) -> None:
        steps = max(math.ceil(trail.length * RATE), 1)
        self._every = math.ceil(steps / _PLACES)
        self._slots = math.ceil(steps / self._every)
        self._ring: Floats = np.zeros((2, self._slots, MOST), np.float32)
        self._head = 0
        self._count = 0

    def follow(self, moved: Indices, first: int) -> None:
        """After particles were removed from `first` on: those that were at `moved` follow there."""
        moved = moved[moved < self._count]
        if first >= self._count:
            return
        self._ring[:, :, first : first + len(moved)] = self._ring[:, :, moved]
        self._count = first + len(moved)

    def record(self, particles: Particles, step: int) -> None:
        """Keeps where they are. Whoever is new has been there all the time."""
        count = min(particles.count, MOST)
        places = np.stack([particles.x[:count], particles.y[:count]])
        if count > self._count:
            self._ring[:, :, self._count : count] = places[:, None, self._count :]
            self._count = count
        if step % self._every == 0:
            self._head = (self._head + 1) % self._slots
            self._ring[:, self._head, :count] = places

    def lines(self, particles: Particles) -> Floats:
        """(m, places, 2) of the first m particles: from where they are now to where they were `length` s
        ago."""
        order = (self._head - np.arange(self._slots)) % self._slots
        past = self._ring[:, order, : self._count]
        now = np.stack([particles.x[: self._count], particles.y[: self._count]])[:, None]
        return np.ascontiguousarray(np.concatenate([now, past], axis=1).transpose(2, 1, 0))

    def bytes(self) -> bytes:
        """All of it, for a checksum."""
        return bytes([self._head]) + self._ring[:, :, : self._count].tobytes()
