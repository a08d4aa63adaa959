"""The forms of particles, drawn here by code: how much of each pixel a form covers, and its shade."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import cv2
import numpy as np

from server.sparks.engine.format.layers import Sprite
from server.sparks.engine.scene import Floats

EDGE: Final = 1.2
"""A mask shows -EDGE to EDGE, a form's radius being 1."""
SIZE: Final = 192
LEVELS: Final = 6
UNSEEN: Final = 0.004
"""Cover that is none."""
_FINE: Final = SIZE * 4
Rings = list[Floats]


class Atlas(NamedTuple):
    """A form at all its sizes in one picture, so that sprites of any size are sampled together."""

    cover: Floats
    """How much of a pixel the form covers, `(h, w)`, 0 to 1."""
    lit: Floats
    """How much of its colour is seen there: its shade times its cover."""
    middle_u: Floats
    middle_v: Floats
    """Where the middle of each of the `LEVELS` is in the picture, px: the first is `SIZE` px wide, each other
    half of the one before."""
    box: Floats
    """What is not dark, `(4,)`: along from and to, across from and to; the form's radius is 1."""


@cache
def atlas(sprite: Sprite) -> Atlas:
    """The form of a sprite; not to be written to."""
    cover, shade = _DRAWN[sprite]()
    level: Floats = np.dstack([cover, cover * shade]).astype(np.float32)
    level = cv2.resize(level, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    # Dark around each: what is sampled just outside of it is nothing.
    picture = np.zeros((SIZE + 2, SIZE + SIZE // 2 + 3, 2), np.float32)
    middles, left, top = [], 1, 1
    for at in range(LEVELS):
        size = SIZE >> at
        picture[top : top + size, left : left + size] = level
        middles.append((left + size / 2 - 0.5, top + size / 2 - 0.5))
        left, top = SIZE + 2, (top + size + 1 if at else 1)
        level = cv2.resize(level, (size // 2, size // 2), interpolation=cv2.INTER_AREA)
    covered, lit = (np.ascontiguousarray(picture[..., one]) for one in (0, 1))
    whole = picture[1 : SIZE + 1, 1 : SIZE + 1, 0]
    ends = [*_extent(whole.max(axis=0)), *_extent(whole.max(axis=1))]
    box = [at / SIZE * 2 * EDGE - EDGE for at in ends]
    middle_u, middle_v = np.array(middles, np.float32).T
    found = Atlas(covered, lit, middle_u, middle_v, np.array(box, np.float32))
    for one in found:
        one.setflags(write=False)
    return found


def _extent(cover: Floats) -> tuple[int, int]:
    found = np.flatnonzero(cover > UNSEEN)
    return int(found[0]), int(found[-1]) + 1


def _grid() -> tuple[Floats, Floats]:
    at = ((np.arange(_FINE) + 0.5) / _FINE * 2 - 1) * EDGE
    x, y = np.meshgrid(at, at)
    return x.astype(np.float32), y.astype(np.float32)


def _polygon(*outlines: Floats) -> Floats:
    """Filled outlines `(n, 2)` in units of the form's radius."""
    canvas = np.zeros((_FINE, _FINE), np.uint8)
    points = [
        np.round((np.asarray(one) / EDGE + 1) / 2 * _FINE * 16).astype(np.int32)[:, None] for one in outlines
    ]
    for one in points:
        cv2.fillPoly(canvas, [one], 255, cv2.LINE_AA, 4)
    return (canvas / 255).astype(np.float32)


def _stroke(lines: Rings, width: float) -> Floats:
    canvas = np.zeros((_FINE, _FINE), np.uint8)
    for one in lines:
        points = np.round((np.asarray(one) / EDGE + 1) / 2 * _FINE * 16).astype(np.int32)[:, None]
        thick = max(1, round(width / EDGE / 2 * _FINE))
        cv2.polylines(canvas, [points], False, 255, thick, cv2.LINE_AA, 4)
    return (canvas / 255).astype(np.float32)


def _below(distance: Floats, soft: float) -> Floats:
    """1 where a distance is below 0, 0 where it is above `soft`, smoothly between."""
    t = np.clip(1 - distance / soft, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def _points(points: Sequence[tuple[float, float]]) -> Floats:
    return np.asarray(points, np.float32)


def _disc() -> tuple[Floats, Floats]:
    x, y = _grid()
    r = np.hypot(x, y)
    return _below(r - 0.97, 0.03), 0.82 + 0.18 * _below(np.hypot(x + 0.3, y + 0.35) - 0.1, 0.9)


def _ring() -> tuple[Floats, Floats]:
    x, y = _grid()
    r = np.hypot(x, y)
    rim = _below(np.abs(r - 0.88) - 0.05, 0.05)
    inner = 0.22 * _below(0.9 - r, 0.45) * _below(r - 0.88, 0.02)
    lit = 0.55 * _below(np.hypot(x + 0.42, y + 0.46) - 0.06, 0.16)
    return np.clip(rim + inner + lit, 0, 1), np.ones_like(r)


def _shard() -> tuple[Floats, Floats]:
    x, y = _grid()
    cover = _polygon(_points([(-1, 0.1), (-0.25, -0.42), (1, -0.05), (0.1, 0.46)]))
    ridge = y - (-0.05 - 0.08 * x)
    return cover, np.where(ridge < 0, 1, 0.45 + 0.2 * (x > 0.05)).astype(np.float32)


def _petal() -> tuple[Floats, Floats]:
    t = np.linspace(0, 1, 80)
    half = 0.62 * np.sin(np.pi * t**0.75) ** 0.85
    x = -1 + 2 * t - 0.16 * (t > 0.999)
    notch = np.where(t > 0.93, (t - 0.93) * 1.6, 0)
    upper, lower = np.stack([x - notch, -half], 1), np.stack([x - notch, half], 1)[::-1]
    gx, gy = _grid()
    veins = 0.06 * np.cos(gy / (0.25 + 0.3 * (gx + 1.1)) * 9)
    return _polygon(np.concatenate([upper, lower])), np.clip(
        0.62 + 0.34 * (gx + 1) / 2 + veins - 0.12 * (gy > 0), 0, 1
    )


def _star() -> tuple[Floats, Floats]:
    turn = np.arange(10) * np.pi / 5 - np.pi / 2
    r = np.where(np.arange(10) % 2, 0.44, 1.0)
    x, y = _grid()
    return _polygon(np.stack([r * np.cos(turn), r * np.sin(turn)], 1)), 1 - 0.28 * np.clip(
        np.hypot(x, y), 0, 1
    )


def _square() -> tuple[Floats, Floats]:
    x, y = _grid()
    side = np.maximum(np.abs(x) - 0.72, np.abs(y) - 0.48)
    return _below(side, 0.03), (0.86 + 0.14 * _below(np.abs(x + y * 0.6) - 0.1, 0.5)).astype(np.float32)


def _note() -> tuple[Floats, Floats]:
    x, y = _grid()
    turned_x, turned_y = x + 0.3, y - 0.62
    u, v = turned_x * 0.94 - turned_y * 0.34, turned_x * 0.34 + turned_y * 0.94
    head = _below(np.hypot(u / 0.38, v / 0.27) - 0.97, 0.06)
    t = np.linspace(0, 1, 24)
    flag = np.stack([0.02 + 0.62 * np.sin(t * 1.7) * t**0.3, -0.98 + 0.72 * t + 0.12 * t**3], 1)
    back = np.stack([0.02 + 0.5 * np.sin(t * 1.7) * t**0.3, -0.7 + 0.62 * t + 0.1 * t**3], 1)[::-1]
    stem = _polygon(_points([(-0.02, -1), (0.1, -1), (0.1, 0.6), (-0.02, 0.6)]))
    return np.maximum(np.maximum(head, stem), _polygon(np.concatenate([flag, back]))), np.ones_like(x)


def _heart() -> tuple[Floats, Floats]:
    t = np.linspace(0, 2 * np.pi, 160)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    gx, gy = _grid()
    lit = 0.25 * _below(np.hypot(gx + 0.42, gy + 0.38) - 0.05, 0.4)
    return _polygon(np.stack([x / 16.5, (y + 2.5) / 16.5], 1)), np.clip(0.75 + lit - 0.12 * gy, 0, 1)


def _feather() -> tuple[Floats, Floats]:
    t = np.linspace(0, 1, 60)
    half = 0.27 * np.sin(np.pi * np.clip(t * 1.08, 0, 1) ** 0.62) ** 0.9
    x = -0.72 + 1.7 * t
    bend = 0.14 * (x**2 - 0.4)
    vane = _polygon(
        np.concatenate([np.stack([x, bend - half], 1), np.stack([x, bend + half * 0.8], 1)[::-1]])
    )
    shaft = np.linspace(-1, 0.95, 40)
    quill = _stroke([np.stack([shaft, 0.14 * (shaft**2 - 0.4)], 1)], 0.035)
    gx, gy = _grid()
    off = np.abs(gy - 0.14 * (gx**2 - 0.4))
    barbs = 0.8 + 0.2 * np.cos((gx - off * 1.1) * 46)
    return np.maximum(vane * 0.92, quill), np.clip(barbs * (0.9 - 0.5 * off) + quill, 0, 1)


def _flake() -> tuple[Floats, Floats]:
    lines: Rings = []
    for arm in range(6):
        turn = arm * np.pi / 3
        out = np.array([np.cos(turn), np.sin(turn)])
        lines.append(_points([(0, 0), tuple(out * 0.98)]))
        for at, long in ((0.34, 0.2), (0.58, 0.27), (0.8, 0.14)):
            for way in (-1, 1):
                tip = np.array([np.cos(turn + way * np.pi / 3), np.sin(turn + way * np.pi / 3)])
                lines.append(_points([tuple(out * at), tuple(out * at + tip * long)]))
    x, y = _grid()
    r = np.hypot(x, y)
    return np.maximum(_stroke(lines, 0.07), 0.3 * _below(r - 0.1, 0.5)), np.ones_like(r)


def _smoke() -> tuple[Floats, Floats]:
    """A puff: a soft ball whose edge and light are eaten by a sum of waves."""
    x, y = _grid()
    noise = np.zeros_like(x)
    rng = np.random.Generator(np.random.PCG64(11))
    for octave in range(4):
        for _ in range(5):
            turn, phase = rng.uniform(0, 2 * np.pi, 2)
            k = 2.6 * 1.9**octave
            noise += np.sin(k * (x * np.cos(turn) + y * np.sin(turn)) + phase) / 1.75**octave
    noise /= 5
    r = np.hypot(x, y)
    body = np.clip(1 - r + 0.34 * noise, 0, 1) * np.clip((1.12 - r) * 3, 0, 1)
    return (1 - np.exp(-2.2 * body**1.5)).astype(np.float32), np.clip(0.78 - 0.22 * y + 0.3 * noise, 0, 1)


def _glow() -> tuple[Floats, Floats]:
    x, y = _grid()
    r = np.hypot(x, y)
    return (np.exp(-4 * r * r) * _below(r - 0.9, 0.25)).astype(np.float32), np.ones_like(r)


_DRAWN: Final = {
    Sprite.GLOW: _glow,
    Sprite.DISC: _disc,
    Sprite.RING: _ring,
    Sprite.SHARD: _shard,
    Sprite.PETAL: _petal,
    Sprite.STAR: _star,
    Sprite.SQUARE: _square,
    Sprite.NOTE: _note,
    Sprite.HEART: _heart,
    Sprite.FEATHER: _feather,
    Sprite.FLAKE: _flake,
    Sprite.SMOKE: _smoke,
}
