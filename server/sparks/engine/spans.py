"""Which pixels lie in boxes that are turned: spans of them, row by row."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.scene import Floats

_STEEP: Final = np.float32(1e-4)
"""Sine or cosine at least: a span of an upright box ends at its other two sides."""
_HALF: Final = np.float32(0.5)


class Boxes(NamedTuple):
    """Arrays `(n,)`: around `x`, `y` px, turned by an angle of which these are cosine and sine; from and to
    along that and across it, in px."""

    x: Floats
    y: Floats
    cosine: Floats
    sine: Floats
    behind: Floats
    ahead: Floats
    left: Floats
    right: Floats


class Spans(NamedTuple):
    """Arrays `(m,)`, box by box and from the top: whose it is, its row, its first column, how many pixels
    (none for some)."""

    owner: NDArray[np.int32]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    length: NDArray[np.int32]


def spans(of: Boxes, width: int, height: int) -> Spans:
    """Those within a picture of so many px whose middles lie in the boxes."""
    corners = [u * of.sine + v * of.cosine for u in (of.behind, of.ahead) for v in (of.left, of.right)]
    middle = of.y - _HALF
    top = np.maximum(np.ceil(np.minimum.reduce(corners) + middle), 0).astype(np.int32)
    end = np.minimum(np.floor(np.maximum.reduce(corners) + middle) + 1, height).astype(np.int32)
    rows = np.maximum(end - top, 0)
    owner = np.repeat(np.arange(rows.size, dtype=np.int32), rows)
    before = np.cumsum(rows, dtype=np.int32) - rows
    row = np.arange(owner.size, dtype=np.int32) + np.repeat(top - before, rows)
    # Along a row both pairs of sides are passed; within the box is what lies between both.
    down = row.astype(np.float32) - middle[owner]
    along, across = down * of.sine[owner], down * of.cosine[owner]
    steep = np.where(np.abs(of.cosine) < _STEEP, _STEEP, of.cosine)[owner]
    flat = np.where(np.abs(of.sine) < _STEEP, _STEEP, of.sine)[owner]
    ends = (of.behind[owner] - along) / steep, (of.ahead[owner] - along) / steep
    sides = (across - of.left[owner]) / flat, (across - of.right[owner]) / flat
    at = of.x[owner] - _HALF
    first = np.maximum(np.minimum(*ends), np.minimum(*sides)) + at
    last = np.minimum(np.maximum(*ends), np.maximum(*sides)) + at
    wide = np.float32(width)
    column = np.minimum(np.maximum(np.ceil(first), 0), wide).astype(np.int32)
    after = np.minimum(np.maximum(np.floor(last) + 1, 0), wide).astype(np.int32)
    return Spans(owner, row, column, np.maximum(after - column, 0))
