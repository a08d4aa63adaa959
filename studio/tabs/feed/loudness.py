"""Sound on or off, and how loud: one setting for every video, remembered."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from studio.settings import FEED_MUTED, FEED_VOLUME
from studio.tab import Context

SAVE_MS: Final = 600
"""A slider that is dragged is written once, when it rests."""


class Loudness(QObject):
    """`told` says whether it is muted, and the volume, 0 to 100."""

    told = Signal(bool, int)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = context.settings
        self._saver = QTimer(self)
        self._saver.setSingleShot(True)
        self._saver.setInterval(SAVE_MS)
        self._saver.timeout.connect(lambda: context.tasks.write(context.settings.save))

    def tell(self) -> None:
        """Say what is set."""
        self.told.emit(self._settings.get(FEED_MUTED), self._settings.get(FEED_VOLUME))

    def toggle(self) -> None:
        """Sound on or off, until it is changed again."""
        self._set(muted=not self._settings.get(FEED_MUTED), volume=self._settings.get(FEED_VOLUME))

    def set_volume(self, volume: int) -> None:
        """How loud, 0 to 100; whoever turns it wants to hear something."""
        self._set(muted=False, volume=min(100, max(0, volume)))

    def turn(self, by: int) -> None:
        """Louder, or softer by a negative step: who wants less to be heard does not turn the sound on."""
        volume = min(100, max(0, self._settings.get(FEED_VOLUME) + by))
        self._set(muted=self._settings.get(FEED_MUTED) and by < 0, volume=volume)

    def _set(self, *, muted: bool, volume: int) -> None:
        self._settings.set(FEED_MUTED, muted)
        self._settings.set(FEED_VOLUME, volume)
        self._saver.start()
        self.tell()
