"""Which sparks fly now and which wait: combos, at most two large ones, none dropped silently; free of Qt.

Seconds are those of any clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.sparks.engine.giving import AGAIN_S
from studio.sparks.given import Given

MOST_LARGE: Final = 2
MOST: Final = 4
"""Films that are decoded at the same time, the large ones among them."""
COUNTED_S: Final = 1.2
"""So long the number of a combo can be read at least after it has changed."""


@dataclass(eq=False, slots=True)
class Flight:
    """One spark in the air or waiting, `count` times by the same person.

    `began` is when its film began (None: its film is not here yet, a still stands for it), `shown` when it
    was first seen, `ends` when it is over; `counted` when its number last changed.
    """

    given: Given
    count: int = 1
    shown: float | None = None
    began: float | None = None
    ends: float | None = None
    counted: float = 0.0

    @property
    def large(self) -> bool:
        """Whether it fills the picture."""
        return self.given.spark.large

    def begin(self, now: float, lasts: float) -> None:
        """Its film, or the still that stands for it, runs from now on for `lasts` s."""
        self.began, self.ends = now, max(now + lasts, self.counted + COUNTED_S if self.count > 1 else 0.0)

    def wait(self, seconds: float) -> None:
        """Stand still for so long: the rest of its film is still to come."""
        if self.began is not None and self.ends is not None:
            self.began, self.ends = self.began + seconds, self.ends + seconds

    def _again(self, now: float) -> None:
        """One more of it while it flies."""
        if self.began is None or self.ends is None:
            return  # it has not begun
        if not self.large and now - self.began >= AGAIN_S:
            self.begin(now, self.ends - self.began)
        self.ends = max(self.ends, now + COUNTED_S)


class SparkQueue:
    """Takes what is given, and says what flies. The first that may fly does; a large one that must wait does
    not hold up the small ones behind it."""

    def __init__(self) -> None:
        self._flying: list[Flight] = []
        self._waiting: list[Flight] = []

    @property
    def flying(self) -> Sequence[Flight]:
        """What is in the air, the first given first."""
        return tuple(self._flying)

    @property
    def waiting(self) -> Sequence[Flight]:
        """What comes after it, in its order."""
        return tuple(self._waiting)

    @property
    def waits(self) -> int:
        """How many sparks wait, each of a combo counted."""
        return sum(each.count for each in self._waiting)

    def give(self, given: Given, now: float) -> Flight:
        """Take one more. The same spark by the same person while one of it flies or waits makes a combo."""
        for flight in (*self._flying, *self._waiting):
            if _same(flight.given, given):
                flight.count += 1
                flight.counted = now
                flight._again(now)
                return flight
        flight = Flight(given, counted=now)
        self._waiting.append(flight)
        return flight

    def advance(self, now: float) -> tuple[list[Flight], list[Flight]]:
        """What is over by now, and what may take off in its place."""
        over = [each for each in self._flying if each.ends is not None and now >= each.ends]
        self._flying = [each for each in self._flying if each not in over]
        risen: list[Flight] = []
        for flight in list(self._waiting):
            if len(self._flying) >= MOST:
                break
            if flight.large and sum(each.large for each in self._flying) >= MOST_LARGE:
                continue
            self._waiting.remove(flight)
            self._flying.append(flight)
            flight.shown = now
            risen.append(flight)
        return over, risen

    def clear(self) -> list[Flight]:
        """Let go of everything; answers what has not flown, for whoever tells of it."""
        unseen, self._waiting, self._flying = self._waiting, [], []
        return unseen


def _same(one: Given, other: Given) -> bool:
    return (one.spark.sha256, one.sender, one.rehearsal) == (
        other.spark.sha256,
        other.sender,
        other.rehearsal,
    )
