"""Collects garbage on the Qt thread alone: a QObject that dies elsewhere can end the program."""

from __future__ import annotations

import gc
import time
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

EVERY_MS: Final = 500
WHOLE_EVERY_S: Final = 60.0
MANY: Final = 5_000
"""New objects since the last look that tell of a queue being loaded. What remains of them stays, and is set
aside: to look at each of 100,000 rows would take up to a quarter of a second, once a minute."""
TOO_MANY: Final = 30_000
"""New objects that are set aside unseen."""
FELT_S: Final = 0.015
"""What remains of a look that took so long is set aside, too."""
MOST: Final = 1_000_000
"""When so many objects were set aside since the last look at all, there is one, come what may."""


class Collector(QObject):
    """Takes over from the automatic collection, which runs on whichever thread allocates.

    What was set aside (`gc.freeze`) is looked at while the person is in another program, or when it has
    become very much. Until then its garbage stays, but only the cycles: a row that was replaced goes at once.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._whole_at = time.monotonic()
        self._aside = 0
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the young generations when their thresholds are reached, what is not set aside once a
        minute, and everything once a minute while the person is elsewhere."""
        counts = gc.get_count()
        minute = time.monotonic() - self._whole_at >= WHOLE_EVERY_S
        if minute:
            self._whole_at = time.monotonic()
        if minute and (_elsewhere() or self._aside > MOST):
            gc.unfreeze()
            self._set_aside()
            self._aside = 0
        elif counts[0] > MANY:
            self._aside += counts[0]  # to count what is set aside would take as long as to look at it
            self._set_aside(unseen=counts[0] > TOO_MANY)
        elif minute:
            began = time.perf_counter()
            gc.collect()
            if time.perf_counter() - began > FELT_S:
                gc.freeze()  # a few lists of 100,000 rows or keys are as many steps as the rows
        elif due := [n for n in (0, 1) if counts[n] > self._thresholds[n] > 0]:
            gc.collect(max(due))

    def _set_aside(self, *, unseen: bool = False) -> None:
        if not unseen:
            gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Give back to the automatic collection."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()


def _elsewhere() -> bool:
    return QGuiApplication.applicationState() is not Qt.ApplicationState.ApplicationActive
