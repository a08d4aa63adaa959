"""Particles with a form: all of a layer at once, turned, scaled and foreshortened at any sub-pixel place.

Each sprite's pixels are sampled from its mask (the level of the mask whose pixels are about as large), and
laid into the picture by a product with a sparse matrix. Where sprites cover, the entries are put in the order
of pixels and then of sprites, which gives each what those in front of it let through: exact, without a loop.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from server.sparks.engine.format.layers import Sprite
from server.sparks.engine.masks import EDGE, masks
from server.sparks.engine.scene import Floats
from server.sparks.engine.splat import tame

MOST_ENTRIES: Final = 900_000
"""Pixels of all sprites of a layer; of more, half as fine a picture is drawn, and again."""
LARGEST: Final = 400.0
_SOFT_PX: Final = 11
"""Smoke has no edges, so its puffs need no more pixels than so many of radius."""
_SIZES: Final = (3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 181, 256, 400)


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


def draw(sprite: Sprite, of: Sprites, width: int, height: int, *, covers: bool) -> Laid | None:
    """All sprites of a layer, the last in front. None if nothing is seen."""
    of = _seen(of, width, height)
    if not of.x.size:
        return None
    at = _level(sprite, of.radius)
    scale = np.float32(2.0**-at)
    tall, wide = -(-height // 2**at), -(-width // 2**at)
    if at:
        of = of._replace(x=of.x * scale, y=of.y * scale, radius=of.radius * scale)
    parts = _entries(sprite, of._replace(radius=np.maximum(of.radius, np.float32(0.5))), wide, tall)
    if parts is None:
        return None
    # Only the rows that sprites lie in: a sparse matrix costs by its rows as well. Of a coarse picture all.
    first, end = int(parts.pixel.min()) // wide, int(parts.pixel.max()) // wide + 1
    if at:
        first, end = 0, tall
    some = parts._replace(pixel=parts.pixel - np.int32(first * wide))
    light, left = (_over if covers else _plus)(some, of.colour, (end - first) * wide)
    light = light.reshape(-1, wide, 3)
    left = None if left is None else left.reshape(-1, wide)
    for up in range(at - 1, -1, -1):
        size = (-(-width // 2**up), -(-height // 2**up))
        light = cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
        left = None if left is None else cv2.resize(left, size, interpolation=cv2.INTER_LINEAR)
    rows = slice(0, height) if at else slice(first, end)
    return Laid((rows, slice(0, width)), light, left)


class _Entries(NamedTuple):
    """One for each pixel of each sprite: the pixel, the sprite, how much it covers, and its shade in that."""

    pixel: NDArray[np.int32]
    owner: NDArray[np.int32]
    cover: Floats
    shade: Floats


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


def _level(sprite: Sprite, radius: Floats) -> int:
    at = 0
    if sprite in (Sprite.SMOKE, Sprite.GLOW):
        at = max(0, int(np.log2(max(float(np.median(radius)) / _SOFT_PX, 1))))
    while at < 6 and float(((2 * EDGE * radius * 2.0**-at + 2) ** 2).sum()) > MOST_ENTRIES:
        at += 1
    return at


def _entries(sprite: Sprite, of: Sprites, wide: int, tall: int) -> _Entries | None:
    """The pixels of all sprites, those of alike size together."""
    group = np.searchsorted(np.array(_SIZES), of.radius)
    found = [
        _patches(sprite, of, np.flatnonzero(group == one), _SIZES[min(one, len(_SIZES) - 1)], wide, tall)
        for one in np.unique(group)
    ]
    parts = _Entries(*(np.concatenate(of_all) for of_all in zip(*found, strict=True)))
    return parts if parts.pixel.size else None


def _patches(
    sprite: Sprite, of: Sprites, which: NDArray[np.intp], largest: float, wide: int, tall: int
) -> _Entries:
    n = which.size
    size = int(np.ceil(2 * EDGE * largest)) + 2
    x, y, r = of.x[which], of.y[which], of.radius[which]
    left, top = np.floor(x - size / 2).astype(np.int32), np.floor(y - size / 2).astype(np.int32)
    level = max(
        (i for i, mask in enumerate(masks(sprite)) if mask.shape[0] >= 2 * EDGE * largest * 0.8), default=0
    )
    mask = masks(sprite)[level]
    # From a pixel of the patch to the mask: back by the angle, then by the size along and across.
    unit = np.float32(mask.shape[0] / (2 * EDGE)) / r
    cosine, sine = np.cos(of.angle[which]) * unit, np.sin(of.angle[which]) * unit
    across = 1 / of.side[which]
    pixels = np.arange(size, dtype=np.float32) + np.float32(0.5)
    off_x, off_y = left.astype(np.float32) - x, top.astype(np.float32) - y
    px, py = pixels[None] + off_x[:, None], pixels[None] + off_y[:, None]
    middle = np.float32(mask.shape[0] / 2 - 0.5)
    u = (cosine[:, None] * px + middle)[:, None, :] + (sine[:, None] * py)[:, :, None]
    v = (-(sine * across)[:, None] * px + middle)[:, None, :] + ((cosine * across)[:, None] * py)[:, :, None]
    sampled = _sampled(mask, u.reshape(n * size, size), v.reshape(n * size, size)).reshape(-1, 2)
    lies = (left[:, None] + np.arange(size, dtype=np.int32))[:, None, :]
    stands = (top[:, None] + np.arange(size, dtype=np.int32))[:, :, None]
    pixel = stands * np.int32(wide) + lies
    if lies.min() < 0 or stands.min() < 0 or lies.max() >= wide or stands.max() >= tall:
        pixel[(lies < 0) | (lies >= wide) | (stands < 0) | (stands >= tall)] = -1
    kept = np.flatnonzero((sampled[:, 0] > np.float32(0.004)) & (pixel.ravel() >= 0))
    owner = which.astype(np.int32)[kept // (size * size)]
    cover, shade = sampled[kept, 0], sampled[kept, 1]
    shade = np.minimum(shade / cover, np.float32(1))
    cover *= of.alpha[owner]
    places: NDArray[np.int32] = pixel.ravel()[kept].astype(np.int32)
    return _Entries(places, owner, cover, shade)


def _sampled(mask: Floats, u: Floats, v: Floats) -> Floats:
    """`cv2.remap` by blocks: it counts the rows of a map in 16 bits."""
    blocks = range(0, u.shape[0], 32_000)
    found: list[Floats] = [
        cv2.remap(mask, u[at : at + 32_000], v[at : at + 32_000], cv2.INTER_LINEAR) for at in blocks
    ]
    return found[0] if len(found) == 1 else np.concatenate(found)


def _plus(parts: _Entries, colour: Floats, pixels: int) -> tuple[Floats, None]:
    # By sprites, in whose order the entries of a size are: no need to sort them by pixels.
    order = np.argsort(parts.owner, kind="stable")
    counts = np.bincount(parts.owner, minlength=colour.shape[0])
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    weight = (parts.cover * parts.shade)[order]
    shape = (pixels, colour.shape[0])
    matrix = sparse.csc_matrix((weight, parts.pixel[order], begins), shape=shape)
    return matrix @ colour, None


def _over(parts: _Entries, colour: Floats, pixels: int) -> tuple[Floats, Floats]:
    """Later sprites in front: of each entry, what the entries of its pixel after it let through."""
    order = np.arange(1, parts.pixel.size + 1, dtype=np.int32)
    # By way of the columns the rows come out with their sprites in order.
    matrix = sparse.coo_matrix((order, (parts.pixel, parts.owner)), shape=(pixels, colour.shape[0]))
    rows = matrix.tocsc().tocsr()
    at = rows.data - 1
    cover = np.minimum(parts.cover[at], np.float32(0.9995))
    through = np.concatenate([[0.0], np.cumsum(np.log1p(-cover.astype(np.float64)))])
    counts = np.diff(rows.indptr)
    end = np.repeat(through[rows.indptr[1:]], counts)
    seen = cover * np.exp(end - through[1:]) * parts.shade[at]
    weights = sparse.csr_matrix((seen.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)
    left = np.exp(through[rows.indptr[1:]] - through[rows.indptr[:-1]])
    return weights @ colour, left.astype(np.float32)
