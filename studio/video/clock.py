"""The clock that a video plays by: that of its sound where it is heard, else one that just runs."""

from __future__ import annotations

from collections.abc import Callable

from studio.video.audio import SoundOutput
from studio.video.index import Source


class PlayClock:
    """Tells where in the video it is, in seconds from its first frame, from `start` to `stop`."""

    def __init__(self, sound: SoundOutput, now: Callable[[], float]) -> None:
        """`now` gives the seconds of a monotonic clock."""
        self._sound, self._now = sound, now
        self._sounding = False
        self._from_s = self._last_s = 0.0
        self._since = 0.0
        self._rate = 0.0

    def start(self, at_s: float, rate: float, *, heard: tuple[Source, float] | None = None) -> None:
        """Run from `at_s` on. `heard`: a source to be heard, and where in its own time."""
        self.stop()
        self._from_s = self._last_s = at_s
        self._since, self._rate = self._now(), rate
        self._sounding = heard is not None and self._sound.start(*heard)

    def stop(self) -> None:
        """Fall silent; nobody asks for the time until the next start."""
        self._sound.stop()
        self._sounding = False

    def media_s(self) -> float:
        """Where it is now."""
        if self._sounding:
            played = self._sound.played_s()
            if played is not None:
                self._since = self._now()
                self._last_s = self._from_s + played
                return self._last_s
            # The sound ended before the picture: the silent clock takes over from there.
            self._sounding = False
            self._from_s, self._since = self._last_s, self._now()
        return self._from_s + (self._now() - self._since) * self._rate
