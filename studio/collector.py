"""Collects garbage on the Qt thread alone: a QObject that dies elsewhere can end the program."""

from __future__ import annotations

import gc
import time
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 500
WHOLE_EVERY_S: Final = 60.0
"""A whole collection looks at every row of the queue; more often than this it would be felt."""


class Collector(QObject):
    """Takes over from the automatic collection, which runs on whichever thread allocates."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._whole_at = time.monotonic()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the young generations when their thresholds are reached, everything once a minute."""
        now = time.monotonic()
        if now - self._whole_at >= WHOLE_EVERY_S:
            self._whole_at = now
            gc.collect(2)
            return
        counts = gc.get_count()
        due = [n for n in (0, 1) if counts[n] > self._thresholds[n] > 0]
        if due:
            gc.collect(max(due))

    def stop(self) -> None:
        """Give back to the automatic collection."""
        self._timer.stop()
        gc.enable()
