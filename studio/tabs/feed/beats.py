"""What is told of watching: stretches that were really played, measured by a clock that never goes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from server.content.rules import BEATS_A_MINUTE

LONGEST_MS: Final = 5_000
ROUNDS_A_MINUTE: Final = BEATS_A_MINUTE - 20
"""With so many stretches told within a minute no more rounds are: the rest is for what comes in between."""
MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A stretch of one video that was played in `wall_ms`; never more of it than that.

    `ago_ms`: it ended so long before it was told, since several may be told at once.
    """

    video_id: UUID
    playback_id: UUID
    start_ms: int
    end_ms: int
    wall_ms: int
    ago_ms: int = 0


class Allowance:
    """How many stretches of a person may still be told, at whatever videos: the server refuses more than
    `BEATS_A_MINUTE`, whichever they are, so a file of few frames that plays round and round must not use them
    up.
    """

    def __init__(self) -> None:
        self._told: deque[float] = deque()

    def take(self, seconds: float, most: int) -> bool:
        """Whether another one may be told now, when there shall not be more than `most` within a minute."""
        while self._told and self._told[0] <= seconds - MINUTE_S:
            self._told.popleft()
        if len(self._told) >= most:
            return False
        self._told.append(seconds)
        return True


class Meter:
    """Measures one stay at a video; `on_beat` gets each stretch once, at most `LONGEST_MS` long.

    `seconds` are those of a monotonic clock, `ms` is the place in the video. Whatever the two say, the beats
    of a stay tell in all no more wall time than passed while it played, and no place twice in one round.
    Rounds but the first one are left out where the `allowance` is used up; they are not told later either.
    """

    def __init__(
        self, video_id: UUID, on_beat: Callable[[Beat], object], allowance: Allowance | None = None
    ) -> None:
        self.video_id = video_id
        self.playback_id = uuid4()
        self._on_beat = on_beat
        self._allowance = allowance or Allowance()
        self._again = False
        """Whether it has begun anew: there was a whole round."""
        self._playing = False
        self._told_ms = 0
        """Where in the video the next beat begins."""
        self._wall = 0.0
        """The second up to which wall time has been told."""

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self._playing

    def play(self, ms: int, seconds: float) -> None:
        """It plays from here on."""
        if not self._playing:
            self._playing = True
            self._told_ms, self._wall = ms, seconds

    def reach(self, ms: int, seconds: float) -> None:
        """It has played up to here; tells when enough has come together."""
        if self._playing and seconds - self._wall >= LONGEST_MS / 1000:
            self._tell(ms, seconds, whole=False)

    def pause(self, ms: int, seconds: float) -> None:
        """It plays no longer; what has not been told is told now."""
        if self._playing:
            self._playing = False
            self._tell(ms, seconds, whole=True)

    def jump(self, end_ms: int, ms: int, seconds: float) -> None:
        """It has played up to `end_ms`, and goes on at `ms`: it begins anew, for example."""
        if self._playing:
            self._tell(end_ms, seconds, whole=True, most=ROUNDS_A_MINUTE if self._again else BEATS_A_MINUTE)
            self._told_ms, self._wall = ms, max(self._wall, seconds)
            self._again = True

    def _tell(self, ms: int, seconds: float, *, whole: bool, most: int = BEATS_A_MINUTE) -> None:
        """Tell up to here in beats of at most `LONGEST_MS`; the rest of it only if `whole`."""
        while (wall := int((seconds - self._wall) * 1000)) > 0:
            if wall < LONGEST_MS and not whole:
                return
            wall = min(wall, LONGEST_MS)
            end = min(ms, self._told_ms + wall)
            start, self._wall = self._told_ms, self._wall + wall / 1000
            if end <= start:
                continue  # nothing was played in it: the picture stood still
            self._told_ms = end
            if not self._allowance.take(seconds, most):
                continue
            ago = max(0, int((seconds - self._wall) * 1000))
            self._on_beat(Beat(self.video_id, self.playback_id, start, end, wall, ago))
