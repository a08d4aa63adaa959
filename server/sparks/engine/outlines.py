"""Places on lines, within them, and in cells: what shapes are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from server.sparks.engine.arrays import Doubles

Sample: TypeAlias = Callable[[int, Generator], tuple[Doubles, Doubles]]
"""n and a stream -> places (n, 2) in px around (0, 0), and directions outward (n, 2) of length 1."""

Cells: TypeAlias = NDArray[np.uint8]

_FINEST: Final = 512
"""Cells along the longer side of what is filled."""
_SHIFT: Final = 4
"""Bits of a cell that OpenCV's corners are exact to."""


def on(strokes: Sequence[Doubles], spread: float = 0) -> Sample:
    """Places on strokes, each (m, 2), evenly by their length. Outward is away from what a closed stroke
    encloses, and left of one that is open."""
    starts = np.concatenate([stroke[:-1] for stroke in strokes])
    steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
    sides = np.repeat([_side(stroke) for stroke in strokes], [len(stroke) - 1 for stroke in strokes])
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    upto = np.cumsum(lengths)
    normals = np.column_stack([steps[:, 1], -steps[:, 0]]) * sides[:, None]
    safe = np.maximum(lengths, 1e-12)
    normals = np.where(lengths[:, None] > 0, normals / safe[:, None], (0.0, -1.0))

    def sample(n: int, stream: Generator) -> tuple[Doubles, Doubles]:
        far = stream.random(n) * upto[-1]
        line = np.minimum(np.searchsorted(upto, far, side="right"), len(upto) - 1)
        part = np.clip((far - upto[line] + lengths[line]) / safe[line], 0, 1)
        return blurred(starts[line] + steps[line] * part[:, None], spread, stream), normals[line]

    return sample


def within(strokes: Sequence[Doubles], spread: float = 0) -> Sample:
    """Places within strokes by the even-odd rule, to 1/512 of their extent; outward is away from (0, 0)."""
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    cell = max(float((high - low).max()) / _FINEST, 1e-9)
    columns, rows = (int(side) for side in np.ceil((high - low) / cell) + 1)
    mask = np.zeros((rows, columns), np.uint8)
    corners = [np.rint((stroke - low) / cell * 2**_SHIFT).astype(np.int32) for stroke in strokes]
    cv2.fillPoly(mask, corners, 1, shift=_SHIFT)
    return bright(mask, cell, low, spread)


def bright(weights: Cells, cell: float, low: Doubles, spread: float = 0) -> Sample:
    """Places in the cells of a picture (rows, columns), more where it is brighter; `low` is the middle of the
    first cell. One that is dark has them all at (0, 0).

    Kept are runs of cells that are alike, 9 bytes each: of a filled shape some three in a row of it, where
    the cells themselves are a quarter of a million, and a file may have 200 such shapes.
    """
    columns = weights.shape[1]
    flat = weights.reshape(-1)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(starts, append=len(flat))
    lit = flat[starts] > 0
    weight = flat[starts][lit]
    upto = np.cumsum(lengths[lit] * weight, dtype=np.int32)
    end = (starts + lengths)[lit].astype(np.int32)
    if not len(upto):
        return lambda n, stream: (np.zeros((n, 2)), outward(np.zeros((n, 2)), stream))

    def sample(n: int, stream: Generator) -> tuple[Doubles, Doubles]:
        # All weights are whole, so the whole part of what was drawn finds the same cell.
        far = np.minimum((stream.random(n) * upto[-1]).astype(np.int32), upto[-1] - 1)
        run = np.searchsorted(upto, far, side="right")
        # From the end of the run: what was before it is kept nowhere.
        cells = end[run] - 1 - (upto[run] - 1 - far) // weight[run]
        row, column = np.divmod(cells, columns)
        places = low + np.column_stack([column, row]) * cell + (stream.random((n, 2)) - 0.5) * cell
        places = blurred(places, spread, stream)
        return places, outward(places, stream)

    return sample


def outward(places: Doubles, stream: Generator) -> Doubles:
    """Directions (n, 2) from (0, 0) to the places; any where they are there."""
    angles = stream.random(len(places)) * np.pi * 2
    far = np.hypot(places[:, 0], places[:, 1])[:, None]
    anywhere = np.column_stack([np.cos(angles), np.sin(angles)])
    away: Doubles = np.where(far > 1e-6, places / np.maximum(far, 1e-6), anywhere)
    return away


def blurred(places: Doubles, spread: float, stream: Generator) -> Doubles:
    """Moved by chance, 95 of 100 by at most `spread` px each way."""
    return places + stream.standard_normal(places.shape) * (spread / 2) if spread else places


def closed(points: Doubles) -> Doubles:
    """A stroke that ends where it began."""
    return np.concatenate([points, points[:1]])


def _side(stroke: Doubles) -> float:
    """1 where right of the stroke as it goes, y down, (dy, -dx) is outward; that is -1 where it goes
    anticlockwise."""
    if np.hypot(*(stroke[0] - stroke[-1])) > 1e-6:
        return 1.0
    x, y = stroke.T
    return 1.0 if (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() >= 0 else -1.0
