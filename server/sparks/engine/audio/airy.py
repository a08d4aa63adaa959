"""Recipes of many small parts or of noise: grains, noise, crackle. Each gives one note, float32 `(2, n)`."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.audio.basics import RATE, Samples, envelope, length, sine, stereo, time
from server.sparks.engine.format.sounds import Sound

_STEPS: Final = 12
"""A sweep of grains in so many pitches, each made once."""
_FRAME: Final = 2_048
_WIDTH: Final = 0.25
"""Octaves: the standard deviation of a band of noise."""


def _pitches(sound: Sound, hertz: float, count: int) -> NDArray[np.float64]:
    """`count` pitches from `hertz` to where the sound sweeps to, evenly in octaves."""
    goal = sound.to_hertz or hertz
    return hertz * (goal / hertz) ** np.linspace(0, 1, count)


def _times(sound: Sound, share: float, random: np.random.Generator) -> NDArray[np.float64]:
    """When parts begin, in s: one in each of equal spans, so that there are exactly as many as it says."""
    parts = max(1, round(sound.density * sound.decay * share))
    return (np.arange(parts) + random.uniform(0, 1, parts)) * (sound.decay / parts)


def _share(sound: Sound) -> float:
    # Notes at once share the parts between them.
    return 1 / len(sound.notes) if sound.step == 0 else 1


def grains(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """Many short bells, fewer and softer towards the end, scattered from left to right."""
    count = length(sound.decay)
    grain = min(count, length(0.09))
    t = time(grain)
    shape = envelope(grain, 0.002)
    bank = []
    for pitch in _pitches(sound, hertz, _STEPS if sound.to_hertz else 1):
        depth = min(sound.depth, max(0.0, (20_000 - pitch) / (pitch * sound.ratio) - 1))
        bend = sine(pitch * sound.ratio * t) * np.float32(depth / (2 * math.pi))
        bank.append(sine(pitch * t + bend * shape) * shape)
    made = np.zeros((2, count), np.float32)
    rise = max(min(sound.attack, 0.9 * sound.decay), 1e-3)
    for at in _times(sound, _share(sound), random):
        place, loud = random.uniform(0.1, 0.9), random.uniform(0.3, 1)
        through = at / sound.decay
        loud *= min(1.0, at / rise + 0.05) * (1 - through) ** 1.5
        begin = int(at * RATE)
        part = bank[min(len(bank) - 1, int(through * len(bank)))][: count - begin]
        made[0, begin : begin + part.size] += part * np.float32(loud * math.cos(place * math.pi / 2))
        made[1, begin : begin + part.size] += part * np.float32(loud * math.sin(place * math.pi / 2))
    return made


def noise(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """A band of noise that sweeps. Made of overlapping frames, each of a spectrum of its own around where the
    band is by then; their windows are sines, whose squares add up to one, as powers of noise do."""
    count = length(sound.decay)
    hop = _FRAME // 2
    frames = math.ceil(count / hop) + 1
    centre = _pitches(sound, hertz, frames)
    bins = np.fft.rfftfreq(_FRAME, 1 / RATE)
    octaves = np.log2(np.maximum(bins, 1)[None] / centre[:, None])
    # A band of noise has as much power wherever it is: the wider (in Hz) the weaker.
    level = np.exp(-0.5 * (octaves / _WIDTH) ** 2) / np.sqrt(centre)[:, None]
    level[:, 0] = 0
    phases = random.uniform(0, 1, level.shape)
    spectrum = level.astype(np.float32) * (sine(phases + 0.25) + 1j * sine(phases))
    window = np.sin(np.pi * (np.arange(_FRAME, dtype=np.float32) + 0.5) / _FRAME)
    parts = np.fft.irfft(spectrum.astype(np.complex64), _FRAME, axis=1).astype(np.float32) * window
    joined = np.zeros((frames + 1) * hop, np.float32)
    joined[: frames * hop] += parts[:, :hop].ravel()
    joined[hop:] += parts[:, hop:].ravel()
    return stereo(joined[hop : hop + count] * envelope(count, sound.attack))


def crackle(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """Sparse clicks, each a struck body of about that pitch that is silent after some milliseconds."""
    count = length(sound.decay)
    click = min(count, length(0.008))
    t = time(click)
    bank = [
        sine(min(hertz * bend, 16_000) * t) * np.exp(-t / fade).astype(np.float32)
        for bend, fade in [
            (0.5, 0.0012),
            (0.8, 0.0006),
            (1, 0.001),
            (1.3, 0.0004),
            (1.9, 0.0003),
            (2.4, 0.0008),
        ]
    ]
    made = np.zeros((2, count), np.float32)
    for at in _times(sound, _share(sound), random):
        which, place, loud = random.integers(len(bank)), random.uniform(0.1, 0.9), random.uniform(0, 1) ** 2
        loud = 0.15 + 0.85 * loud
        begin = int(at * RATE)
        part = bank[which][: count - begin]
        made[0, begin : begin + part.size] += part * np.float32(loud * math.cos(place * math.pi / 2))
        made[1, begin : begin + part.size] += part * np.float32(loud * math.sin(place * math.pi / 2))
    return made * envelope(count, sound.attack, silent=3)
