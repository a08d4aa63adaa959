"""The server's clock, read from the `Date` of its answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

_KEPT: Final = 16
_NEWS_S: Final = 0.25
"""A smaller difference is not worth telling: whoever counts down counts seconds."""


class ServerClock:
    """Tells by `on_shift` how many seconds the server's clock is ahead of this computer's.

    `Date` has whole seconds and comes late by the way it took, so that each one says too little. The most
    of the last few is the best guess: it never swings with the network. Seconds of a clock that was set
    meanwhile (seen against `steady`) are forgotten.
    """

    def __init__(
        self,
        on_shift: Callable[[float], object],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_shift, self._wall, self._steady = on_shift, wall, steady
        self._last = ""
        self._samples: deque[float] = deque(maxlen=_KEPT)
        self._between = wall() - steady()
        self._told = 0.0

    def heard(self, date: str) -> None:
        """Take the `Date` of an answer that has just come; the same second again costs a comparison."""
        if date == self._last:
            return
        self._last = date
        try:
            server = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        wall = self._wall()
        between = wall - self._steady()
        if abs(between - self._between) > 1.0:
            self._between = between
            self._samples.clear()
        self._samples.append(server - wall)
        shift = max(self._samples)
        if abs(shift - self._told) >= _NEWS_S:
            self._told = shift
            self._on_shift(shift)
