"""Which picture of a film is due: by the time that has passed, whatever the screen's rate; free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0)


def due(elapsed_s: float, *, fps: int, count: int) -> int:
    """The picture that is seen after so long: the first before the beginning, the last after the end."""
    # Rounded a little up: 0.1 s at 30 fps is 3.0000000000000004 pictures, or 2.9999999999999996.
    return min(max(int(elapsed_s * fps + 1e-6), 0), count - 1)


@dataclass(frozen=True, slots=True)
class Length:
    """So many pictures at so many a second."""

    count: int
    fps: int

    @property
    def seconds(self) -> float:
        """How long they last."""
        return self.count / self.fps


class Playback:
    """Plays one film as a person wishes: play, pause, scrub, faster or slower, round and round."""

    def __init__(self, now: Callable[[], float], length: Length | None = None) -> None:
        self._now = now
        self._length = length
        self._at, self._since = 0.0, now()
        self.playing = False
        self.speed = 1.0

    @property
    def length(self) -> Length | None:
        """Of what it plays; None = there is nothing yet."""
        return self._length

    def load(self, length: Length | None) -> None:
        """Play another film from its beginning."""
        self._length = length
        self._at, self._since = 0.0, self._now()

    def seconds(self) -> float:
        """Where it is."""
        if self._length is None:
            return 0.0
        if self.playing:
            return (self._at + (self._now() - self._since) * self.speed) % self._length.seconds
        return min(max(self._at, 0.0), self._length.seconds)

    def picture(self) -> int | None:
        """Which picture is due now."""
        if self._length is None:
            return None
        return due(self.seconds(), fps=self._length.fps, count=self._length.count)

    def play(self) -> None:
        """Go on, from the beginning where it is at its end."""
        if self._length is not None and not self.playing:
            at = self.seconds()
            self._at = 0.0 if at >= self._length.seconds else at
            self._since, self.playing = self._now(), True

    def pause(self) -> None:
        """Stand still."""
        self._at, self._since = self.seconds(), self._now()
        self.playing = False

    def seek(self, seconds: float) -> None:
        """Be there, and go on or stand still as before."""
        whole = self._length.seconds if self._length is not None else 0.0
        self._at, self._since = min(max(seconds, 0.0), whole), self._now()

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast; raises ValueError for one that is not above 0."""
        if speed <= 0:
            raise ValueError(f"{speed} times as fast cannot be")
        self._at, self._since = self.seconds(), self._now()
        self.speed = speed
