"""The values that media work takes and gives: limits, measurements, stills, peaks, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, kw_only=True)
class FileLimits:
    """What a file may be at most; a file beyond any of these is refused."""

    duration_ms: int = 3 * 60 * 60 * 1000
    pixels: int = 4096 * 4096
    side: int = 8192
    streams: int = 32
    frames: int = 1_000_000


@dataclass(frozen=True, kw_only=True)
class WorkerLimits:
    """What one worker process may use at most: bytes, and seconds of CPU and of wall clock; with `niceness`
    0 to 19 it stands back for others."""

    address_space: int = 2 << 30
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    output: int = 16 << 20
    niceness: int = 0


@dataclass(frozen=True)
class Refused:
    """Why a file was not accepted: a stable code for programs, a sentence for people."""

    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What a video file really holds, measured from its packets and not from its header.

    `width` and `height` are as shown, after `rotation` (degrees clockwise: 0, 90, 180, 270); pixels
    are taken as square. `frames` counts the distinct presentation times that a player shows.
    `avg_fps` is a Fraction as text ("30000/1001"). `damaged_from_ms` is where the first known damage
    begins, None for a file in which every sampled place decoded.
    """

    container: str
    duration_ms: int
    bit_rate: int
    width: int
    height: int
    rotation: int
    video_codec: str
    pixel_format: str
    frames: int
    keyframes: int
    avg_fps: str
    vfr: bool
    has_audio: bool
    audio_codec: str | None
    sample_rate: int | None
    channels: int | None
    damaged_from_ms: int | None


class SheetIndex(TypedDict):
    """Where each still lies on the sheet, row by row; times in ms from the first frame."""

    columns: int
    cell_width: int
    cell_height: int
    t_ms: list[int]


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """Small grey stills in one JPEG, row by row; still i was shown at `t_ms[i]`."""

    sheet: bytes
    columns: int
    cell_width: int
    cell_height: int
    t_ms: tuple[int, ...]

    def index(self) -> SheetIndex:
        """The part of the storyboard that travels as JSON beside the sheet."""
        return {
            "columns": self.columns,
            "cell_width": self.cell_width,
            "cell_height": self.cell_height,
            "t_ms": list(self.t_ms),
        }


@dataclass(frozen=True, kw_only=True)
class Poster:
    """One still in colour as a JPEG that stands for the video in lists."""

    jpeg: bytes
    width: int
    height: int
    t_ms: int


@dataclass(frozen=True, kw_only=True)
class Waveform:
    """Loudest negative and positive sample of each bucket, -128..127, as two rows of int8 bytes.

    The buckets divide `start_ms`..`start_ms + duration_ms` evenly; time 0 is the first video frame.
    """

    low: bytes
    high: bytes
    start_ms: int
    duration_ms: int


Result = Probe | Storyboard | Poster | Waveform
