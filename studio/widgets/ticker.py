"""One clock for everything on screen that counts, so that a hundred countdowns cost one timer."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal


class Ticker(QObject):
    """Emits `second` about once a second with the time, shifted to the server's clock.

    Deadlines are the server's: `shift` is how far its clock is ahead of this computer's.
    """

    second = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shift_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(lambda: self.second.emit(self.now()))
        self._timer.start()

    def set_shift(self, seconds: float) -> None:
        """Set how many seconds the server's clock is ahead."""
        self._shift_s = seconds
        self.second.emit(self.now())

    def now(self) -> datetime:
        """Return the server's time, aware UTC."""
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self._shift_s, UTC)
