"""Lines of light as rows of small glows close enough that no dots are seen: streaks along a flight, trails
behind particles, ribbons along paths. All in px of the picture, all HDR."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.scene import Floats
from server.sparks.engine.splat import Glows, dithered, light_of, tame

MOST: Final = 120_000
"""Glows of one layer's lines; then they stand farther apart, each with more light."""

_APART: Final = 0.9
"""px between the fibres of a ribbon of at most `_NARROW` px; twice as much of one of `_BROAD` px."""
_NARROW: Final = 26.0
_BROAD: Final = 44.0
_GOLDEN: Final = 0.618034
_COUNTS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)


class _Taper(NamedTuple):
    """Along a streak of so many glows, `(count,)`: how far back each is of its length, how thick it is of its
    head, what share of the light it has, and its turn in `dithered`."""

    back: Floats
    thick: Floats
    share: Floats
    turn: Floats


@cache
def _taper(count: int) -> _Taper:
    back = np.linspace(0, 1, count, dtype=np.float32)
    thick = 1 - np.float32(0.6) * back
    taper = (1 - back) ** np.float32(1.5)
    turn = (np.arange(count, dtype=np.float32) * np.float32(_GOLDEN) + np.float32(0.5)) % 1
    return _Taper(back, thick, taper / taper.sum() * thick * thick, turn)


@cache
def _steps(most: int) -> tuple[list[int], NDArray[np.intp]]:
    """How many glows a streak may have, and which of these it has for one of 0, 1, ... times its spacing."""
    steps = [one for one in _COUNTS if one <= most]
    group = np.searchsorted(np.array(steps) - 1, np.arange(most + 1))
    return steps, np.minimum(group, len(steps) - 1)


def streaks(
    x: Floats, y: Floats, dx: Floats, dy: Floats, radius: Floats, colour: Floats, *, most: int
) -> list[Glows]:
    """Each glow drawn from `x`, `y` back along `dx`, `dy` px, thinner and dimmer to its end. The faster, the
    more glows, at most `most` each. Up to twice the light of a still one, a little less after the taper:
    spread out, it would seem to go dark when it sets off."""
    length = np.hypot(dx, dy)
    # About two standard deviations of what the pyramid makes of them, where a row still looks even.
    apart = np.maximum(radius * np.float32(0.85), np.float32(1.2))
    rows = np.fmin(np.fmax(length / apart, np.float32(0)), np.float32(most))
    total = float(rows.sum())
    if total > MOST:
        rows *= np.float32(MOST / total)
    steps, of_length = _steps(most)
    group = of_length[np.ceil(rows).astype(np.intp)]
    light = light_of(colour, radius)
    light *= (1 + np.minimum(rows, 1))[:, None]
    # Those of one count lie in a rectangle, which spares looking up each glow's particle.
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(len(steps) + 1))
    out = []
    for at, count in enumerate(steps):
        who = order[bounds[at] : bounds[at + 1]]
        if not who.size:
            continue
        if count == 1:
            out.append(Glows(x[who], y[who], radius[who], light[who]))
            continue
        taper = _taper(count)
        thick = radius[who, None] * taper.thick
        if count == steps[-1]:
            # Too fast for so many: then wider, which is a softer streak instead of a row of dots.
            np.maximum(thick, length[who, None] * np.float32(0.6 / max(count - 1, 1)), out=thick)
        along_x, along_y = (
            x[who, None] - dx[who, None] * taper.back,
            y[who, None] - dy[who, None] * taper.back,
        )
        out.append(
            Glows(
                along_x.ravel(),
                along_y.ravel(),
                dithered(thick, taper.turn).ravel(),
                light[who],
                np.full(who.size, count, np.int32),
                np.tile(taper.share, who.size),
            )
        )
    return out


def trails(x: Floats, y: Floats, width: float, colour: Floats, *, apart: float = 1) -> Glows:
    """Lines through places `(n, k)`, the newest first and NaN where there is none, tapering from `width`."""
    run = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))
    run = np.where(run < 400, run, 0)  # also NaN, and what jumped
    radius = max(width / 2, 0.5)
    step = max(radius * 0.8, 0.8) * apart
    step = max(step, float(run.sum()) / MOST)
    count = np.ceil(run / np.float32(step)).astype(np.int32)
    owner = np.repeat(np.arange(run.size, dtype=np.int32), count.ravel())
    first = np.cumsum(count.ravel()) - count.ravel()
    part = (np.arange(owner.size) - first[owner]).astype(np.float32) / count.ravel()[owner]
    line, segment = np.divmod(owner, run.shape[1])
    ends = max(run.shape[1], 1)
    along = (segment + part) / np.float32(ends)
    fade = np.clip(1 - along, 0, 1)
    px = x[line, segment] + (x[line, segment + 1] - x[line, segment]) * part
    py = y[line, segment] + (y[line, segment + 1] - y[line, segment]) * part
    thin = np.float32(radius) * (np.float32(0.25) + np.float32(0.75) * fade)
    spaced = run.ravel()[owner] / count.ravel()[owner]
    light = tame(colour)[line] * (fade**1.3 * thin * spaced)[:, None]
    return Glows(
        px.astype(np.float32), py.astype(np.float32), thin.astype(np.float32), light.astype(np.float32)
    )


def band(
    x: Floats, y: Floats, width: Floats, colour: Floats, alpha: Floats, *, fine: float = 1
) -> list[Glows]:
    """A ribbon through `(m,)` points: fibres side by side, brighter where it turns to us, soft at its edges.
    The fourth channel is how much of it lies there, for ribbons that cover."""
    ok = np.isfinite(x) & np.isfinite(y) & np.isfinite(width)
    x, y, width, colour, alpha = x[ok], y[ok], np.clip(width[ok], 0, 400), tame(colour[ok]), alpha[ok]
    if x.size < 2:
        return []
    run = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    if not 0.5 < run[-1] < 1e5:
        return []
    widest = float(width.max())
    # Its folds are as wide as it is: what is broad needs no fibres as fine. In between it has some of both,
    # or it would jump as it grows.
    coarse = float(np.clip((widest - _NARROW) / (_BROAD - _NARROW), 0, 1))
    parts = []
    for apart, share in ((_APART / fine, 1 - coarse), (2 * _APART / fine, coarse)):
        if share > 0:
            apart = max(apart, np.sqrt(run[-1] * max(widest, 1) / MOST))
            parts.append(_silk(x, y, width, np.column_stack([colour, alpha]) * np.float32(share), run, apart))
    return parts


def _silk(x: Floats, y: Floats, width: Floats, light: Floats, run: Doubles, apart: float) -> Glows:
    """Fibres so many px `apart`; `run` is the way to each point, `light` `(m, 4)`."""
    at = np.linspace(0, run[-1], max(2, int(run[-1] / apart)))
    px, py, wide = (np.interp(at, run, of).astype(np.float32) for of in (x, y, width))
    gx, gy = np.gradient(px), np.gradient(py)
    tangent = np.hypot(gx, gy) + np.float32(1e-6)
    nx, ny = -gy / tangent, gx / tangent
    fibres = int(np.clip(round(float(width.max()) / apart), 2, 160))
    across = ((np.arange(fibres) + 0.5) / fibres * 2 - 1).astype(np.float32)
    phase = at.astype(np.float32)[:, None]
    # Two slow waves across give the folds of silk; their phase goes along with the length.
    fold = np.cos(across * np.float32(4.4) + phase * np.float32(0.035))
    fold *= np.cos(across * np.float32(1.7) - phase * np.float32(0.021))
    fold *= np.float32(0.28)
    fold += np.float32(0.72)
    shade = fold * (1 - across**2) ** np.float32(0.8)
    area = wide / fibres * (at[1] - at[0])
    along = np.column_stack([np.interp(at, run, of) for of in light.T]).astype(np.float32) * area[:, None]
    spread = (wide / 2)[:, None] * across
    return Glows(
        (px[:, None] + nx[:, None] * spread).ravel(),
        (py[:, None] + ny[:, None] * spread).ravel(),
        np.full(at.size * fibres, 2.0 ** np.ceil(np.log2(max(apart, 1))), np.float32),
        along.astype(np.float32),
        np.full(at.size, fibres, np.int32),
        shade.ravel(),
    )
