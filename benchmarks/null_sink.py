"""A sound device that plays into nothing at the speed of time, and knows exactly where it is."""

from __future__ import annotations

import time
from typing import Final, cast

from PySide6.QtCore import QIODevice

BYTES_PER_SECOND: Final = 48_000 * 2 * 2
BUFFER_S: Final = 0.25
PERIOD_US: Final = 10_000
"""A device tells its progress in whole periods."""


class NullSink:
    """In place of a QAudioSink. It begins to play with the first samples, and stands still without any."""

    def __init__(self) -> None:
        self._written_s = 0.0
        self._began = 0.0
        self.underruns_s = 0.0
        """For how long it had nothing to play before it was stopped."""

    def start(self) -> QIODevice:
        """Begin; answers the device to write samples to."""
        return cast(QIODevice, _Device(self))

    def stop(self) -> None:
        """End."""

    def setVolume(self, volume: float) -> None:
        """Nobody hears it."""

    def bytesFree(self) -> int:
        """Room for samples, in bytes."""
        return int((BUFFER_S - (self._written_s - self.heard_s)) * BYTES_PER_SECOND) // 4 * 4

    def processedUSecs(self) -> int:
        """Sound played, in whole periods."""
        return int(self.heard_s * 1e6) // PERIOD_US * PERIOD_US

    @property
    def heard_s(self) -> float:
        """Seconds of sound that would have been heard until now."""
        if not self._written_s:
            return 0.0
        return min(time.monotonic() - self._began, self._written_s)

    def take(self, size: int) -> None:
        """Samples arrived."""
        now = time.monotonic()
        if not self._written_s:
            self._began = now
        late = now - self._began - self._written_s
        if late > 0:  # it had run dry: what comes now is heard from now on
            self._began += late
            self.underruns_s += late
        self._written_s += size / BYTES_PER_SECOND


class _Device:
    """The part of a QIODevice that a SoundOutput uses; to derive from one in Python ends the program."""

    def __init__(self, sink: NullSink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        """Take samples; how many bytes were taken."""
        self._sink.take(len(data))
        return len(data)
