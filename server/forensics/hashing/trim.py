"""Find the bars around a picture, so that what is hashed is the picture and not its frame.

Done alike for banked material and for queries. Bars are believed only where a dark scene would not look the
same: on two opposite sides, about equally wide, of one colour from edge to edge, and ending in one straight
line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.forensics.hashing.pdq import Picture

NOISE: Final = 14
"""Levels by which a bar's pixel may be off its colour: what strong compression leaves in a flat field."""
_SPECKS = 0.02
"""The share of a bar's line that may be of another colour nevertheless: ringing around the picture's edge."""
_STRAIGHT = 0.6
"""The share of a bar's inner side along which the picture must begin within `_REACH` lines."""
_BEGUN = 0.3
"""The share of one line from which on it belongs to the picture."""
_REACH = 5
_LEAST_LINES = 3
_MOST_SHARE = 0.42
"""Of one bar; 9:16 in 16:9 leaves bars of 0.34."""
_UNEVEN = 0.02


@dataclass(frozen=True)
class Bars:
    """The lines of pixels to leave out on each side."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return bool(self.top or self.bottom or self.left or self.right)


class Trimmer:
    """Trims the pictures of one video, in order.

    Bars found once are kept while the pictures fit them: a night scene behind bars does not show where they
    end.
    """

    def __init__(self) -> None:
        self._bars = Bars()

    def trim(self, picture: Picture) -> Picture:
        """The picture (height, width, 3) without its bars: a view of it, all of it where it has none."""
        if not (self._bars and _fits(picture, self._bars)):
            self._bars = bars(picture)
        return without(picture, self._bars)


def bars(picture: Picture) -> Bars:
    """The bars of a picture (height, width, 3) of uint8: above and below, then beside what is left."""
    top, bottom = _pair(picture)
    inner = without(picture, Bars(top=top, bottom=bottom))
    left, right = _pair(inner.swapaxes(0, 1))
    return Bars(top, bottom, left, right)


def without(picture: Picture, found: Bars) -> Picture:
    """A view of the picture that leaves the bars out."""
    height, width = picture.shape[:2]
    return picture[found.top : height - found.bottom, found.left : width - found.right]


def _pair(picture: Picture) -> tuple[int, int]:
    """The bars at the first and at the last rows, 0 and 0 unless there is a pair."""
    rows = len(picture)
    if picture.size == 0:
        return 0, 0
    colour = np.median(picture[0], axis=0)
    if np.abs(np.median(picture[-1], axis=0) - colour).max() > NOISE:
        return 0, 0
    strays = _strays(picture, colour)
    first, last = _bar(strays), _bar(strays[::-1])
    even = abs(first - last) <= max(2, _UNEVEN * rows)
    return (first, last) if even and min(first, last) >= _LEAST_LINES else (0, 0)


def _strays(picture: Picture, colour: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pixels (height, width) are not of the colour."""
    low, high = np.clip(colour - NOISE, 0, 255), np.clip(colour + NOISE, 0, 255)
    strays = (picture < low.astype(np.uint8)) | (picture > high.astype(np.uint8))
    return np.asarray(strays.any(axis=2))


def _bar(strays: NDArray[np.bool_]) -> int:
    """How many of the first rows are a bar; 0 where they end in no straight line or take too much."""
    shares = strays.mean(axis=1)
    end = int((shares > _SPECKS).argmax())
    if not 0 < end <= _MOST_SHARE * len(strays):
        return 0
    edge = slice(end, end + _REACH)
    begun = shares[edge] >= _BEGUN
    if not begun.any() or strays[edge].any(axis=0).mean() < _STRAIGHT:
        return 0
    # The line in which bar and picture are mixed goes too.
    return end + int(begun.argmax()) + 1


def _fits(picture: Picture, found: Bars) -> bool:
    """Whether everything outside is of one colour still."""
    height, width = picture.shape[:2]
    if found.top + found.bottom >= height or found.left + found.right >= width:
        return False
    colour = np.median(picture[0] if found.top else picture[:, 0], axis=0)
    sides = (
        picture[: found.top],
        picture[height - found.bottom :],
        picture[:, : found.left],
        picture[:, width - found.right :],
    )
    return all(_strays(side, colour).mean() <= _SPECKS for side in sides if side.size)
