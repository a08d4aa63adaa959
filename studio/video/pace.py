"""How a video that plays keeps pace with its own time stamps: what was shown or left out, what stalls."""

from __future__ import annotations

from typing import Final

STALL_S: Final = 0.25
"""A picture that is overdue for so long has stalled: people see that the one before it stands still."""


class Pace:
    """Counts one video. Frames are numbers of its table, times are seconds of a monotonic clock.

    shown, dropped: how many pictures were painted while it played, and how many between those were not.
    late_s: how much later than its stamp the last one was painted, by the clock it plays by. That is the
    clock of the sound, where there is sound: so it is how far sound and picture are apart, too.
    seen: the video was seen from where it began to play up to the beginning of this frame.
    """

    def __init__(self) -> None:
        self.shown = self.dropped = self.seen = 0
        self.late_s = 0.0
        self.stalled = False
        self._on_screen: int | None = None
        self._first = True
        self._well_at = 0.0

    def begin(self, frame: int, now: float) -> None:
        """It plays from here, or from here on after a jump."""
        self._first = self._on_screen != frame
        self.seen = frame if self._first else frame + 1
        self.stalled, self._well_at = False, now

    def paint(self, frame: int, late_s: float, now: float) -> None:
        """The picture of a frame is on the screen, and it plays."""
        self._on_screen = frame
        if frame >= self.seen:
            self.shown += 1
            self.dropped += 0 if self._first else frame - self.seen
            self.seen, self.late_s, self._first = frame + 1, late_s, False
            self.stalled, self._well_at = False, now

    def rest(self, frame: int) -> None:
        """The picture of a frame is on the screen, and it does not play."""
        self._on_screen = frame

    def due(self, frame: int, now: float) -> bool:
        """By the clock it is the turn of this frame; whether it begins or ceases to stall by that."""
        before = self.stalled
        if frame < self.seen:
            self.stalled, self._well_at = False, now
        elif now - self._well_at > STALL_S:
            self.stalled = True
        return self.stalled is not before
