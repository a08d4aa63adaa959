"""Recipes of what is struck or plucked: tone, pluck, sub. Each gives one note, float32 `(2, n)`."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from server.sparks.engine.audio.basics import RATE, Samples, envelope, length, sine, stereo, time
from server.sparks.engine.format.sounds import Sound

_HIGHEST: Final = 21_000
"""Hz. Side bands above would come back below half the rate, out of tune."""


def tone(sound: Sound, hertz: float, _: np.random.Generator) -> Samples:
    """Frequency modulation with a depth that fades five times as fast as the note (Chowning 1973): bells at a
    ratio that is no whole number, kalimbas at one."""
    count = length(sound.decay)
    t = time(count)
    modulator = hertz * sound.ratio
    # Carson's rule: the band is as wide as twice the modulator times depth and one.
    depth = min(sound.depth, max(0.0, (_HIGHEST - hertz) / modulator - 1))
    turns = hertz * t
    if depth > 0:
        bend = sine(modulator * t) * np.exp(np.arange(count, dtype=np.float32) * np.float32(-5 / count))
        turns += bend * np.float32(depth / (2 * math.pi))
    return stereo(sine(turns) * envelope(count, sound.attack))


def pluck(sound: Sound, hertz: float, random: np.random.Generator) -> Samples:
    """A plucked string (Karplus and Strong 1983): a period of noise that is averaged with itself each time
    round. All periods are made at once: after k rounds each harmonic is its gain to the power of k. The
    string is as long as the whole samples of a period, and then read at the speed that is in tune."""
    count = length(sound.decay)
    period = max(4, math.ceil(RATE / hertz))
    speed = period * hertz / RATE
    rounds = math.ceil(count * speed / period) + 2
    first = np.fft.rfft(random.uniform(-1, 1, period))
    first[0] = 0
    # Brighter or duller by depth; the average of two neighbours is cos(w / 2), here without its delay.
    loss = np.cos(np.pi * np.arange(len(first)) / period).clip(1e-6) ** (1 / max(0.2, sound.depth))
    passes = np.exp(np.log(loss)[None] * np.arange(rounds)[:, None]).astype(np.float32)
    string = (
        np.fft.irfft(first.astype(np.complex64)[None] * passes, period, axis=1).astype(np.float32).ravel()
    )
    made = np.interp(np.arange(count) * speed, np.arange(string.size), string).astype(np.float32)
    return stereo(made * envelope(count, sound.attack))


def sub(sound: Sound, hertz: float, _: np.random.Generator) -> Samples:
    """A deep thump: falls to its pitch from two and a half times as high within 0.1 s, and is bent a little,
    so that small speakers, which cannot give its fundamental, give its third harmonic."""
    count = length(sound.decay)
    t = time(count)
    fall = 0.03
    turns = hertz * (t + 1.5 * fall * (1 - np.exp(-t / fall)))
    body = np.tanh(sine(turns) * envelope(count, sound.attack) * np.float32(1.6))
    return stereo(body)
