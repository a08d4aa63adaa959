"""What gives way where a machine is too slow to draw a spark as it plays: the size of its pictures, then
glows along streaks, then every second picture. How many particles there are never changes: a spark is the
same one everywhere.

Measured, half the size takes half the time; fewer rings of bloom would hardly save any, and change how much
light there is. What is kept or judged is always drawn at `FULL`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Quality:
    """`size` of a picture as a share of its sides, which is then enlarged; `bloom` halvings of it around what
    is bright; `taps` glows at most along a streak; of `every` so many pictures one is drawn."""

    size: float = 1.0
    bloom: int = 5
    taps: int = 16
    every: int = 1


FULL: Final = Quality()
LADDER: Final = (
    FULL,
    Quality(size=0.75),
    Quality(size=0.5, bloom=4),  # as wide in the picture as five halvings of one twice as large
    Quality(size=0.5, bloom=4, taps=5),
    Quality(size=0.5, bloom=4, taps=5, every=2),
)
_SHARE: Final = 0.85
"""Of the time between two pictures; the rest is the client's own."""
_CALM: Final = 0.5
_PATIENCE_UP: Final = 90
_PATIENCE_DOWN: Final = 6, 6, 6, 12
"""By rung: half as many pictures are seen at once, softer ones hardly."""


class Budget:
    """Watches how long the pictures of a film at `fps` take, and says how the next one is drawn."""

    def __init__(self, fps: int) -> None:
        self._frame_ms = 1000 / fps
        self._rung = 0
        self._slow = self._fast = 0
        self.lowered = False
        """Whether anything was drawn with less than `FULL`."""

    @property
    def quality(self) -> Quality:
        """What the next picture is drawn with."""
        return LADDER[self._rung]

    def took(self, ms: float) -> None:
        """One picture of the film took so many ms, on the average of those that are drawn and those that are
        not. Some too slow ones in a row step down, ninety fast ones step up, which is in no hurry. What is
        fast leaves room for twice the work, and no step takes more."""
        self.lowered = self.lowered or self._rung > 0
        self._slow = self._slow + 1 if ms > self._frame_ms * _SHARE else 0
        self._fast = self._fast + 1 if ms < self._frame_ms * _SHARE * _CALM else 0
        if self._rung < len(_PATIENCE_DOWN) and self._slow >= _PATIENCE_DOWN[self._rung]:
            self._step(1)
        elif self._fast >= _PATIENCE_UP and self._rung > 0:
            self._step(-1)

    def _step(self, by: int) -> None:
        self._rung += by
        self._slow = self._fast = 0
