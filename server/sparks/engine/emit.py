"""How many particles are due when, exactly."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.curves import Area
from server.sparks.engine.format.layers import Burst, Emit

_ROUNDING: Final = 1e-9
"""0.29 x 100 is 28.999999999999996 in floating point, and 29 for whoever wrote it."""
_NEVER: Final = np.zeros(0)


class Schedule:
    """What an emission has let out so far. It starts at `start` s of the spark and goes on for `duration` s;
    bursts after that do not happen."""

    def __init__(self, emit: Emit, start: float, duration: float) -> None:
        self._emit, self._start, self._duration = emit, start, duration
        self._area = None if emit.rate_over is None else Area(emit.rate_over)
        self._by_rate = 0
        self._fired = [0] * len(emit.bursts)
        self._last = 0.0

    def by_rate(self, local: float) -> int:
        """How many the rate has let out at `local` s."""
        if self._area is None:
            return math.floor(self._emit.rate * local + _ROUNDING)
        times = self._area.upto(local / self._duration)
        return math.floor(self._emit.rate * self._duration * times + _ROUNDING)

    def take(self, now: float, most: int) -> tuple[int, Doubles]:
        """How many are due up to `now` (s of the spark) that were not before, and the moments of birth of the
        first `most` of them, in the order of their birth but bursts last."""
        local = min(now - self._start, self._duration)
        if local < -_ROUNDING:
            return 0, _NEVER
        fired = [_fired(burst, local) for burst in self._emit.bursts]
        local = max(local, 0.0)
        rated = max(self.by_rate(local), self._by_rate)
        if rated == self._by_rate and fired == self._fired:
            self._last = local
            return 0, _NEVER
        due = rated - self._by_rate
        times = [self._evenly(local, due, most)]
        room = most - len(times[0])
        for burst, before, after in zip(self._emit.bursts, self._fired, fired, strict=True):
            for which in range(before, after):
                born = min(burst.count, room)
                room, due = room - born, due + burst.count
                times.append(np.full(born, burst.at + which * burst.every))
        self._by_rate, self._last, self._fired = rated, local, fired
        return due, np.minimum(np.concatenate(times) + self._start, now)

    def _evenly(self, local: float, due: int, most: int) -> Doubles:
        """When those that the rate lets out up to `local` s are born."""
        which = np.arange(1, min(due, most) + 1)
        if self._area is None:
            return (self._by_rate + which) / max(self._emit.rate, 1e-12)
        # The integral is not inverted: within a step births are even.
        return self._last + (local - self._last) * which / max(due, 1)


def _fired(burst: Burst, local: float) -> int:
    since = local - burst.at
    if since < -_ROUNDING:
        return 0
    return 1 + int(min(burst.times - 1, max(since, 0) / burst.every + _ROUNDING))
