"""PDQ, a perceptual hash of 256 bits: pictures that look alike differ in few of them.

Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Facebook, 2019; the paper
of the ThreatExchange reference). A picture becomes grey, is blurred twice by a box, sampled at 64 x 64 places
and transformed (DCT-II); each of the 16 x 16 lowest frequencies is one bit: above the median of all or not.

Two algorithms, which must not be mixed in one index: `pdq-1` at full size, bit for bit that of the reference,
for lists of hashes that others made; `pdq-1s` of the picture shrunk to 512, five times as fast at 1080p.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

BYTES: Final = 32
LONGER_SIDE: Final = 512
"""Of what `pdq-1s` looks at, in pixels."""
GOOD_QUALITY: Final = 50
"""Below it there is so little in a picture that strangers look alike: no match (ThreatExchange's figure)."""

_SAMPLES = 64
_FREQUENCIES = 16
_WINDOWS_A_SIDE = 128
_QUALITY_UNIT = 90
_MEDIAN = _FREQUENCIES * _FREQUENCIES // 2 - 1
_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)


class Algorithm(StrEnum):
    """How a hash was made."""

    PDQ_1 = "pdq-1"
    PDQ_1S = "pdq-1s"


@dataclass(frozen=True)
class Hash:
    """The 32 bytes of a PDQ, first bit highest, and how much there was to see in the picture, 0 to 100."""

    bits: bytes
    quality: int
    algorithm: Algorithm

    @property
    def hex(self) -> str:
        """64 digits as ThreatExchange writes them."""
        return self.bits.hex()

    def distance(self, other: Hash) -> int:
        """The number of bits that differ, 0 to 256. ValueError for hashes of two algorithms."""
        if self.algorithm is not other.algorithm:
            raise ValueError(f"{self.algorithm} and {other.algorithm} do not compare")
        return (int.from_bytes(self.bits) ^ int.from_bytes(other.bits)).bit_count()


def pdq(picture: Picture) -> Hash:
    """`pdq-1` of an RGB picture (height, width, 3), uint8; ValueError for any other array."""
    return _hash(_luma(picture), Algorithm.PDQ_1)


def pdq_small(picture: Picture) -> Hash:
    """`pdq-1s` of an RGB picture (height, width, 3), uint8; ValueError for any other array."""
    return _hash(_luma(shrunk(picture)), Algorithm.PDQ_1S)


def both_ways(picture: Picture, algorithm: Algorithm = Algorithm.PDQ_1S) -> tuple[Hash, Hash]:
    """The hash of a picture and of its mirror image.

    The picture itself is flipped, not the signs of its transform: the places of the samples are not
    symmetrical, and that shortcut is some 27 bits off, up to 66.
    """
    luma = _luma(shrunk(picture) if algorithm is Algorithm.PDQ_1S else picture)
    return _hash(luma, algorithm), _hash(np.ascontiguousarray(luma[:, ::-1]), algorithm)


def shrunk(picture: Picture) -> Picture:
    """The picture so that its longer side is 512 at most: each new pixel the mean of those that it covers."""
    height, width = _checked(picture).shape[:2]
    longer = max(height, width)
    if longer <= LONGER_SIDE:
        return picture
    size = (max(1, round(width * LONGER_SIDE / longer)), max(1, round(height * LONGER_SIDE / longer)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _checked(picture: Picture) -> Picture:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"no RGB picture: {picture.dtype} {picture.shape}")
    return picture


def _luma(picture: Picture) -> Plane:
    grey: Any = cv2.transform(_checked(picture).astype(np.float32), _LUMA)
    return np.asarray(grey, np.float32)


def _hash(luma: Plane, algorithm: Algorithm) -> Hash:
    samples = _sampled(_blurred(_blurred(luma)))
    matrix = _dct()
    low = (matrix @ samples @ matrix.T).ravel()
    bits = low > np.partition(low, _MEDIAN)[_MEDIAN]
    return Hash(np.packbits(bits[::-1]).tobytes(), _quality(samples), algorithm)


def _blurred(plane: Plane) -> Plane:
    """The mean of the window around each pixel, of as much of the window as lies inside."""
    return _summed(plane) / _inside(plane.shape[0], plane.shape[1])


def _summed(plane: Plane) -> Plane:
    width, height = (_window(side) for side in (plane.shape[1], plane.shape[0]))
    anchor = ((width - 1) // 2, (height - 1) // 2)
    total = cv2.boxFilter(
        plane, cv2.CV_32F, (width, height), anchor=anchor, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(total, np.float32)


def _window(side: int) -> int:
    return (side + _WINDOWS_A_SIDE - 1) // _WINDOWS_A_SIDE


@lru_cache(maxsize=32)
def _inside(height: int, width: int) -> Plane:
    """How many pixels of each window lie inside the picture."""
    return _summed(np.ones((height, width), np.float32))


def _sampled(plane: Plane) -> Plane:
    height, width = plane.shape
    rows, columns = (
        ((np.arange(_SAMPLES) + 0.5) * side / _SAMPLES).astype(np.intp) for side in (height, width)
    )
    return plane[np.ix_(rows, columns)]


def _quality(samples: Plane) -> int:
    """The sum of the steps between neighbours in hundredths, 100 from 9,000 on."""
    # In the order of the reference: multiplied first, each step cut off to a whole number.
    whole, white = np.float32(100), np.float32(255)
    steps = (np.trunc(np.abs(np.diff(samples, axis=axis)) * whole / white) for axis in (0, 1))
    return min(100, int(sum(step.sum() for step in steps)) // _QUALITY_UNIT)


@lru_cache(maxsize=1)
def _dct() -> Plane:
    """The second to seventeenth row of the DCT-II of 64 samples: the first says only how bright it is."""
    rows = np.arange(1, _FREQUENCIES + 1)[:, None]
    columns = 2 * np.arange(_SAMPLES)[None, :] + 1
    matrix = np.sqrt(2 / _SAMPLES) * np.cos(np.pi / (2 * _SAMPLES) * rows * columns)
    return np.asarray(matrix, np.float32)
