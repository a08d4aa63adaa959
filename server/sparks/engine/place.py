"""Where a layer is, over its time: at a point or along a smooth path, turned and sized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles, Reals
from server.sparks.engine.curves import Course
from server.sparks.engine.format.base import Path
from server.sparks.engine.format.layers import Place
from server.sparks.engine.motion import DT

FASTEST: Final = 20_000.0
"""px/s that a path counts as at most: two points a nanosecond apart are a jump."""
_NEAR: Final = 0.5
"""px: a closed path whose last point is this near to its first has come round already."""
_INSTANT: Final = 1e-9
_AHEAD: Final = 240
"""Steps whose poses are worked out together."""


class Track:
    """A path as a cubic curve through its points, by Hermite, whose slopes are those of the parabola through
    each point and its neighbours: a Catmull-Rom curve where the times are even.

    Before its first and after its last time an open path stays there. A closed one goes round for ever, and
    takes the mean time between its points from the last back to the first.
    """

    def __init__(self, path: Path) -> None:
        given = np.array(path.points, dtype=np.float64)
        if path.closed:
            given = _round(given)
        self._when, self._points, self._closed = given[:, 0], given[:, 1:], path.closed
        spans = np.maximum(np.diff(self._when), _INSTANT)
        steps = np.clip(np.diff(self._points, axis=0) / spans[:, None], -FASTEST, FASTEST)
        steps, spans = _with_neighbours(steps, path.closed), _with_neighbours(spans, path.closed)
        before, after = spans[:-1, None], spans[1:, None]
        self._slopes = (steps[:-1] * after + steps[1:] * before) / (before + after)
        self._between = self._when[1:-1]
        self._spans = np.maximum(np.diff(self._when), _INSTANT)[:, None]

    def at(self, times: Reals) -> tuple[Doubles, Doubles]:
        """(n,) -> places (n, 2) in px and velocities (n, 2) in px/s."""
        when, first, last = np.asarray(times, np.float64), self._when[0], self._when[-1]
        if self._closed:
            asked = first + (when - first) % (last - first)
        else:
            asked = np.minimum(np.maximum(when, first), last)
        # Of the times between the first and the last as many as have passed: never outside.
        index = self._between.searchsorted(asked, side="right")
        span = self._spans[index]
        u = (asked - self._when[index])[:, None] / span
        u = np.minimum(np.maximum(u, 0), 1)
        start, end = self._points[index], self._points[index + 1]
        out, into = self._slopes[index] * span, self._slopes[index + 1] * span
        # By its coefficients: start + u (out + u (b + u c)).
        gap = end - start
        c = out + into - 2 * gap
        b = gap - out - c
        places = start + u * (out + u * (b + u * c))
        velocities = (out + u * (2 * b + u * 3 * c)) / span
        np.minimum(np.maximum(velocities, -FASTEST, out=velocities), FASTEST, out=velocities)
        if not self._closed:
            velocities[(when < first) | (when > last)] = 0
        return places, velocities


def _with_neighbours(steps: Doubles, closed: bool) -> Doubles:
    """One more at each end: of a closed path the one that comes there, of an open one the same again."""
    ends = (steps[-1:], steps[:1]) if closed else (steps[:1], steps[-1:])
    return np.concatenate([ends[0], steps, ends[1]])


def _round(given: Doubles) -> Doubles:
    if np.hypot(*(given[0, 1:] - given[-1, 1:])) <= _NEAR and len(given) > 2:
        return np.concatenate([given[:-1], [[given[-1, 0], *given[0, 1:]]]])
    mean = (given[-1, 0] - given[0, 0]) / (len(given) - 1)
    # At least an instant later, whatever the mean: the time around it must not be 0.
    again = [max(given[-1, 0] + mean, given[0, 0] + 1e-3), *given[0, 1:]]
    return np.concatenate([given, [again]])


@dataclass(frozen=True)
class Pose:
    """A place at n moments (or one, that holds for all): where, its turn in radians, its size in times, its
    velocity in px/s; each (n,)."""

    x: Doubles
    y: Doubles
    turn: Doubles
    size: Doubles
    vx: Doubles
    vy: Doubles

    def placed(self, x: Reals, y: Reals) -> tuple[Doubles, Doubles]:
        """Around the place -> of the stage, each (n,)."""
        x, y = self.turned(x, y)
        return self.x + self.size * x, self.y + self.size * y

    def turned(self, x: Reals, y: Reals) -> tuple[Doubles, Doubles]:
        """Directions of the place -> of the stage, each (n,)."""
        return _turned(x, y, np.cos(self.turn), np.sin(self.turn))

    def mirrored(self, x: Reals, y: Reals) -> tuple[Doubles, Doubles]:
        """Places of the stage -> at the other side of the place's own vertical."""
        dx, dy = self.flipped(x - self.x, y - self.y)
        return self.x + dx, self.y + dy

    def flipped(self, vx: Reals, vy: Reals) -> tuple[Doubles, Doubles]:
        """Velocities of the stage -> as their mirror images have them."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        across, along = _turned(vx, vy, cos, -sin)
        return _turned(-across, along, cos, sin)


class Standing:
    """The place of a layer that starts at `start` s of the spark."""

    def __init__(self, place: Place, start: float = 0) -> None:
        self._place, self._start = place, start
        self._track = None if place.path is None else Track(place.path)
        self._turn = None if place.turn is None else Course(place.turn)
        self._size = None if place.size is None else Course(place.size)
        self.moves = place.path is not None or place.turn is not None or place.size is not None
        """Else it is the same at all times."""
        self._still = None if self.moves else self._at(np.zeros(1))
        self._steps: Pose | None = None
        self._first = 0

    def at(self, times: Doubles) -> Pose:
        """At times of the spark, in s: (n,), or (1,) for a place that does not move."""
        return self._still or self._at(times - self._start)

    def at_step(self, step: int) -> Pose:
        """At the end of a step of the spark, (1,). Many are worked out at once, which costs little more than
        one."""
        if self._still:
            return self._still
        which = step - self._first
        if self._steps is None or not 0 <= which < _AHEAD:
            self._first, which = step, 0
            self._steps = self.at(np.arange(step, step + _AHEAD, dtype=np.float64) * DT)
        of, one = self._steps, slice(which, which + 1)
        return Pose(of.x[one], of.y[one], of.turn[one], of.size[one], of.vx[one], of.vy[one])

    def _at(self, times: Doubles) -> Pose:
        place, still = self._place, np.zeros_like(times)
        if self._track is None:
            x, y, vx, vy = still + place.at[0], still + place.at[1], still, still
        else:
            points, velocities = self._track.at(times)
            x, y, vx, vy = points[:, 0], points[:, 1], velocities[:, 0], velocities[:, 1]
        turn = still if self._turn is None else np.radians(self._turn.at(times))
        if place.along:
            turn = turn + np.arctan2(vy, vx)
        size = still + 1 if self._size is None else self._size.at(times)
        return Pose(x, y, turn, size, vx, vy)


def _turned(x: Reals, y: Reals, cos: Doubles, sin: Doubles) -> tuple[Doubles, Doubles]:
    return cos * x - sin * y, sin * x + cos * y
