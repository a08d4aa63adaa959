"""Particles with a form: all of a layer at once, turned, scaled and foreshortened at any sub-pixel place.

Of each sprite those pixels are taken that lie in the box around its form. All of them are sampled together,
from the mask whose pixels are about as large, and laid into the picture by a product with a sparse matrix.
Where sprites cover, the entries are put in the order of pixels and then of sprites, which gives each what
those in front of it let through: exact, without a loop.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from server.sparks.engine.format.layers import Sprite
from server.sparks.engine.masks import EDGE, LEVELS, SIZE, UNSEEN, Atlas, atlas
from server.sparks.engine.scene import Floats
from server.sparks.engine.spans import Boxes, spans
from server.sparks.engine.splat import tame

MOST_ENTRIES: Final = 900_000
"""Pixels of all sprites of a layer; of more, half as fine a picture is drawn, and again."""
LARGEST: Final = 400.0
_SOFT_PX: Final = 6
"""Smoke has no edges, so its puffs need no more pixels than so many of radius."""
_FINEST: Final = np.float32(SIZE / (2 * EDGE))
"""Pixels of the largest mask in the radius of its form."""
_COARSE: Final = 0.8
"""Pixels of a mask in one of the picture at least."""
_OPAQUE: Final = np.float32(0.9995)
_ACROSS: Final = 1_024
"""Entries in a row of what is sampled: `cv2.remap` counts rows and columns in 16 bits."""


class Sprites(NamedTuple):
    """Arrays `(n,)` in px and radians, `colour` `(n, 3)`, linear; see `scene.Drawn`."""

    x: Floats
    y: Floats
    radius: Floats
    angle: Floats
    side: Floats
    colour: Floats
    alpha: Floats


class Laid(NamedTuple):
    """Light `(h, w, 3)` of an `area` (rows, columns) of a picture and how much of what is behind is left
    there, `(h, w)`, None where that is all."""

    area: tuple[slice, slice]
    light: Floats
    left: Floats | None


class Spots(NamedTuple):
    """Some pixels of a picture, each by its place in it, `(p,)`: their light `(p, 3)` and how much of what is
    behind is left there `(p,)`."""

    pixel: NDArray[np.int32]
    light: Floats
    left: Floats


def draw(sprite: Sprite, of: Sprites, width: int, height: int, *, covers: bool) -> Laid | Spots | None:
    """All sprites of a layer, the last in front. None if nothing is seen."""
    of = _seen(of, width, height)
    form = atlas(sprite)
    at = _level(sprite, of, form.box, width * height) if of.x.size else 0
    scale = np.float32(2.0**-at)
    tall, wide = -(-height // 2**at), -(-width // 2**at)
    radius = np.maximum(of.radius * scale, np.float32(0.5))
    of = of._replace(x=of.x * scale, y=of.y * scale, radius=radius)
    parts = _entries(form, of, wide, tall, covers=covers)
    if not parts.pixel.size:
        return None
    if not covers:
        # Only the rows that sprites lie in: a sparse matrix costs by its rows as well.
        first, end = int(parts.pixel.min()) // wide, int(parts.pixel.max()) // wide + 1
        if at:
            first, end = 0, tall
        light = _plus(parts, of.colour, first * wide, end * wide).reshape(-1, wide, 3)
        rows = slice(0, height) if at else slice(first, end)
        return Laid((rows, slice(0, width)), _finer(light, width, height, at), None)
    spots = _over(parts, of.colour, wide * tall)
    if not at:
        return spots
    light, left = np.zeros((tall * wide, 3), np.float32), np.ones(tall * wide, np.float32)
    light[spots.pixel], left[spots.pixel] = spots.light, spots.left
    whole = [
        _finer(one, width, height, at) for one in (light.reshape(tall, wide, 3), left.reshape(tall, wide))
    ]
    return Laid((slice(0, height), slice(0, width)), *whole)


class _Entries(NamedTuple):
    """One for each pixel of each sprite, sprite by sprite: the pixel, how much of it is covered, and how much
    of the sprite's colour is seen there, each 0 to 1. Those of sprite i are `begins[i]` to `begins[i + 1]`.
    """

    pixel: NDArray[np.int32]
    cover: Floats
    lit: Floats
    begins: NDArray[np.int32]


def _seen(of: Sprites, width: int, height: int) -> Sprites:
    r = np.clip(of.radius, 0, np.float32(LARGEST))
    edge = r * np.float32(EDGE * 1.42)
    seen = (of.x > -edge) & (of.x < width + edge) & (of.y > -edge) & (of.y < height + edge) & (of.alpha > 0)
    kept = np.flatnonzero(seen & (r > 0) & np.isfinite(of.angle) & np.isfinite(of.side))
    # Below a pixel it fades instead of getting thinner than the grid can show.
    small = np.minimum(r[kept] / np.float32(0.5), 1) ** 2
    alpha = (np.clip(of.alpha[kept], 0, 1) * small).astype(np.float32)
    side = np.clip(np.abs(of.side[kept]), np.float32(0.08), 1)
    return Sprites(of.x[kept], of.y[kept], r[kept], of.angle[kept], side, tame(of.colour[kept]), alpha)


def _level(sprite: Sprite, of: Sprites, box: Floats, picture: int) -> int:
    at = 0
    if sprite in (Sprite.SMOKE, Sprite.GLOW):
        at = max(0, int(np.log2(max(float(np.median(of.radius)) / _SOFT_PX, 1))))
    long, wide = (box[1] - box[0]) * of.radius, (box[3] - box[2]) * of.radius * of.side
    while at < 6:
        scale = 2.0**-at
        pixels = np.minimum((long * scale + 2) * (wide * scale + 2), picture * scale**2)
        if float(pixels.sum()) <= MOST_ENTRIES:
            break
        at += 1
    return at


def _entries(form: Atlas, of: Sprites, wide: int, tall: int, *, covers: bool) -> _Entries:
    level = np.floor(np.log2(_FINEST / _COARSE / of.radius)).clip(0, LEVELS - 1).astype(np.intp)
    texels = np.ldexp(_FINEST, -level).astype(np.float32)
    cosine, sine = np.cos(of.angle), np.sin(of.angle)
    # A pixel of the mask beyond the form is not quite dark.
    behind, ahead, left, right = form.box[:, None] + np.array([[-1], [1], [-1], [1]], np.float32) / texels
    narrow = of.radius * of.side
    boxes = Boxes(
        of.x, of.y, cosine, sine, behind * of.radius, ahead * of.radius, left * narrow, right * narrow
    )
    owner, row, column, length = spans(boxes, wide, tall)
    # Where it begins in the mask, and how it goes on there from pixel to pixel.
    across, down = column.astype(np.float32) + np.float32(0.5), row.astype(np.float32) + np.float32(0.5)
    across -= of.x[owner]
    down -= of.y[owner]
    du, dv = texels / of.radius * cosine, -texels / narrow * sine
    eu, ev = texels / of.radius * sine, texels / narrow * cosine
    u = form.middle_u[level][owner] + du[owner] * across + eu[owner] * down
    v = form.middle_v[level][owner] + dv[owner] * across + ev[owner] * down
    ends = np.cumsum(length, dtype=np.int32)
    first, total = ends - length, int(ends[-1]) if ends.size else 0
    count = np.arange(total, dtype=np.int32)
    along = (count - np.repeat(first, length)).astype(np.float32)
    where = np.zeros((2, -(-total // _ACROSS) * _ACROSS), np.float32)
    for axis, begin, step in ((0, u, du[owner]), (1, v, dv[owner])):
        np.multiply(np.repeat(step, length), along, out=where[axis, :total])
        where[axis, :total] += np.repeat(begin, length)
    pixel = count + np.repeat(row * np.int32(wide) + column - first, length)
    begins = np.append(first, np.int32(total))[np.searchsorted(owner, np.arange(of.x.size + 1))]
    maps = where.reshape(2, -1, _ACROSS)
    alpha = np.repeat(of.alpha[owner], length)
    lit = _sampled(form.lit, maps, total)
    if not covers:
        return _Entries(pixel, lit, lit * alpha, begins)
    cover = _sampled(form.cover, maps, total)
    # By the form alone: of what is faint, much may lie on a pixel.
    kept = np.flatnonzero(cover > np.float32(UNSEEN))
    begins, alpha = np.searchsorted(kept, begins).astype(np.int32), alpha[kept]
    return _Entries(pixel[kept], cover[kept] * alpha, lit[kept] * alpha, begins)


def _sampled(mask: Floats, maps: Floats, total: int) -> Floats:
    if not total:
        return np.zeros(0, np.float32)
    found: Floats = cv2.remap(mask, maps[0], maps[1], cv2.INTER_LINEAR).reshape(-1)[:total]
    return found


def _plus(parts: _Entries, colour: Floats, first: int, end: int) -> Floats:
    """The pixels from `first` to `end`."""
    shape = (end - first, colour.shape[0])
    matrix = sparse.csc_matrix((parts.lit, parts.pixel - np.int32(first), parts.begins), shape=shape)
    light: Floats = matrix @ colour
    return light


def _over(parts: _Entries, colour: Floats, pixels: int) -> Spots:
    """Later sprites in front: of each entry is seen what the entries of its pixel after it let through."""
    # Only the pixels that sprites lie in: a sparse matrix costs by its rows as well.
    lies = np.zeros(pixels, np.bool_)
    lies[parts.pixel] = True
    pixel = np.flatnonzero(lies).astype(np.int32)
    which = np.empty(pixels, np.int32)
    which[pixel] = np.arange(pixel.size, dtype=np.int32)
    pairs = np.empty(parts.pixel.size, np.complex64)  # as one number, for they are moved together
    pairs.real, pairs.imag = parts.cover, parts.lit
    shape = (pixel.size, colour.shape[0])
    rows = sparse.csc_matrix((pairs, which[parts.pixel], parts.begins), shape=shape).tocsr()
    cover = np.minimum(rows.data.real, _OPAQUE)
    through = np.zeros(cover.size + 1)
    np.cumsum(cv2.log(1 - cover).astype(np.float64), out=through[1:])
    ends = through[rows.indptr[1:]]
    front = np.repeat(ends, np.diff(rows.indptr))
    front -= through[1:]
    seen = cv2.exp(front.astype(np.float32))
    seen *= rows.data.imag
    weights = sparse.csr_matrix((seen, rows.indices, rows.indptr), shape=shape)
    left = cv2.exp((ends - through[rows.indptr[:-1]]).astype(np.float32))
    return Spots(pixel, weights @ colour, left)


def _finer(picture: Floats, width: int, height: int, at: int) -> Floats:
    """What was drawn in `at` halvings, in its size: each pixel becomes two by two, also the last ones that
    reach over the edge."""
    for _ in range(at):
        size = (2 * picture.shape[1], 2 * picture.shape[0])
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return picture[:height, :width]
