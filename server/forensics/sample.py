"""What the analysers look at: decoded once, everything of it bounded, so that none of them decodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from server.forensics.faces.tracks import Face
from server.forensics.results import Box
from server.forensics.rules import BP
from server.forensics.sound import Sound

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the container says of itself and what its packets show. `tags` are its texts, cut to length."""

    container: str
    duration_ms: int
    width: int = 0
    height: int = 0
    frames: int = 0
    keyframes: int = 0
    fps: float = 0.0
    vfr: bool = False
    video_codec: str = ""
    pixel_format: str = ""
    bit_rate: int = 0
    audio_codec: str = ""
    sample_rate: int = 0
    channels: int = 0
    damaged: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def bits_a_pixel(self) -> float:
        """How much the encoder spent on a pixel of a frame; 0 without a picture."""
        pixels = self.width * self.height * self.fps
        return self.bit_rate / pixels if pixels else 0.0


@dataclass(frozen=True)
class Still:
    """A frame of the scan: BGR, upright, at most 960 px on its longer side, with the faces in it."""

    t_ms: int
    picture: Pixels
    faces: tuple[Face, ...]


@dataclass(frozen=True)
class Window:
    """Faces on every frame of some seconds: `t_ms` (n,), and for each track its meshes (n, 468, 2) in pixels
    of the scan's size, NaN where it was not seen."""

    t_ms: NDArray[np.int64]
    meshes: dict[int, NDArray[np.float32]]

    def cut(self, start_ms: int, end_ms: int) -> Window:
        """The part from `start_ms` to `end_ms`."""
        inside = (self.t_ms >= start_ms) & (self.t_ms < end_ms)
        return Window(self.t_ms[inside], {track: m[inside] for track, m in self.meshes.items()})


@dataclass(frozen=True, kw_only=True)
class MediaSample:
    """One file, decoded. `window` is where speech and a mouth coincide, None where they never do;
    `coverage_bp` is the share of the length that was looked at; `path` is for readers of metadata alone."""

    path: str
    facts: Facts
    stills: tuple[Still, ...] = ()
    window: Window | None = None
    sound: Sound | None = None
    coverage_bp: int = BP

    @property
    def has_picture(self) -> bool:
        """Whether a picture could be decoded."""
        return bool(self.stills)

    def box(self, still: Still, face: Face) -> Box:
        """The face as a region of the upright picture."""
        height, width = still.picture.shape[:2]
        left, top, wide, high = face.box
        x, y = min(max(left, 0.0), width), min(max(top, 0.0), height)
        right, bottom = min(max(left + wide, 0.0), width), min(max(top + high, 0.0), height)
        return Box(
            t_ms=still.t_ms,
            x_bp=round(x / width * BP),
            y_bp=round(y / height * BP),
            width_bp=round((right - x) / width * BP),
            height_bp=round((bottom - y) / height * BP),
            track=face.track,
        )
