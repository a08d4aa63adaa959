"""Decoded frames held around the playhead, bounded in bytes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Container

from av import VideoFrame


def frame_bytes(frame: VideoFrame) -> int:
    """Memory a decoded frame holds, in bytes."""
    return sum(plane.buffer_size for plane in frame.planes)


class FrameCache:
    """Frames by number; when full, those farthest from `centre` go first. Not thread safe."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.centre = 0
        self.size = 0
        self._frames: dict[int, tuple[VideoFrame, int]] = {}
        self._numbers: list[int] = []

    def __contains__(self, number: int) -> bool:
        return number in self._frames

    def __len__(self) -> int:
        return len(self._frames)

    def get(self, number: int) -> VideoFrame | None:
        """The frame, or None when it is not held."""
        held = self._frames.get(number)
        return held[0] if held is not None else None

    def put(self, number: int, frame: VideoFrame) -> None:
        """Hold a frame, unless everything held is nearer and there is no room."""
        if number in self._frames:
            return
        size = frame_bytes(frame)
        self._frames[number] = frame, size
        insort(self._numbers, number)
        self.size += size
        while self.size > self.budget:
            self._drop_farthest()

    def keep(self, numbers: Container[int]) -> None:
        """Let go of every frame but these."""
        for number in [each for each in self._numbers if each not in numbers]:
            self._drop(number)

    def clear(self) -> None:
        """Let go of every frame."""
        self._frames.clear()
        self._numbers.clear()
        self.size = 0

    def nearest(self, number: int) -> int | None:
        """The held frame number closest to `number`."""
        at = bisect_left(self._numbers, number)
        around = self._numbers[max(at - 1, 0) : at + 1]
        return min(around, key=lambda held: abs(held - number), default=None)

    def room(self, frame: VideoFrame) -> int:
        """How many frames of this size fit into the budget."""
        return self.budget // max(frame_bytes(frame), 1)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The held frames as ascending inclusive ranges."""
        found: list[tuple[int, int]] = []
        for number in self._numbers:
            if found and found[-1][1] == number - 1:
                found[-1] = (found[-1][0], number)
            else:
                found.append((number, number))
        return tuple(found)

    def _drop_farthest(self) -> None:
        first, last = self._numbers[0], self._numbers[-1]
        self._drop(last if last - self.centre >= self.centre - first else first)

    def _drop(self, number: int) -> None:
        self._numbers.remove(number)
        self.size -= self._frames.pop(number)[1]
