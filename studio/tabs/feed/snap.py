"""How a page of the feed snaps into place: drag, spring and wheel as plain numbers, free of Qt.

Lengths are px, downwards; times are seconds of any clock that never goes back. A page that is dragged up has
a negative offset, and lets go to the next one.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

FLICK: Final = 600.0
"""px/s: quicker than this, a release goes on by itself."""
FAR: Final = 0.25
"""Of the height of a page: further than this, it does so without a flick."""
OMEGA: Final = 18.0
SETTLE_S: Final = 0.32
NOTCH: Final = 120
"""Wheel units of one page."""
LOCK_S: Final = 0.35
_MEMORY_S: Final = 0.08
_GIVE: Final = 0.3
"""How much a page gives way where there is nothing to go to."""


def decide(offset: float, velocity: float, height: float) -> int:
    """Which way a released page goes: 1 to the next, -1 to the previous, 0 back."""
    if abs(velocity) > FLICK:
        # A flick against the way one has come takes the swipe back.
        return 0 if offset * velocity < 0 else (-1 if velocity > 0 else 1)
    if height > 0 and abs(offset) > FAR * height:
        return -1 if offset > 0 else 1
    return 0


def resisted(offset: float, *, previous: bool, following: bool) -> float:
    """The offset of a page that is dragged by `offset`; it gives way little where no other page is."""
    free = previous if offset > 0 else following
    return offset if free else offset * _GIVE


@dataclass(frozen=True)
class Spring:
    """A critically damped spring from `offset` with `velocity` to 0, where it is after `SETTLE_S` exactly."""

    offset: float
    velocity: float = 0.0

    def at(self, seconds: float) -> float:
        """The offset after so many seconds."""
        if seconds >= SETTLE_S:
            return 0.0
        moved = self.offset + (self.velocity + OMEGA * self.offset) * seconds
        # The last two per cent, for which a true spring would take for ever.
        ending = 1.0 - (seconds / SETTLE_S) ** 4
        return moved * math.exp(-OMEGA * seconds) * ending


class Drag:
    """One press that moves: the page follows it 1:1 from where it is caught."""

    def __init__(self, y: float, at: float, offset: float = 0.0) -> None:
        self._from = y - offset
        self._track: deque[tuple[float, float]] = deque([(at, y)])

    def move(self, y: float, at: float) -> float:
        """Take the place of the pointer; the offset of the page."""
        self._track.append((at, y))
        while len(self._track) > 2 and at - self._track[0][0] > _MEMORY_S:
            self._track.popleft()
        return y - self._from

    def velocity(self, at: float) -> float:
        """px/s at the release; 0 when the pointer rested before it."""
        first, last = self._track[0], self._track[-1]
        if at - last[0] > _MEMORY_S or last[0] <= first[0]:
            return 0.0
        return (last[1] - first[1]) / (last[0] - first[0])


class Wheel:
    """Gathers wheel units to pages; after one it is deaf for `LOCK_S`, as a touchpad goes on for long."""

    def __init__(self) -> None:
        self._units = 0
        self._deaf_until = -math.inf

    def turn(self, units: int, at: float) -> int:
        """Take wheel units (positive: away from the person); 1 = the next page, -1 the previous, 0 none."""
        if at < self._deaf_until:
            return 0
        if self._units * units < 0:
            self._units = 0
        self._units += units
        if abs(self._units) < NOTCH:
            return 0
        step = -1 if self._units > 0 else 1
        self._units = 0
        self._deaf_until = at + LOCK_S
        return step
