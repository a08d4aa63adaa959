"""Of the banked frames that look like a frame of a video, as few as show where the two run along each other.

Where a picture rests, each of its frames looks like each that is banked of it: ten minutes in ten minutes are
millions of pairs, with all the crops. What is kept for each query and entry is, of the crops of one frame,
the nearest; then, half and half, the nearest frames, and frames that lie on the same lines through the whole
video. A line is a distance between the two times: a choice that depends on it alone is the same for each
query, and so what runs along each other stays together. Pure.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 128
"""Rows that are kept for each query and entry."""
MOST_A_QUERY: Final = 4_096
"""Rows that are kept for each query: of many entries that look alike the fewer each."""
FEWEST: Final = 8
_LINE_MS: Final = 1_000
"""How broad a line is: two banked frames of what rests."""
_MIX = np.uint64(0x9E3779B97F4A7C15)

Places = NDArray[np.intp]


def chosen(
    entry: NDArray[np.int64], t_ms: NDArray[np.int32], distance: Places, query_ms: int, sure: int
) -> Places:
    """The places, ascending, of the rows that are kept for the query shown at `query_ms`.

    The rows of an entry, and of a frame with its crops, are next to each other. Of those on the same lines
    the ones of at most `sure` bits come first.
    """
    if len(entry) <= FEWEST:
        return np.arange(len(entry))
    kept = _nearest_crops(entry, t_ms, distance)
    bounds = [0, *(np.flatnonzero(np.diff(entry[kept])) + 1).tolist(), len(kept)]
    most = max(FEWEST, min(MOST, MOST_A_QUERY // (len(bounds) - 1)))
    if len(kept) <= most:
        return kept
    parts = [
        part if len(part := kept[start:end]) <= most else _few(part, t_ms, distance, query_ms, sure, most)
        for start, end in pairwise(bounds)
    ]
    return np.concatenate(parts)


def _nearest_crops(entry: NDArray[np.int64], t_ms: NDArray[np.int32], distance: Places) -> Places:
    new = np.ones(len(entry), bool)
    new[1:] = (np.diff(entry) != 0) | (np.diff(t_ms) != 0)
    place = np.arange(len(entry))
    return np.minimum.reduceat(distance * len(entry) + place, np.flatnonzero(new)) % len(entry)


def _few(
    part: Places, t_ms: NDArray[np.int32], distance: Places, query_ms: int, sure: int, most: int
) -> Places:
    bits = distance[part]
    line = _rank_of_line(t_ms[part].astype(np.int64) - query_ms)
    taken = np.zeros(len(part), bool)
    for first, count in ((bits, most // 2), (bits > sure, most - most // 2)):
        order: NDArray[Any] = (first.astype(np.int64) << 32) + line
        taken[np.argpartition(order, count - 1)[:count]] = True
    return part[taken]


def _rank_of_line(away_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """By which of two lines is kept: that of equal times first, the others in an order as if drawn by lot."""
    line = (away_ms + _LINE_MS // 2) // _LINE_MS
    with np.errstate(over="ignore"):
        drawn = (line.astype(np.uint64) * _MIX) >> np.uint64(33)
    return np.where(line == 0, -1, drawn.astype(np.int64))
