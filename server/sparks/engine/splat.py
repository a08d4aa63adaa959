"""Soft round light by a pyramid of pictures, each half as large: a particle of radius r goes where a pixel is
as large as r. What it costs goes by pixels, hardly by how many particles there are or how large.

The kernel is a product with a sparse matrix of four (or twice four) entries for each particle: measured, a
third of what `np.bincount` takes for three channels. Light is conserved: the pixels of the collapsed picture
sum up to the light put in, at whatever level, but for what leaves over the edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from server.sparks.engine.buffers import Buffers
from server.sparks.engine.scene import Floats

LEVELS: Final = 9
LARGEST: Final = 2.0 ** (LEVELS - 1)
"""The radius in px at the coarsest level; what is larger is drawn so large."""
MARGIN: Final = 4
"""Pixels around each level, so that light comes in from beyond the edges."""
BRIGHTEST: Final = 1e4

# Light on the finest level is kept crisp; coarser ones are smoothed more, or their pixels would be seen.
_FINE: Final = np.array([0.17, 0.66, 0.17], np.float32)
_SOFT: Final = np.array([0.05, 0.25, 0.4, 0.25, 0.05], np.float32)

# 1 over the square of the radius at each level.
_INVERSE: Final = (0.25 ** np.arange(LEVELS)).astype(np.float32)


class Glows(NamedTuple):
    """Soft round light at `x`, `y` px of `radius` px, arrays `(n,)`. `light` `(m, 3)` is what each gives in
    all, with a fourth column for how much of it lies there. In rows of glows `taps` `(m,)` says how many of
    them, after each other, share a row of `light`, by their `share` `(n,)` of it; their radii are powers of
    2."""

    x: Floats
    y: Floats
    radius: Floats
    light: Floats
    taps: NDArray[np.int32] | None = None
    share: Floats | None = None


class Pyramid:
    """Where the levels of a picture of `width` x `height` px lie in one flat buffer."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._buffers = Buffers()
        self.shapes = [
            (-(-height // 2**at) + 2 * MARGIN, -(-width // 2**at) + 2 * MARGIN) for at in range(LEVELS)
        ]
        sizes = [tall * wide for tall, wide in self.shapes]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        self._bottom = np.array([shape[0] - 1 for shape in self.shapes], np.float32)
        self._right = np.array([shape[1] - 1 for shape in self.shapes], np.float32)
        self._stride = np.array([shape[1] for shape in self.shapes], np.int32)
        self._scale = (0.5 ** np.arange(LEVELS)).astype(np.float32)

    def put(self, glows: Sequence[Glows], *, channels: int = 3) -> list[Floats | None]:
        """The levels with the light of all, each `(h, w, channels)`. None where a level stays dark."""
        single = [one for one in glows if one.taps is None and one.x.size]
        rows = [one for one in glows if one.taps is not None and one.x.size]
        x, y = _joined([one.x for one in single]), _joined([one.y for one in single])
        fine, share = _levels(_joined([one.radius for one in single]))
        split = np.flatnonzero(share > 0)
        light = _joined([one.light[:, :channels] for one in single], channels)
        at = _joined([fine, fine[split] + 1, *(_level(one.radius) for one in rows)])
        shares = [1 - share, share[split], *(one.share for one in rows if one.share is not None)]
        x = _joined([x, x[split], *(one.x for one in rows)])
        y = _joined([y, y[split], *(one.y for one in rows)])
        light = _joined([light, light[split], *(one.light[:, :channels] for one in rows)], channels)
        alone = np.ones(share.size + split.size, np.int32)
        taps = _joined([alone, *(one.taps for one in rows if one.taps is not None)])
        counts = np.bincount(at, minlength=LEVELS)
        # Where all are of one level, it needs not be looked up for each.
        of = at if np.count_nonzero(counts) > 1 else at[:1]
        scale = self._scale[of]
        amount = _joined(shares) * scale
        amount *= scale
        left, top = x * scale + np.float32(MARGIN - 0.5), y * scale + np.float32(MARGIN - 0.5)
        # False for what is not a number too, which must not come to the casts below. It stays with no light:
        # taking it out of all arrays takes longer.
        seen = (left >= 0) & (top >= 0) & (left < self._right[of]) & (top < self._bottom[of])
        dark = np.flatnonzero(~seen)
        left[dark], top[dark], amount[dark] = 0, 0, 0
        # Nothing is worked out of the levels before the finest of them.
        begin = self.offsets[int(np.argmax(counts > 0))]
        flat = self._sum(left, top, of, amount, light, taps, begin)
        return [
            flat[self.offsets[level] - begin : self.offsets[level + 1] - begin].reshape(*shape, channels)
            if counts[level]
            else None
            for level, shape in enumerate(self.shapes)
        ]

    def _sum(
        self,
        left: Floats,
        top: Floats,
        at: NDArray[np.int32],
        amount: Floats,
        light: Floats,
        taps: NDArray[np.int32],
        begin: np.int32,
    ) -> Floats:
        # In float32 throughout: int32 with float32 would make float64, twice as slow.
        column, row = left.astype(np.int32), top.astype(np.int32)
        left -= column.astype(np.float32)
        top -= row.astype(np.float32)
        stride = self._stride[at]
        row *= stride
        row += column
        row += self.offsets[at] - begin
        places = np.empty((row.size, 4), np.int32)
        places[:, 0] = row
        np.add(row, 1, out=places[:, 1])
        row += stride
        places[:, 2] = row
        np.add(row, 1, out=places[:, 3])
        weights = np.empty((row.size, 4), np.float32)
        top *= amount
        amount -= top
        np.multiply(amount, left, out=weights[:, 1])
        np.subtract(amount, weights[:, 1], out=weights[:, 0])
        np.multiply(top, left, out=weights[:, 3])
        np.subtract(top, weights[:, 3], out=weights[:, 2])
        begins = np.zeros(taps.size + 1, np.int32)
        np.cumsum(taps, out=begins[1:])
        begins *= 4
        shape = (int(self.offsets[-1] - begin), taps.size)
        matrix = sparse.csc_matrix((weights.ravel(), places.ravel(), begins), shape=shape)
        summed: Floats = matrix @ light
        return summed

    def collapse(
        self, levels: list[Floats | None], *, channels: int = 3, keep: str = "", upto: int = 0
    ) -> Floats | None:
        """One picture `(height, width, channels)` of all levels, good until the next call with the same
        `keep`; None where all are dark. `upto` a level that is not the finest it is halved so often, and has
        one more pixel around it; see `enlarged`."""
        gathered: Floats | None = None
        for at in range(LEVELS - 1, upto - 1, -1):
            own = levels[at]
            if gathered is not None:
                coarse = self._finer(gathered, at, keep)
                own = coarse if own is None else cv2.add(own, coarse, dst=own)
            if own is None:
                continue
            if at == 0 and all(level is None for level in levels[:3]):
                gathered = own  # nothing in it is so fine that pixels could be seen
                continue
            kernel = _SOFT if at else _FINE
            smooth = self._buffers.get(f"smooth {at} {channels} {keep}", (*self.shapes[at], channels))
            gathered = cv2.sepFilter2D(own, -1, kernel, kernel, smooth, borderType=cv2.BORDER_CONSTANT)
        if gathered is None:
            return None
        (tall, wide), edge = self.shapes[upto], MARGIN - (upto > 0)
        return gathered[edge : tall - edge, edge : wide - edge]

    def enlarged(self, picture: Floats, upto: int) -> Floats:
        """What was worked out of a picture collapsed `upto` a level, `(height, width)` or with channels, in
        its full size."""
        if not upto:
            return picture
        edge, size = 1 << upto, (picture.shape[1] << upto, picture.shape[0] << upto)
        whole: Floats = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        return whole[edge : edge + self.height, edge : edge + self.width]

    def _finer(self, coarse: Floats, at: int, keep: str) -> Floats:
        tall, wide = self.shapes[at]
        channels, size = coarse.shape[2], (2 * coarse.shape[1], 2 * coarse.shape[0])
        doubled = self._buffers.get(f"up {at} {channels} {keep}", (size[1], size[0], channels))
        cv2.resize(coarse, size, dst=doubled, interpolation=cv2.INTER_LINEAR)
        return doubled[MARGIN : MARGIN + tall, MARGIN : MARGIN + wide]


def _levels(radius: Floats) -> tuple[NDArray[np.int32], Floats]:
    """The finer of the two levels of each particle, and the share of its light at the coarser: so much that
    its variance grows as the square of its radius, hence nothing jumps where it passes a level."""
    within = np.clip(radius, np.float32(1), np.float32(LARGEST))
    # NaN stays NaN through that, and only its place says that it is not drawn.
    within[within != within] = 1
    # Of a float32 from 1 up the exponent, in its bits, is the level; the largest belongs to the last but one.
    fine = (within.view(np.int32) >> 23) - 127
    np.minimum(fine, LEVELS - 2, out=fine)
    within *= within
    within *= _INVERSE[fine]
    within -= 1
    within /= 3
    return fine, np.minimum(within, 1, out=within)


def _level(radius: Floats) -> NDArray[np.int32]:
    """The level of radii that are powers of 2."""
    return (radius.view(np.int32) >> 23) - 127


def _joined(parts: Sequence[Floats], channels: int = 0) -> Floats:
    some = [one for one in parts if len(one)]
    if not some:
        return np.empty((0, channels) if channels else 0, parts[0].dtype if parts else np.float32)
    return some[0] if len(some) == 1 else np.concatenate(some)


def dithered(radius: Floats, turn: Floats) -> Floats:
    """Radii `(m, taps)` as powers of 2, one finer or coarser by the `turn` (0 to 1) of each tap, so that a
    row of them is as wide as if each lay at two levels: half of the work."""
    fine, share = _levels(radius)
    fine += share > turn
    return np.ldexp(np.float32(1), fine)


def light_of(colour: Floats, radius: Floats) -> Floats:
    """What a glow of this colour `(n, 3)` and radius in px gives in all, `(n, 3)`; with a fourth column, how
    much of it lies there."""
    # What is not a number is 0 by the first.
    r = np.fmin(np.fmax(radius, np.float32(0)), np.float32(LARGEST))
    light: Floats = tame(colour) * (r * r)[:, None]
    return light


def tame(colour: Floats) -> Floats:
    """Colours without what is not a number, or less than dark, or more than any light."""
    if colour.size and not (colour.min() >= 0 and colour.max() <= BRIGHTEST):
        known: Floats = np.nan_to_num(colour, nan=0, posinf=BRIGHTEST, neginf=0)
        return known.clip(0, np.float32(BRIGHTEST))
    return colour
