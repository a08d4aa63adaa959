"""Chooses the seconds in which mouth and sound are compared: where speech and a face coincide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from server.forensics.sample import Still
from server.forensics.sound import Sound

SHORTEST_MS = 4_000
SMALLEST_FACE = 48
"""In pixels of the scan: a smaller face says nothing."""
_STEP_MS = 500


def choose(
    sound: Sound | None, stills: Sequence[Still], duration_ms: int, window_ms: int
) -> tuple[int, int] | None:
    """Start and end in ms of the window with the most speech beside a face; without speech that with the
    longest seen face, None where no face is large enough."""
    faced = seen(stills, duration_ms)
    if not faced.any():
        return None
    spoken = speech(sound, duration_ms)
    both = np.minimum(spoken, faced)
    worth = both if both.any() else faced
    size = max(1, min(window_ms, duration_ms) // _STEP_MS)
    sums = np.convolve(worth, np.ones(min(size, worth.size)), "valid")
    first = int(sums.argmax())
    return first * _STEP_MS, min(duration_ms, first * _STEP_MS + window_ms)


def speech(sound: Sound | None, duration_ms: int) -> NDArray[np.float64]:
    """The share of each half second in which somebody speaks, 0 to 1."""
    spoken = np.zeros(max(1, -(-duration_ms // _STEP_MS)))
    for piece in () if sound is None else sound.pieces:
        talk = piece.talk
        for i in np.flatnonzero(talk):
            at = (piece.start_ms + int(i) * 10) // _STEP_MS
            if 0 <= at < spoken.size:
                spoken[at] += 10 / _STEP_MS
    return np.minimum(spoken, 1.0)


def seen(stills: Sequence[Still], duration_ms: int) -> NDArray[np.float64]:
    """For each half second whether the nearest still shows a face of 48 px or more, 1 or 0."""
    steps = max(1, -(-duration_ms // _STEP_MS))
    if not stills:
        return np.zeros(steps)
    times = np.array([still.t_ms for still in stills])
    large = np.array([any(f.size >= SMALLEST_FACE for f in still.faces) for still in stills], np.float64)
    middles = np.arange(steps) * _STEP_MS + _STEP_MS // 2
    nearest = np.abs(times[None, :] - middles[:, None]).argmin(axis=1)
    return np.asarray(large[nearest])
