"""What the tab of sparks lends to the feed, without either knowing the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QImage

from studio.widgets.panel import Panel

if TYPE_CHECKING:
    from studio.sparks.given import Known


class SparkTray(Panel, Protocol):
    """A tray to choose from. `chosen` carries the `Given` that is to fly now, `aimed` one that may be next,
    so that it can be made ready."""

    chosen: SignalInstance
    aimed: SignalInstance

    def open(self) -> None:
        """It is in front now, and takes the keyboard."""
        ...

    def retry(self) -> None:
        """Read what could not be read."""
        ...

    def rest(self, resting: bool) -> None:
        """Nothing in it moves while one flies: that has all eyes, and needs the time."""
        ...

    def poster(self, spark: Known) -> QImage | None:
        """A still of a spark that is here at once."""
        ...
