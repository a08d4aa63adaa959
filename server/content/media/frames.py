"""The table of a video's frames, read from its packets without decoding a picture."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from server.content.media.results import FileLimits
from server.content.media.source import Refusal

# Containers that count in whole ms give 33, 34, 33...: a wobble that small is a constant rate.
_STEADY = Fraction(2, 1000)


@dataclass(frozen=True, kw_only=True)
class FrameTable:
    """Presentation times of all shown frames, in ticks of `time_base`, sorted and distinct.

    `keys` are those of the keyframes; `end` is when the last frame stops being shown; `size` is the
    sum of the packets in bytes; `broken_at` is the last time known to be whole when a packet was cut
    or the packets stopped before the file's own index did, else None.
    """

    pts: list[int]
    keys: list[int]
    end: int
    time_base: Fraction
    size: int
    broken_at: int | None

    def ms(self, pts: int) -> int:
        """Time from the first frame to `pts` in whole milliseconds, halves rounded up."""
        return int((pts - self.pts[0]) * self.time_base * 1000 + Fraction(1, 2))

    @property
    def duration_ms(self) -> int:
        """From the first frame shown to the end of the last one."""
        return self.ms(self.end)

    @property
    def is_vfr(self) -> bool:
        """True when the distances between frames differ by more than a rounding of ticks."""
        steps = [b - a for a, b in pairwise(self.pts)]
        return bool(steps) and (max(steps) - min(steps)) * self.time_base > _STEADY

    def at(self, ms: int) -> int:
        """The pts of the frame that is shown at `ms`: the first one before the beginning, the last one after
        the end."""
        return self.pts[max(0, bisect_right(self.pts, ms, key=self.ms) - 1)]

    def key_before(self, pts: int) -> int:
        """The last keyframe at or before `pts`; the first one when there is none before."""
        return self.keys[max(0, bisect_right(self.keys, pts) - 1)]


def read_frames(container: InputContainer, stream: VideoStream, limits: FileLimits) -> FrameTable:
    """Demux every packet of `stream`, from where the container stands to its end.

    Packets marked for discarding (before the start of an edit list) and those without a time are
    never shown, so they are not counted; where no packet has a presentation time the decoding times
    stand in. Raises Refusal("too_many_frames" | "unreadable" | "too_long").
    """
    shown: dict[int, bool] = {}
    decoded: dict[int, bool] = {}
    end, size, read, broken_at = 0, 0, 0, None
    try:
        for packet in container.demux(stream):
            if packet.pts is None and packet.dts is None and not packet.size:
                continue  # what the demuxer says at the end
            read += 1
            if not packet.size:
                continue  # AVI's sign for "the frame before once more"
            size += packet.size
            if read > limits.frames:
                raise Refusal("too_many_frames", f"The video has more than {limits.frames} frames.")
            if packet.is_corrupt and broken_at is None:
                broken_at = packet.pts
            if packet.is_discard:
                continue
            if packet.pts is not None:
                shown[packet.pts] = shown.get(packet.pts, False) or packet.is_keyframe
                end = max(end, packet.pts + (packet.duration or 0))
            elif packet.dts is not None:
                decoded[packet.dts] = packet.is_keyframe
    except av.FFmpegError:
        broken_at = max(shown, default=0) if broken_at is None else broken_at
    times = shown or decoded
    if not times or stream.time_base is None:
        raise Refusal("unreadable", "The video track has no frames that can be read.")
    pts = sorted(times)
    # Not `stream.frames`: that also counts what an edit list has cut away.
    if broken_at is None and read < len(stream.index_entries):
        broken_at = pts[-1]
    table = FrameTable(
        pts=pts,
        keys=[time for time in pts if times[time]] or pts[:1],
        end=end if end > pts[-1] else pts[-1] + _last_step(pts),
        time_base=stream.time_base,
        size=size,
        broken_at=broken_at,
    )
    if table.duration_ms > limits.duration_ms:
        raise Refusal("too_long", too_long(limits))
    return table


def too_long(limits: FileLimits) -> str:
    """The sentence for a video longer than the limit."""
    return f"The video is longer than {limits.duration_ms / 3_600_000:g} hours, the longest accepted."


def _last_step(pts: list[int]) -> int:
    """How long the last frame is taken to last when its packet does not say: as long as the one
    before it, and one tick for a single frame."""
    return pts[-1] - pts[-2] if len(pts) > 1 else 1
