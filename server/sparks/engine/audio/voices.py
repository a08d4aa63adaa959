"""Recipes of held voices: pad, choir. Each gives one note, float32 `(2, n)`."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.audio.basics import Samples, harmonics, length, looked_up, stereo, swell, time, wave
from server.sparks.engine.format.sounds import Sound

_DETUNED: Final = 2 ** (7 / 1_200)
"""Seven cents: beats slowly, and is not heard as out of tune."""
_VOWELS: Final = (
    ((270, 1.0), (700, 0.12), (2_300, 0.03)),
    ((400, 1.0), (900, 0.45), (2_500, 0.06)),
    ((730, 1.0), (1_100, 0.60), (2_500, 0.12)),
)
"""u, o, a: Hz of three formants and how strong each is, about as Peterson and Barney 1952 found them."""


def _voice(table: Samples, hertz: float, t: NDArray[np.float64], random: np.random.Generator) -> Samples:
    """One voice with a slow vibrato of its own, up to four cents."""
    rate, phase = random.uniform(3.8, 5.2), random.uniform()
    depth = hertz * 0.0025 / (2 * np.pi * rate)
    return looked_up(table, random.uniform() + hertz * t + depth * np.sin(2 * np.pi * (rate * t + phase)))


def pad(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """Three voices a little out of tune, one of them to each side. `depth` makes them brighter."""
    count = length(sound.decay)
    t = time(count)
    numbers = harmonics(hertz, 8)
    table = wave(numbers ** (-2.2 + min(sound.depth, 8) * 0.12), random.uniform(0, 2 * np.pi, numbers.size))
    middle = _voice(table, hertz, t, random)
    left = _voice(table, hertz / _DETUNED, t, random)
    right = _voice(table, hertz * _DETUNED, t, random)
    return stereo(middle + left, middle + right) * swell(count, max(sound.attack, 0.02))


def choir(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """Voices that open from u over o to a. Of each vowel one turn is made, its harmonics as strong as its
    formants let them be; from one to the next they are faded."""
    count = length(sound.decay)
    t = time(count)
    numbers = harmonics(hertz, 24)
    phases = random.uniform(0, 2 * np.pi, numbers.size)
    vowels = [wave(_formants(numbers * hertz, vowel) / numbers, phases) for vowel in _VOWELS]
    mouth = np.linspace(0, len(_VOWELS) - 1, count, dtype=np.float32)
    sides = []
    for detuned in (1 / _DETUNED, _DETUNED):
        rate, phase = random.uniform(4.2, 5.6), random.uniform()
        bend = hertz * 0.006 / (2 * np.pi * rate) * np.sin(2 * np.pi * (rate * t + phase))
        turns = random.uniform() + hertz * detuned * t + bend
        each = [looked_up(table, turns) * (1 - np.abs(mouth - i)).clip(0) for i, table in enumerate(vowels)]
        sides.append((each[0] + each[1] + each[2]).astype(np.float32))
    left, right = sides
    half = np.float32(0.5)
    return stereo(left + half * right, right + half * left) * swell(count, max(sound.attack, 0.05))


def _formants(hertz: NDArray[np.float64], vowel: tuple[tuple[int, float], ...]) -> NDArray[np.float64]:
    made = np.full(hertz.shape, 0.02)
    for centre, strong in vowel:
        made += strong * np.exp(-0.5 * ((hertz - centre) / (60 + 0.09 * centre)) ** 2)
    return made
