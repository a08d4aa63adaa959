"""The sound of a video by time and pitch: how loud each band is, as a small grey picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from studio.video.index import Source
from studio.video.mono import Samples, mono

COLUMNS: Final = 1000
ROWS: Final = 80
TOP_HZ: Final = 8_000
_RATE: Final = 2 * TOP_HZ
_SIZE: Final = 512
_HOP: Final = 256
_DEPTH_DB: Final = 70
"""What is so far below the loudest is as good as silent."""
_REPORT_S: Final = 60

Levels = NDArray[np.uint8]
"""(ROWS, COLUMNS): 0 silent .. 255 the loudest; the first row is the highest pitch."""


def mel(hz: float) -> float:
    """Pitch as people hear it (O'Shaughnessy 1987)."""
    return float(2595 * np.log10(1 + hz / 700))


def row_of(hz: float, rows: int = ROWS) -> float:
    """Where a frequency lies, in rows from the top."""
    return rows * (1 - mel(hz) / mel(TOP_HZ))


def spectrum(source: Source, start_s: float, seconds: float, columns: int = COLUMNS) -> Iterator[Levels]:
    """Yield the levels of `seconds` of sound from media time `start_s`, about once a media minute.

    Each yield is the whole picture so far. Nothing is yielded for a video without sound. Raises MediaError.
    """
    power = np.zeros((ROWS, columns), np.float32)
    bands = _bands()
    rest: Samples = np.zeros(0, np.float32)
    rest_s, reported, heard = 0.0, 0.0, False
    for time_s, samples in mono(source, _RATE):
        heard, at_s = True, time_s - start_s
        if not rest.size or abs(rest_s + rest.size / _RATE - at_s) > 0.1:
            rest, rest_s = samples, at_s  # the first piece, or one behind a gap
        else:
            rest = np.concatenate([rest, samples])
        if rest.size < _RATE:
            continue
        taken = _collect(power, bands, rest, rest_s, seconds)
        rest, rest_s = rest[taken:], rest_s + taken / _RATE
        if at_s - reported > _REPORT_S:
            reported = at_s
            yield levels(power)
    if heard:
        _collect(power, bands, np.pad(rest, (0, _SIZE)), rest_s, seconds)
        yield levels(power)


def levels(power: NDArray[np.float32]) -> Levels:
    """Power in the loudness that a person sees: decibels below the loudest."""
    loud = 10 * np.log10(power + 1e-12)
    shown = np.clip((loud - loud.max()) / _DEPTH_DB + 1, 0, 1) * 255
    return np.asarray(np.where(power > 0, shown, 0), np.uint8)


def _bands() -> NDArray[np.float32]:
    """(ROWS, bins): which bins belong to a row, the highest pitch first, each row at least one."""
    hz = np.fft.rfftfreq(_SIZE, 1 / _RATE)
    at = np.clip([int(row_of(each)) for each in hz], 0, ROWS - 1)
    bands = np.zeros((ROWS, hz.size), np.float32)
    bands[at, np.arange(hz.size)] = 1
    for row in np.flatnonzero(bands.sum(axis=1) == 0):
        bands[row, int(np.abs(at - row).argmin())] = 1  # low rows are finer than the bins
    return np.asarray(bands / bands.sum(axis=1, keepdims=True), np.float32)


def _collect(
    power: NDArray[np.float32], bands: NDArray[np.float32], samples: Samples, at_s: float, seconds: float
) -> int:
    """Fold what is whole of `samples` into its columns; how many samples are done with."""
    count = max(0, (samples.size - _SIZE) // _HOP + 1)
    if not count:
        return 0
    frames = np.lib.stride_tricks.sliding_window_view(samples, _SIZE)[::_HOP][:count]
    found = np.abs(np.fft.rfft(frames * np.hanning(_SIZE), axis=1)) ** 2
    rows = bands @ found.T.astype(np.float32)
    times = at_s + (np.arange(count) * _HOP + _SIZE / 2) / _RATE
    column = (times / max(seconds, 1e-9) * power.shape[1]).astype(np.int64)
    inside = (column >= 0) & (column < power.shape[1])
    np.maximum.at(power.T, column[inside], rows.T[inside])
    _spread(power, column[inside])
    return count * _HOP


def _spread(power: NDArray[np.float32], columns: NDArray[np.int64]) -> None:
    """Fill the columns between the frames of a short sound, which has fewer frames than columns."""
    known = np.unique(columns)
    for left, right in pairwise(known):
        if 1 < right - left <= power.shape[1] // 8:
            power[:, left + 1 : right] = power[:, [left]]
