"""200 pictures made from numbers alone: the same on every machine, so that only their hashes are kept.

Whole numbers and numpy's frozen RandomState throughout: neither a new numpy nor another processor changes a
pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Random = np.random.RandomState

COUNT = 200
SEED = 20_261_130
SIZES = (
    *((640, 360), (360, 640), (512, 512), (333, 517), (641, 479), (97, 131), (854, 480), (240, 135)),
    *((1280, 720), (700, 513), (64, 64), (127, 129), (1023, 575), (128, 96), (1920, 1080), (511, 257)),
)
"""Width and height, in turn."""


def pictures() -> Iterator[Picture]:
    """All of them, RGB (height, width, 3)."""
    for number in range(COUNT):
        yield picture(number)


def picture(number: int) -> Picture:
    """One of them by its number."""
    random = Random(SEED + number)
    width, height = SIZES[number % len(SIZES)]
    kind = _KINDS[number // len(SIZES) % len(_KINDS)]
    return np.asarray(kind(random, height, width), np.uint8)


def gradient(random: Random, height: int, width: int) -> NDArray[Any]:
    """Slopes across the picture, folded at black and white, each colour its own way; a little grain."""
    planes = []
    for _ in range(3):
        a, b, start = (int(v) for v in random.randint(-700, 700, 3))
        level = (_ramp(width, a)[None, :] + _ramp(height, b)[:, None] + start) % 510
        planes.append(np.minimum(level, 509 - level))
    grain = random.randint(-6, 7, (height, width, 1), dtype=np.int8)
    return np.clip(np.stack(planes, axis=2) + grain, 0, 255)


def noise(random: Random, height: int, width: int) -> NDArray[Any]:
    """Squares of random colours of three sizes over each other."""
    total: Any = 0
    for cells in (6, 24, 96):
        coarse = random.randint(0, 256, (cells, cells, 3), dtype=np.uint8).astype(np.int16)
        rows, columns = np.arange(height) * cells // height, np.arange(width) * cells // width
        total = total + coarse[np.ix_(rows, columns)]
    return np.asarray(total // 3)


def shapes(random: Random, height: int, width: int) -> NDArray[Any]:
    """Discs and boxes of random colours on a slope."""
    slope = _ramp(width, 90)[None, :] + _ramp(height, 90)[:, None]
    found = np.repeat(slope[..., None], 3, axis=2)
    for _ in range(24):
        colour = random.randint(0, 256, 3)
        top, left = int(random.randint(0, height)), int(random.randint(0, width))
        tall, wide = (int(random.randint(2, 3 + side // 3)) for side in (height, width))
        part = found[top : top + tall, left : left + wide]
        if random.randint(2):
            part[:] = colour
        else:
            y, x = np.arange(part.shape[0])[:, None], np.arange(part.shape[1])[None, :]
            part[(2 * y - tall) ** 2 + (2 * x - tall) ** 2 < tall * tall] = colour
    return found


def _ramp(side: int, rise: int) -> NDArray[np.int32]:
    return np.arange(side, dtype=np.int32) * np.int32(rise) // np.int32(side)


def text(random: Random, height: int, width: int) -> NDArray[Any]:
    """Paragraphs over a picture: ragged lines of words of glyphs of 5 x 7 dots."""
    unit = max(1, min(height, width) // int(random.randint(70, 160)))
    found = shapes(random, height, width)
    ink = random.randint(0, 256, 3)
    for top in range(3 * unit, height - 9 * unit, 10 * unit):
        left, end = 5 * unit, 0 if random.randint(5) == 0 else width * int(random.randint(40, 100)) // 100
        while left < end - 6 * unit:
            glyph = np.kron(random.randint(0, 100, (7, 5)) < 45, np.ones((unit, unit), np.int64)) == 1
            found[top : top + 7 * unit, left : left + 5 * unit][glyph] = ink
            left += unit * (6 if random.randint(6) else 12)
    return found


_KINDS: tuple[Callable[[Random, int, int], NDArray[Any]], ...] = (gradient, noise, shapes, text)
