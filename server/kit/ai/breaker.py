"""Stops asking a provider that fails, so that nobody waits for the same failure again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 5
OPEN_S: Final = 60.0


class Breaker:
    """Opens after `FAILURES` failures in a row; after `OPEN_S` lets one caller through to see."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._guard = now, threading.Lock()
        self._failures, self._opened_at = 0, 0.0
        self._trying = False

    def wait_s(self) -> float:
        """0 when the caller may ask (and must say how it went), else the seconds until somebody may."""
        with self._guard:
            if self._failures < FAILURES:
                return 0.0
            left = self._opened_at + OPEN_S - self._now()
            if left > 0:
                return left
            if self._trying:
                return OPEN_S
            self._trying = True
            return 0.0

    def went(self, *, well: bool) -> None:
        """Say how it went. To be asked too often is no failure."""
        with self._guard:
            self._trying = False
            self._failures = 0 if well else self._failures + 1
            if not well:
                self._opened_at = self._now()

    def leave(self) -> None:
        """Say that nobody was asked after all: the next caller may see instead."""
        with self._guard:
            self._trying = False

    def trip(self) -> None:
        """Open at once: the key or the model is wrong, and will be in the next second, too."""
        with self._guard:
            self._trying = False
            self._failures, self._opened_at = FAILURES, self._now()
