"""Find the stretch of a query that runs along a banked video, from pairs of frames that look alike.

Each pair (query time q, bank time b) votes for every speed v that the re-upload may have, at the offset b - v
q; the true alignment gathers many query frames at one place of that histogram, chance matches lie scattered.
The best line is then fitted to the pairs near it, and the longest stretch without a gap is what matched.

Times are in ms. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SLOWEST, FASTEST = 0.88, 1.12
"""The speeds tried: re-uploads of 0.9 to 1.1, and room for the fit."""
NEAR_MS: Final = 600
"""How far from the line a pair may lie: two bank frames and what hardly moves in between."""
GAP_MS: Final = 3_000
"""The longest stretch without a match inside a hit, at one query frame a second."""
GAP_STEPS: Final = 2.5
"""The same in distances between query frames, where those are further apart."""
FEWEST_SHARE: Final = 0.5
"""Of the query frames inside a hit, those that must match."""
_SPEEDS: Final = np.linspace(SLOWEST, FASTEST, 25)
_BIN_MS = 500
_MOST_PAIRS = 50_000
_FITS = 3

Times = NDArray[np.int64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Stretch:
    """Where a query runs along a banked video: for each matched frame the place of its best pair, in order of
    time, and how fast the query plays it (bank ms a query ms)."""

    pairs: Places
    speed: float


def longest(query: Times, bank: Times, bits: Places, frames: Times, step: float) -> Stretch | None:
    """The longest stretch in pairs of (query time, bank time, bits that differ); None where there is no pair.

    `frames` are the times of all query frames that could have matched, ascending; `step` is how far apart
    query frames are.
    """
    if not query.size:
        return None
    speed, offset = _voted(query, bank)
    best = _nearest(query, bank, bits, speed, offset)
    for _ in range(_FITS):
        speed, offset = _fitted(query[best], bank[best], speed, offset)
        again = _nearest(query, bank, bits, speed, offset)
        if np.array_equal(again, best):
            break
        best = again if again.size else best
    return Stretch(best[_longest_run(query[best], frames, step)], speed)


def _voted(query: Times, bank: Times) -> tuple[float, float]:
    """The speed and the offset for which most query frames vote."""
    times, frame = np.unique(query, return_inverse=True)
    # Where nothing moves every frame pairs with every other: a share of the frames says the same.
    stride = -(-query.size // _MOST_PAIRS)
    chosen = frame % stride == 0
    frame, at, of = frame[chosen], query[chosen], bank[chosen]
    most, speed, offset = 0.0, 1.0, 0.0
    # The middle speed first: of equals it stays.
    for tried in sorted(_SPEEDS, key=lambda v: abs(v - 1)):
        bins = np.floor((of - tried * at) / _BIN_MS).astype(np.int64)
        low = int(bins.min())
        once = np.unique((bins - low) * len(times) + frame) // len(times)
        votes = np.bincount(once, minlength=int(once.max()) + 2)
        pairs = votes[:-1] + votes[1:]
        place = int(pairs.argmax())
        if pairs[place] > most:
            most, speed, offset = float(pairs[place]), float(tried), float((low + place + 1) * _BIN_MS)
    return speed, offset


def _nearest(query: Times, bank: Times, bits: Places, speed: float, offset: float) -> Places:
    """For each query frame with pairs near the line the one of fewest bits, of those the nearest; by time."""
    away = np.abs(bank - (speed * query + offset))
    near = np.flatnonzero(away <= NEAR_MS)
    ordered = near[np.lexsort((away[near], bits[near], query[near]))]
    _, first = np.unique(query[ordered], return_index=True)
    return ordered[first]


def _fitted(query: Times, bank: Times, speed: float, offset: float) -> tuple[float, float]:
    """The line of least squares; the given one where there are too few points for another."""
    if len(query) < 3:
        return speed, offset
    middle = query.mean()
    away = query - middle
    slope = float(away @ (bank - bank.mean()) / (away @ away))
    slope = min(max(slope, SLOWEST), FASTEST)
    return slope, float(bank.mean() - slope * middle)


def _longest_run(matched: Times, frames: Times, step: float) -> slice:
    """The part of the matched times that reaches furthest without a gap and with enough matches in it."""
    if not matched.size:
        return slice(0, 0)
    allowed = max(GAP_MS, GAP_STEPS * step)
    breaks = np.flatnonzero(np.diff(matched) > allowed) + 1
    starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(matched)]])
    runs = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
    dense = [run for run in runs if _density(matched[slice(*run)], frames) >= FEWEST_SHARE]
    return slice(*max(dense, key=lambda run: _reach(matched, run), default=(0, 0)))


def _reach(matched: Times, run: tuple[int, int]) -> tuple[int, int]:
    return int(matched[run[1] - 1] - matched[run[0]]), run[1] - run[0]


def _density(run: Times, frames: Times) -> float:
    there: Any = np.searchsorted(frames, run[-1], "right") - np.searchsorted(frames, run[0], "left")
    return len(run) / max(1, int(there))
