"""What all recipes are made with: time, envelopes, waves that are looked up."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
"""Samples a second, of every sound."""
Samples = NDArray[np.float32]

_SILENT: Final = 6.9
"""exp(-6.9) is -60 dB: what "rings for so many seconds" means."""
_TABLE: Final = 16_384
"""A wave looked up at the nearest of so many places is off by less than -70 dB of its fourth harmonic."""


def length(seconds: float) -> int:
    """Samples of so many seconds, at least one."""
    return max(1, round(seconds * RATE))


def time(count: int) -> NDArray[np.float64]:
    """The time of each of `count` samples in s. In float64: at 8 s and 12 kHz float32 has lost the phase."""
    return np.arange(count, dtype=np.float64) / RATE


def envelope(count: int, attack: float, *, silent: float = _SILENT) -> Samples:
    """float32 `(count,)`: up within `attack` s, then to -60 dB at the end, where it is 0."""
    rise = min(length(attack), max(1, int(0.9 * count)))
    fall = np.exp(np.arange(count - rise, dtype=np.float32) * np.float32(-silent / max(count - rise, 1)))
    # Exactly 0 at the end, so that no note ends with a click.
    fall -= np.float32(np.exp(-silent)) * np.linspace(0, 1, count - rise, dtype=np.float32)
    made = np.empty(count, np.float32)
    made[:rise] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise, dtype=np.float32) + 0.5) / rise)
    made[rise:] = fall
    return made


def swell(count: int, attack: float) -> Samples:
    """float32 `(count,)`: up within `attack` s, then held, then down over the last third."""
    rise = min(length(attack), max(1, count // 2))
    fall = max(1, count // 3)
    made = np.ones(count, np.float32)
    made[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise, dtype=np.float32) / rise)
    made[count - fall :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fall, dtype=np.float32) / fall)
    return made


def sine(turns: NDArray[np.float64]) -> Samples:
    """The sine of so many turns, float32. The whole turns go first: float32 could not hold them."""
    made: Samples = np.sin(((turns - np.floor(turns)) * (2 * np.pi)).astype(np.float32))
    return made


def wave(amplitudes: NDArray[np.float64], phases: NDArray[np.float64]) -> Samples:
    """One turn of a wave of these harmonics (the first is the fundamental), float32 `(16384,)`."""
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
    spectrum[1 : len(amplitudes) + 1] = amplitudes * np.exp(1j * phases) * (_TABLE / 2)
    return np.fft.irfft(spectrum, _TABLE).astype(np.float32)


def looked_up(table: Samples, turns: NDArray[np.float64]) -> Samples:
    """A wave from `wave` at so many turns."""
    return np.asarray(table[(turns * _TABLE).astype(np.int64) & (_TABLE - 1)], np.float32)


def harmonics(hertz: float, most: int) -> NDArray[np.float64]:
    """1, 2, 3 ... as many as lie below 16 kHz, at least one and at most `most`."""
    return np.arange(1, 1 + max(1, min(most, int(16_000 / hertz))), dtype=np.float64)


def stereo(left: Samples, right: Samples | None = None) -> Samples:
    """float32 `(2, n)`."""
    return np.stack([left, left if right is None else right])
