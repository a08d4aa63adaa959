"""Films for the stories: sunrise over a harbour, as large as need be."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.coded_clips import Recipe, write_clip

SIZE = (216, 384)
"""Upright, as the feed shows films; width and height in px."""
_HORIZON = 0.62
_SKY, _HAZE, _SEA, _SUN = (
    np.array(rgb, np.float32) for rgb in ((38, 52, 110), (250, 170, 110), (16, 40, 70), (255, 236, 190))
)


def film(path: Path, *, seconds: int, size: int = 0, dusk: bool = False) -> Path:
    """Write an MP4 with a tone, in other colours at `dusk`; at least `size` bytes large.

    What lacks of the size is noise in a box that every reader skips: no two parts of the file are alike.
    """

    def draw(number: int, width: int, height: int) -> NDArray[np.uint8]:
        picture = np.clip(_harbour(number / (seconds * 30), width, height), 0, 255).astype(np.uint8)
        return picture[..., ::-1] if dusk else picture

    width, height = SIZE
    write_clip(path, Recipe(), frames=seconds * 30, width=width, height=height, tone=True, draw=draw)
    lacking = size - path.stat().st_size
    if lacking > 0:
        with path.open("ab") as file:
            file.write((lacking + 8).to_bytes(4, "big") + b"free" + np.random.default_rng(7).bytes(lacking))
    return path


def _harbour(gone: float, width: int, height: int) -> NDArray[np.float32]:
    """The picture after the fraction `gone` of the film: the sun rises out of the water."""
    x, y, sky, sea = _scenery(width, height)
    across = width * 0.6
    away = np.hypot(x - across, y - height * (_HORIZON + 0.08 - 0.42 * gone)) / width
    glow = np.exp(-away * 5)[..., None] * 0.6
    above = np.where(away[..., None] < 0.11, _SUN, sky * (1 - glow) + _SUN * glow)
    ripple = 12 * np.sin(y * 0.55 + np.sin(x * 0.06 + gone * 20) * 2)
    shine = np.exp(-((x - across) ** 2) / (2 * (width * 0.09) ** 2)) * 110 * gone + ripple
    below = sea + shine[..., None] * np.array((1.0, 0.75, 0.4), np.float32)
    picture: NDArray[np.float32] = np.where((y > height * _HORIZON)[..., None], below, above)
    return picture


@lru_cache(maxsize=1)
def _scenery(width: int, height: int) -> tuple[NDArray[np.float32], ...]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = np.clip(y / (height * _HORIZON), 0, 1)[..., None] ** 1.6
    return x, y, _SKY * (1 - up) + _HAZE * up, np.broadcast_to(_SEA, (height, width, 3))
