"""How alike two sparks look, colour apart: so that a catalogue has no two that are one in other colours.

Looked at are brightness (the brightest of R, G and B, which no turn of the hue changes) on a grid of 0.1 s,
from three sides:

* the picture at each moment, by the low frequencies of its cosine transform, as perceptual hashes take them,
  though with their sizes and not their signs alone: a sign that is near nothing is turned by a new seed;
* where it moves, over all its time;
* how its light and its motion come and go.

Two are compared as they are and mirrored, and up to 0.5 s apart, and the nearest counts. A copy in other
colours, mirrored, late, or of another seed is near 0; what has nothing in common is near 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

EVERY: Final = 0.1
"""s between the moments that are looked at."""
SHIFT: Final = 5
"""Moments that two may lie apart."""
WEIGHTS: Final = (0.5, 0.3, 0.2)
"""Of the pictures, of where it moves, of how it comes and goes."""
_SIDE: Final = 32
_FREQUENCIES: Final = 8
_MOTION: Final = (12, 20)
_DARK: Final = 1e-6
_EVENNESS: Final = 0.5
"""How much it counts that it is bright all over. Without it two rains of the same kind have little in common,
as their drops are elsewhere (0.43 apart instead of 0.03); with all of it everything is a little alike."""
_STEADY: Final = 5

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """What a film is compared by, of `n` moments: `pictures` `(n, 8, 8)`, the cosine transform; `motion`
    `(20, 12)`, where it moves; `light` and `change` `(n,)`, how much of either there is by then."""

    pictures: Array
    motion: Array
    light: Array
    change: Array


def features(frames: Iterable[NDArray[np.uint8]], fps: int = 30) -> Features:
    """The features of pictures uint8 `(h, w, 3)` or premultiplied `(h, w, 4)`, of the whole stage."""
    pictures, light, change = list[Array](), list[float](), list[float]()
    moved = np.zeros(_MOTION[::-1], np.float32)
    before: Array | None = None
    due = 0.0
    for i, frame in enumerate(frames):
        if i / fps + 1e-6 < due:
            continue
        due += EVERY
        now = _brightness(frame)
        pictures.append(_transform(now))
        light.append(float(now.mean()))
        moving = np.abs(now - before) if before is not None else np.zeros_like(now)
        change.append(float(moving.mean()))
        moved += cv2.resize(moving, _MOTION, interpolation=cv2.INTER_AREA)
        before = now
    return Features(
        pictures=_steadied(pictures),
        motion=np.asarray(cv2.GaussianBlur(moved, (0, 0), 1.0), np.float32),
        light=np.array(light, np.float32),
        change=np.array(change, np.float32),
    )


def _brightness(frame: NDArray[np.uint8]) -> Array:
    """float32 `(64, 36)`, 0 to 1. Its root is taken: of light on black the dim parts say as much as the few
    bright ones; and it is blurred so far that single particles, which each seed throws anew, are one glow."""
    bright = frame[..., :3].max(axis=2)
    small = cv2.resize(bright.astype(np.float32) / 255, (36, 64), interpolation=cv2.INTER_AREA)
    return np.asarray(np.sqrt(cv2.GaussianBlur(small, (0, 0), 1.5)), np.float32)


def _transform(now: Array) -> Array:
    square = cv2.resize(now, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    made = np.asarray(cv2.dct(square)[:_FREQUENCIES, :_FREQUENCIES], np.float32)
    made[0, 0] *= _EVENNESS
    return made


def _steadied(pictures: list[Array]) -> Array:
    """`(n, 8, 8)`: each the mean of 0.5 s around it. What a seed throws anew goes by; the form stays."""
    flat = np.array(pictures, np.float32).reshape(len(pictures), _FREQUENCIES**2)
    if len(pictures):
        flat = np.asarray(cv2.blur(flat, (1, _STEADY), borderType=cv2.BORDER_REPLICATE), np.float32)
    return flat.reshape(-1, _FREQUENCIES, _FREQUENCIES)


def distance(one: Features, other: Features) -> float:
    """How unlike two look, 0 (the same) to 1; the same whichever comes first."""
    if not one.light.size or not other.light.size:
        return float(one.light.size != other.light.size)
    return min(_apart(one, shown, shift) for shown in (other, _mirrored(other)) for shift in _shifts())


def _shifts() -> range:
    return range(-SHIFT, SHIFT + 1)


def _mirrored(given: Features) -> Features:
    # The waves across that are odd turn over.
    signs = np.where(np.arange(_FREQUENCIES) % 2, -1, 1).astype(np.float32)
    return Features(given.pictures * signs, given.motion[:, ::-1], given.light, given.change)


def _apart(one: Features, other: Features, shift: int) -> float:
    """The distance with `other` so many moments later. What one has and the other has not is dark there."""
    first, last = min(0, shift), max(one.light.size, other.light.size + shift)

    def placed(values: Array, at: int) -> Array:
        made = np.zeros((last - first, *values.shape[1:]), np.float32)
        made[at - first : at - first + len(values)] = values
        return made

    pictures = _pictures(placed(one.pictures, 0), placed(other.pictures, shift))
    motion = _angle(one.motion.ravel(), other.motion.ravel())
    light = _overlap(placed(one.light, 0), placed(other.light, shift))
    change = _overlap(placed(one.change, 0), placed(other.change, shift))
    parts = (pictures, motion, (light + change) / 2)
    return float(sum(weight * part for weight, part in zip(WEIGHTS, parts, strict=True)))


def _pictures(one: Array, other: Array) -> float:
    """The mean over moments of the angle between two pictures, each as much as there is to see in either."""
    a, b = one.reshape(len(one), -1), other.reshape(len(other), -1)
    sizes = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    both = sizes[0] * sizes[1]
    alike = np.where(both > _DARK, (a * b).sum(axis=1) / np.maximum(both, _DARK), 0)
    seen = np.maximum(*sizes)
    total = float(seen.sum())
    return float(((1 - alike).clip(0, 1) * seen).sum() / total) if total > _DARK else 0.0


def _angle(one: Array, other: Array) -> float:
    sizes = float(np.linalg.norm(one) * np.linalg.norm(other))
    if sizes < _DARK:
        return float((np.linalg.norm(one) > _DARK) != (np.linalg.norm(other) > _DARK))
    return 1 - min(1.0, float(one @ other) / sizes)


def _overlap(one: Array, other: Array) -> float:
    """Of two courses over time, each taken as 1 in all, the part that lies outside the other."""
    sums = float(one.sum()), float(other.sum())
    if min(sums) < _DARK:
        return float((sums[0] < _DARK) != (sums[1] < _DARK))
    return float(np.abs(one / sums[0] - other / sums[1]).sum() / 2)
