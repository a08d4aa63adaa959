"""Sound for the demo clips, made from nothing: tunes, a beat, surf, key clicks, speech-like babble."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]
"""Mono samples at RATE, -1..1."""

# The first three formants of five vowels in Hz, for an adult male voice (Peterson and Barney 1952).
_VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
_BANDWIDTHS = (90.0, 110.0, 170.0)


@dataclass(frozen=True)
class Syllable:
    """One beat of babble: when (in seconds), which vowel, at which pitch in Hz."""

    start: float
    end: float
    vowel: int
    pitch: float


def syllables(seconds: float, seed: int, pitch: float = 120.0) -> list[Syllable]:
    """Syllables in phrases with pauses and falling pitch, as speech has them."""
    rng = np.random.default_rng(seed)
    spoken: list[Syllable] = []
    at = 0.25
    while at < seconds - 0.8:
        count = int(rng.integers(5, 11))
        for i in range(count):
            length = float(rng.uniform(0.11, 0.24))
            if at + length > seconds - 0.1:
                return spoken
            fall = 1.15 - 0.3 * i / count
            spoken.append(
                Syllable(at, at + length, int(rng.integers(5)), pitch * fall * float(rng.uniform(0.95, 1.08)))
            )
            at += length + float(rng.uniform(0.02, 0.06))
        at += float(rng.uniform(0.25, 0.6))
    return spoken


def openness(spoken: list[Syllable], t: float) -> float:
    """How far the mouth is open at `t`, 0..1: rises and falls with each syllable."""
    for syllable in spoken:
        if syllable.start <= t <= syllable.end:
            wide = (1.0, 0.7, 0.45, 0.8, 0.5)[syllable.vowel]
            return wide * float(np.sin(np.pi * (t - syllable.start) / (syllable.end - syllable.start)))
    return 0.0


def speech(spoken: list[Syllable], seconds: float, seed: int) -> Sound:
    """Formant synthesis: harmonics of the pitch, weighted by the vowel's resonances, and hiss between."""
    spoken = [s for s in spoken if s.end <= seconds]
    times = np.arange(round(seconds * RATE)) / RATE
    knots, loud, pitch = [0.0], [0.0], [110.0]
    formants: list[tuple[float, ...]] = [_VOWELS[0]]
    for s in spoken:
        third = (s.end - s.start) / 3
        for at, level in ((s.start, 0.0), (s.start + third, 1.0), (s.end - third, 0.9), (s.end, 0.0)):
            knots.append(at)
            loud.append(level)
            pitch.append(s.pitch * (1.03 - 0.06 * (at - s.start) / (s.end - s.start)))
            formants.append(_VOWELS[s.vowel])
    loudness = np.interp(times, knots, loud)
    frequency = np.interp(times, knots, pitch) * (1 + 0.01 * np.sin(2 * np.pi * 5.2 * times))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    tracks = [np.interp(times, knots, [f[i] for f in formants]) for i in range(3)]
    voice = np.zeros_like(times)
    for harmonic in range(1, 34):
        gain = sum(
            1.0 / (1.0 + ((harmonic * frequency - track) / width) ** 2)
            for track, width in zip(tracks, _BANDWIDTHS, strict=True)
        )
        voice += gain / harmonic**0.4 * np.sin(harmonic * phase)
    hiss = np.diff(np.random.default_rng(seed).normal(0, 1, times.size + 1))
    consonant = np.zeros_like(times)
    for s in spoken[::2]:
        place = slice(round((s.start - 0.03) * RATE), round((s.start + 0.025) * RATE))
        consonant[place] = np.hanning(place.stop - place.start)
    return _levelled(voice * loudness + 0.12 * hiss * consonant)


def tune(seconds: float, seed: int, *, tempo: float = 112.0) -> Sound:
    """A pentatonic melody of plucked notes over a soft bass."""
    rng = np.random.default_rng(seed)
    beat = 60 / tempo
    sound = np.zeros(round(seconds * RATE) + RATE * 2)
    scale = [0, 2, 4, 7, 9, 12, 14, 16]
    step = 3
    for i in range(int(seconds / (beat / 2))):
        step = int(np.clip(step + rng.integers(-2, 3), 0, len(scale) - 1))
        if rng.random() < 0.8:
            _add(sound, i * beat / 2, _pluck(262 * 2 ** (scale[step] / 12), 0.9, 0.35))
        if i % 4 == 0:
            _add(sound, i * beat / 2, _pluck(65.4 * 2 ** ((0, 7, 9, 5)[i // 4 % 4] / 12), 1.6, 0.5))
    return _levelled(sound[: round(seconds * RATE)])


def beat(seconds: float, *, tempo: float = 120.0) -> Sound:
    """A dance beat: kick on every beat, hat between, clap on two and four."""
    rng = np.random.default_rng(4)
    sound = np.zeros(round(seconds * RATE) + RATE)
    for i in range(int(seconds * tempo / 60 * 2)):
        at = i * 30 / tempo
        times = np.arange(round(0.3 * RATE)) / RATE
        if i % 2 == 0:
            sweep = 2 * np.pi * np.cumsum(50 + 90 * np.exp(-times * 30)) / RATE
            _add(sound, at, np.sin(sweep) * np.exp(-times * 11))
        else:
            _add(sound, at, 0.16 * np.diff(rng.normal(0, 1, times.size + 1)) * np.exp(-times * 60))
        if i % 4 == 2:
            _add(sound, at, 0.25 * rng.normal(0, 1, times.size) * np.exp(-times * 25))
    return _levelled(sound[: round(seconds * RATE)])


def surf(seconds: float) -> Sound:
    """Waves: low-passed noise that swells and ebbs."""
    size = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(8).normal(0, 1, size))
    spectrum /= 1 + (np.fft.rfftfreq(size, 1 / RATE) / 500) ** 1.5
    swell = 0.35 + 0.65 * np.sin(np.arange(size) / RATE * np.pi / 2.6) ** 2
    return _levelled(np.fft.irfft(spectrum, size) * swell)


def clicks(times: list[float], seconds: float) -> Sound:
    """A key click at each of `times`."""
    rng = np.random.default_rng(2)
    sound = np.zeros(round(seconds * RATE) + RATE)
    decay = np.exp(-np.arange(round(0.03 * RATE)) / RATE * 220)
    for at in times:
        _add(sound, at, rng.normal(0, 1, decay.size) * decay * rng.uniform(0.6, 1.0))
    return _levelled(sound[: round(seconds * RATE)])


def _pluck(frequency: float, seconds: float, gain: float) -> NDArray[np.float64]:
    times = np.arange(round(seconds * RATE)) / RATE
    tone = np.zeros_like(times)
    for k in range(1, 5):
        tone += np.sin(2 * np.pi * frequency * k * times) * np.exp(-times * (3 + 2 * k)) / k
    return np.asarray(gain * np.minimum(1, times * 200) * tone)


def _add(sound: NDArray[np.float64], at: float, piece: NDArray[np.float64]) -> None:
    start = round(at * RATE)
    end = min(sound.size, start + piece.size)
    sound[start:end] += piece[: end - start]


def _levelled(sound: NDArray[np.float64]) -> Sound:
    """Scaled to a peak of 0.7, which leaves lossy codecs headroom."""
    peak = float(np.abs(sound).max()) or 1.0
    return (sound * (0.7 / peak)).astype(np.float32)
