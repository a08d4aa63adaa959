"""How much of a film must be baked before it begins, so that it does not run dry; free of Qt."""

from __future__ import annotations

from typing import Final

SHARE: Final = 0.7
"""Of the measured speed that is counted on: later pictures may take longer, and so may another program."""
LEAST: Final = 12
"""Pictures: a speed that is measured by fewer says little."""


class HeadStart:
    """Of a film of `count` pictures at `fps`. What is noted are moments in s of any clock that never goes
    back, and how many pictures there were."""

    def __init__(self, count: int, fps: int) -> None:
        self._count, self._fps = count, fps
        self._first: tuple[float, int] | None = None
        self._ready = 0

    def note(self, ready: int, now: float) -> None:
        """So many pictures are baked by now."""
        self._first = self._first or (now, ready)
        self._ready = ready

    def enough(self, now: float) -> bool:
        """Whether it may begin: at this speed the last picture will be here when it is due, and so will all
        before it."""
        if self._ready >= self._count:
            return True
        if self._first is None or self._ready < LEAST:
            return False
        began, before = self._first
        if now <= began or self._ready == before:
            return False
        speed = SHARE * (self._ready - before) / (now - began)
        return self._ready >= self._count * (1 - min(speed / self._fps, 1.0))
