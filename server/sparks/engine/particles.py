"""The particles of a layer: one row of numbers for each thing that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.arrays import Flags, Floats, Indices

X, Y, VX, VY, AGE, LIFE, SIZE, U, SPIN, ANGLE, LUCK = range(11)
_ALWAYS: Final = 11


class Particles:
    """`count` particles in the order of their birth. What properties return are views, float32 (count,), that
    hold until the next step.

    Places are px of the stage, velocities px/s, times s, angles radians (clockwise, `spin` a second), `size`
    the radius at birth in px; `u` and `luck` are chance from 0 to 1 that each keeps for its life.
    """

    def __init__(self, extra: Sequence[str] = (), capacity: int = 64) -> None:
        """`extra` names more rows, for what not every layer has."""
        self._rows = {name: _ALWAYS + index for index, name in enumerate(extra)}
        self.data: Floats = np.zeros((_ALWAYS + len(extra), capacity), np.float32)
        """(rows, capacity), of which the first `count` columns live."""
        self._number: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.count = 0
        self.born = 0
        """Since the beginning."""

    def row(self, name: str) -> Floats:
        """One of the extra rows, (capacity,)."""
        row: Floats = self.data[self._rows[name]]
        return row

    def grow(self, n: int) -> slice:
        """Room for n more, all zeros; returns where."""
        start, self.count = self.count, self.count + n
        capacity = self.data.shape[1]
        if self.count > capacity:
            while capacity < self.count:
                capacity *= 2
            data, number = self.data, self._number
            self.data = np.zeros((len(data), capacity), np.float32)
            self.data[:, :start] = data[:, :start]
            self._number = np.zeros(capacity, np.int64)
            self._number[:start] = number[:start]
        part = slice(start, self.count)
        self.data[:, part] = 0
        self._number[part] = np.arange(self.born, self.born + n)
        self.born += n
        return part

    def dead(self, part: slice) -> Flags:
        """Of those in `part`, whose life is over."""
        over: Flags = self.data[AGE, part] >= self.data[LIFE, part]
        return over

    def remove(self, dead: Indices) -> Indices:
        """Closes up over the dead (ascending); returns where the living were that moved."""
        first = int(dead[0])
        stays = np.ones(self.count - first, np.bool_)
        stays[dead - first] = False
        moved = np.flatnonzero(stays) + first
        self.count -= len(dead)
        self.data[:, first : self.count] = self.data.take(moved, axis=1)
        self._number[first : self.count] = self._number[moved]
        return moved

    def bytes(self) -> bytes:
        """All that is known of the living, for a checksum."""
        return self.data[:, : self.count].tobytes() + self._number[: self.count].tobytes()

    @property
    def x(self) -> Floats:
        return self._seen(X)

    @property
    def y(self) -> Floats:
        return self._seen(Y)

    @property
    def vx(self) -> Floats:
        return self._seen(VX)

    @property
    def vy(self) -> Floats:
        return self._seen(VY)

    @property
    def age(self) -> Floats:
        return self._seen(AGE)

    @property
    def life(self) -> Floats:
        return self._seen(LIFE)

    @property
    def size(self) -> Floats:
        return self._seen(SIZE)

    @property
    def u(self) -> Floats:
        return self._seen(U)

    @property
    def spin(self) -> Floats:
        return self._seen(SPIN)

    @property
    def angle(self) -> Floats:
        return self._seen(ANGLE)

    @property
    def luck(self) -> Floats:
        return self._seen(LUCK)

    @property
    def number(self) -> NDArray[np.int64]:
        """Which birth of the layer each was, from 0."""
        return self._number[: self.count]

    @property
    def over(self) -> Floats:
        """The share of its life that is over, 0 to 1; a new array."""
        share: Floats = np.minimum(self.age / self.life, 1)
        return share

    def _seen(self, row: int) -> Floats:
        seen: Floats = self.data[row, : self.count]
        return seen
