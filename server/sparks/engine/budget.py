"""What gives way where a machine is too slow: glows along streaks, then rings of bloom, then every second
picture. How many particles there are never changes: a spark is the same one everywhere.

For whoever draws as it plays. The client plays films that were baked, all of them at `FULL`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Quality:
    """`taps` glows at most along a streak, `bloom` halvings of the picture around what is bright, `fps`."""

    taps: int = 16
    bloom: int = 5
    fps: int = 60


FULL: Final = Quality()
LADDER: Final = (
    FULL,
    Quality(taps=8),
    Quality(taps=5),
    Quality(taps=5, bloom=3),
    Quality(taps=4, bloom=2),
    Quality(taps=4, bloom=2, fps=30),
)
_SHARE: Final = 0.85
"""Of the time between two pictures; the rest is the client's own."""
_CALM: Final = 0.5
_PATIENCE_UP: Final = 90
_PATIENCE_DOWN: Final = 6


class Budget:
    """Watches how long pictures take. `locked` keeps one quality, for what is baked or compared."""

    def __init__(self, *, locked: Quality | None = None) -> None:
        self._locked = locked
        self._rung = 0
        self._slow = self._fast = 0

    @property
    def quality(self) -> Quality:
        """What the next picture is drawn with."""
        return self._locked or LADDER[self._rung]

    def took(self, ms: float) -> None:
        """One picture took so many ms. Six too slow ones in a row step down; ninety that would leave half
        the time over step up: down is seen at once, up is in no hurry, and between lies room for both."""
        frame = 1000 / self.quality.fps
        self._slow = self._slow + 1 if ms > frame * _SHARE else 0
        self._fast = self._fast + 1 if ms < self._next_frame() * _SHARE * _CALM else 0
        if self._slow >= _PATIENCE_DOWN and self._rung < len(LADDER) - 1:
            self._rung, self._slow, self._fast = self._rung + 1, 0, 0
        elif self._fast >= _PATIENCE_UP and self._rung > 0:
            self._rung, self._slow, self._fast = self._rung - 1, 0, 0

    def _next_frame(self) -> float:
        return 1000 / LADDER[max(self._rung - 1, 0)].fps
