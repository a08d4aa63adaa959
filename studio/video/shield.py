"""The shield between a reviewer and raw pixels: blur and greyscale, applied before display."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Rows from the top: (height, width, 4) blue, green, red, 255; or (height, width) grey. A row may be followed
by bytes that belong to none."""

_FINEST = 32  # cells across the long side of the picture at strength 0
_COARSEST = 12  # ... and at strength 100
_BLURRED_SIDE = 320  # long side of a blurred picture; smooth, so the view may enlarge it
_SCALERS = 8  # conversions that one thread goes to and fro between
_SAMPLED_SIDE = 480  # long side of the picture the cells are averaged from


@dataclass(frozen=True, slots=True)
class Shield:
    """What is done to a picture before it may be shown.

    strength: 0..100. Blur at strength 0 still leaves at most 32 cells across the long side.
    """

    blur: bool = True
    strength: int = 50
    grey: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 100:
            raise ValueError("blur strength is 0..100")

    def covers(self, required: Shield) -> bool:
        """Whether a picture treated with this hides all that `required` would hide."""
        blurred = not required.blur or (self.blur and self.strength >= required.strength)
        return blurred and (self.grey or not required.grey)

    @property
    def cells(self) -> int:
        """How many averaged cells a blurred picture has across its long side."""
        return round(_FINEST - (_FINEST - _COARSEST) * self.strength / 100)


OPEN = Shield(blur=False, strength=0, grey=False)
"""No shield: what reveal asks for."""


def treat(frame: VideoFrame, fit: tuple[int, int], rotation: int, shield: Shield) -> Pixels:
    """Convert a decoded frame to upright, shielded pixels.

    fit: display size in pixels the upright picture is scaled to; a blurred one comes smaller, with
    the same aspect, to be enlarged smoothly. rotation: see MediaIndex.
    """
    size = fit[::-1] if rotation % 180 else fit
    pixels = _blurred(frame, size, shield) if shield.blur else _scaled(frame, size, shield.grey)
    return np.ascontiguousarray(np.rot90(pixels, rotation // 90)) if rotation else pixels


def shield_pixels(pixels: Pixels, shield: Shield) -> Pixels:
    """Treat already converted blue-green-red-alpha pixels, such as a storyboard still."""
    height, width = pixels.shape[:2]
    if not shield.blur and not shield.grey:
        return pixels
    return treat(VideoFrame.from_ndarray(pixels, format="bgra"), (width, height), 0, shield)


def _blurred(frame: VideoFrame, size: tuple[int, int], shield: Shield) -> Pixels:
    """Average into few cells, then spread them smoothly.

    The cells are all that is left of the picture: detail that does not fit into so few numbers
    cannot be computed back, whatever is done to the result. The scaling is swscale's work, since a
    matrix product would wake a pool of BLAS threads for each frame.
    """
    # In two steps, as swscale averages at most 256 pixels into one.
    sampled = _resized(frame, _fitted(size, _SAMPLED_SIDE), "bgr24", "AREA")
    cells = _softened(_pixels(_resized(sampled, _fitted(size, shield.cells), "bgr24", "AREA")))
    soft = VideoFrame.from_ndarray(cells, format="bgr24")
    kind = "gray" if shield.grey else "bgra"
    return _pixels(_resized(soft, _fitted(size, _BLURRED_SIDE), kind, "GAUSS"))


def _softened(cells: Pixels) -> Pixels:
    """Mix each cell with its neighbours: a binomial kernel, a Gaussian of 0.7 cells."""
    wide = np.pad(cells.astype(np.uint16), ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    mixed: Pixels = ((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) // 16).astype(np.uint8)
    return mixed


def _scaled(frame: VideoFrame, size: tuple[int, int], grey: bool) -> Pixels:
    return _pixels(_resized(frame, size, "gray" if grey else "bgra", "FAST_BILINEAR"))


def _resized(frame: VideoFrame, size: tuple[int, int], kind: str, how: str) -> VideoFrame:
    scaler = _scalers.of((frame.width, frame.height, frame.format.name, *size, kind, how))
    return scaler.reformat(frame, width=size[0], height=size[1], format=kind, interpolation=how)


class _Scalers(threading.local):
    """One for each conversion and thread: to work out the filters anew takes longer than to use them.

    They hold a megabyte each, and go with their thread: each video that is opened has one of its own.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[object, ...], VideoReformatter] = OrderedDict()

    def of(self, conversion: tuple[object, ...]) -> VideoReformatter:
        """The one for this conversion."""
        made = self._made.setdefault(conversion, VideoReformatter())
        self._made.move_to_end(conversion)
        if len(self._made) > _SCALERS:
            self._made.popitem(last=False)
        return made


_scalers = _Scalers()


def _pixels(frame: VideoFrame) -> Pixels:
    """The memory of the frame itself: a copy would take half as long again as the conversion."""
    plane, channels = frame.planes[0], {"gray": 1, "bgr24": 3}.get(frame.format.name, 4)
    lines: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    rows = lines[: frame.height, : frame.width * channels]
    return rows if channels == 1 else rows.reshape(frame.height, frame.width, channels)


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """`size` scaled so that its longer side is `side`; at least a pixel each way."""
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
