"""The frame table: which frame of a video is shown when, in integers and free of Qt and FFmpeg."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Presentation times of every frame of one video.

    A frame's number is the rank of its pts, never time x fps: only that survives a variable
    frame rate.

    pts: strictly increasing presentation times in units of `time_base`, at least one.
    keyframes: ascending frame numbers where decoding may start; frame 0 is always one.
    end_pts: the pts at which the last frame stops being shown.
    """

    pts: tuple[int, ...]
    keyframes: tuple[int, ...]
    time_base: Fraction
    end_pts: int

    def __post_init__(self) -> None:
        if not self.pts:
            raise ValueError("a frame table needs at least one frame")
        if not self.keyframes or self.keyframes[0] != 0:
            raise ValueError("decoding starts at frame 0, so it counts as a keyframe")
        if self.end_pts <= self.pts[-1]:
            raise ValueError("the last frame must last")

    def __len__(self) -> int:
        return len(self.pts)

    def clamp(self, frame: int) -> int:
        """The nearest existing frame number."""
        return min(max(frame, 0), len(self.pts) - 1)

    def number_of(self, pts: int) -> int | None:
        """The frame shown from exactly `pts`, or None when no frame starts there."""
        number = bisect_left(self.pts, pts)
        return number if number < len(self.pts) and self.pts[number] == pts else None

    def seconds_of(self, frame: int) -> float:
        """Start of a frame, in seconds from the start of the video."""
        return float((self.pts[frame] - self.pts[0]) * self.time_base)

    def ms_of(self, frame: int) -> int:
        """Start of a frame in whole milliseconds, rounded up.

        Rounded up because 33 ms still belongs to the frame before the one starting at 33.3 ms:
        `at_ms(ms_of(n)) == n` for frames at least one millisecond apart.
        """
        return -int(-(self.pts[frame] - self.pts[0]) * self.time_base * 1000 // 1)

    def at_ms(self, ms: float) -> int:
        """The frame on screen at `ms` from the start of the video, clamped to the video."""
        pts = self.pts[0] + Fraction(ms) / 1000 / self.time_base
        return self.clamp(bisect_right(self.pts, pts) - 1)

    @property
    def duration_ms(self) -> int:
        """Length of the video in milliseconds, rounded up."""
        return -int(-(self.end_pts - self.pts[0]) * self.time_base * 1000 // 1)

    def keyframe_before(self, frame: int) -> int:
        """The last keyframe at or before `frame`."""
        return self.keyframes[bisect_right(self.keyframes, frame) - 1]

    def keyframe_after(self, frame: int) -> int | None:
        """The first keyframe after `frame`, or None in the last group of pictures."""
        at = bisect_right(self.keyframes, frame)
        return self.keyframes[at] if at < len(self.keyframes) else None
