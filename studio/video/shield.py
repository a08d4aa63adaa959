"""The shield between a reviewer and raw pixels: blur and greyscale, applied before display."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Rows from the top: (height, width, 4) blue, green, red, 255; or (height, width) grey."""

_Matrix = NDArray[np.float32]

_FINEST = 40  # cells across the long side of the picture at strength 0
_COARSEST = 12  # ... and at strength 100
_BLURRED_SIDE = 320  # long side of a blurred picture; smooth, so the view may enlarge it
_SAMPLED_SIDE = 480  # long side of the picture the cells are averaged from
_SMOOTHNESS = 0.7  # standard deviation of the spread, in cells
_LUMA = np.array((0.114, 0.587, 0.299), dtype=np.float32)  # BT.601, blue first


@dataclass(frozen=True, slots=True)
class Shield:
    """What is done to a picture before it may be shown.

    strength: 0..100. Blur at strength 0 still leaves at most 40 cells across the long side.
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
    width, height = fit[::-1] if rotation % 180 else fit
    if shield.blur:
        return _turn(_blurred(frame, width, height, shield), rotation)
    kind = "gray" if shield.grey else "bgra"
    scaled = frame.reformat(width=width, height=height, format=kind, interpolation="FAST_BILINEAR")
    return _turn(_array(scaled), rotation)


def shield_pixels(pixels: Pixels, shield: Shield) -> Pixels:
    """Treat already converted blue-green-red-alpha pixels, such as a storyboard still."""
    height, width = pixels.shape[:2]
    if shield.blur:
        return _blur(pixels[:, :, :3], width, height, shield)
    return _to_grey(pixels[:, :, :3]) if shield.grey else pixels


def _array(frame: VideoFrame) -> Pixels:
    return np.ascontiguousarray(frame.to_ndarray()).astype(np.uint8, copy=False)


def _turn(pixels: Pixels, rotation: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, rotation // 90)) if rotation else pixels


def _to_grey(bgr: Pixels | _Matrix) -> Pixels:
    grey: Pixels = (bgr @ _LUMA).astype(np.uint8)
    return grey


def _fitted(width: int, height: int, side: int) -> tuple[int, int]:
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _blurred(frame: VideoFrame, width: int, height: int, shield: Shield) -> Pixels:
    across, down = _fitted(width, height, _SAMPLED_SIDE)
    small = frame.reformat(width=across, height=down, format="bgr24", interpolation="AREA")
    return _blur(_array(small), width, height, shield)


def _blur(bgr: Pixels, width: int, height: int, shield: Shield) -> Pixels:
    """Average into few cells, then spread them smoothly.

    The cells are all that is left of the picture: detail that does not fit into so few numbers
    cannot be computed back, whatever is done to the result.
    """
    across, down = _fitted(width, height, shield.cells)
    out_width, out_height = _fitted(width, height, _BLURRED_SIDE)
    cells = _along(_average(down, bgr.shape[0]), _average(across, bgr.shape[1]), bgr)
    smooth = _along(_spread(out_height, cells.shape[0]), _spread(out_width, cells.shape[1]), cells)
    if shield.grey:
        return _to_grey(smooth)
    out = np.full((out_height, out_width, 4), 255, dtype=np.uint8)
    out[:, :, :3] = smooth
    return out


def _along(rows: _Matrix, columns: _Matrix, pixels: Pixels | _Matrix) -> _Matrix:
    """Apply one operator down the rows and one along the columns of (height, width, 3) pixels."""
    height, width = pixels.shape[:2]
    lines = rows @ pixels.reshape(height, width * 3).astype(np.float32)
    # Transposed, so that both steps are one large matrix product; thousands of small ones are slow.
    upright = lines.reshape(-1, width, 3).transpose(1, 0, 2).reshape(width, -1)
    return (columns @ upright).reshape(len(columns), -1, 3).transpose(1, 0, 2)


@lru_cache(maxsize=64)
def _average(cells: int, size: int) -> _Matrix:
    """The operator (cells, size) that averages `size` pixels into equal cells."""
    cells = min(cells, size)
    edges = np.linspace(0, size, cells + 1)
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    average = np.clip(overlap, 0, None)
    operator: _Matrix = (average / average.sum(axis=1, keepdims=True)).astype(np.float32)
    return operator


@lru_cache(maxsize=64)
def _spread(out: int, cells: int) -> _Matrix:
    """The operator (out, cells) that draws cells as one smooth surface of Gaussians."""
    at = (np.arange(out) + 0.5) * cells / out
    spread = np.exp(-0.5 * ((at[:, None] - (np.arange(cells) + 0.5)) / _SMOOTHNESS) ** 2)
    operator: _Matrix = (spread / spread.sum(axis=1, keepdims=True)).astype(np.float32)
    return operator
