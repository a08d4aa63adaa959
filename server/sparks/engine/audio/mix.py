"""A score as one sound: its parts on their timeline, in their room, as loud as their tier.

sound(score, Tier.RARE, 7)    # float32 (n, 2) at 48 kHz, the same each time
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

from server.sparks.engine.audio import airy, struck, voices
from server.sparks.engine.audio.basics import RATE, Samples, length
from server.sparks.engine.audio.loudness import fast, gated, integrated, looped, peaks, powers, weighted
from server.sparks.engine.format.sounds import Recipe, Score, Sound
from server.sparks.engine.format.spark import Tier

TARGETS: Final[Mapping[Tier, float]] = {
    Tier.COMMON: -20,
    Tier.UNCOMMON: -18,
    Tier.RARE: -18,
    Tier.EPIC: -16,
    Tier.LEGENDARY: -16,
}
"""LUFS. What is given often must not be as loud as what is given once."""
CEILING: Final = -1.0
"""dBTP: what a lossy codec adds has room above."""
MOST_REDUCED: Final = 12.0
"""dB that the limiter takes at most. What has peaks above that stays softer than its target."""
_AIM: Final = CEILING - 0.3
"""What the limiter aims at: between four samples for each a peak can be higher by that."""
_LOOK: Final = RATE // 250
_FADE: Final = RATE // 200
_LOWEST: Final = 20.0

Note = Callable[[Sound, float, np.random.Generator], Samples]
RECIPES: Final[Mapping[Recipe, Note]] = {
    Recipe.TONE: struck.tone,
    Recipe.PLUCK: struck.pluck,
    Recipe.SUB: struck.sub,
    Recipe.GRAINS: airy.grains,
    Recipe.NOISE: airy.noise,
    Recipe.CRACKLE: airy.crackle,
    Recipe.PAD: voices.pad,
    Recipe.CHOIR: voices.choir,
}


def duration(score: Score) -> float:
    """Seconds of the sound, its last echo with it."""
    return max(_end(one) for one in score.sounds) + score.room


def work(score: Score) -> float:
    """Seconds of all notes together: what a sound costs to make goes by it, and not by the machine."""
    return sum(len(one.notes) * one.decay for one in score.sounds)


def _end(sound: Sound) -> float:
    return sound.at + sound.step * (len(sound.notes) - 1) + sound.decay


def sound(score: Score, tier: Tier, seed: int) -> Samples:
    """The sound of a score: float32 `(n, 2)` at 48 kHz, the same each time.

    At the loudness of its tier, or softer where its peaks are too high for that; true peak at most -1 dBTP;
    no DC; the first and the last 5 ms faded.
    """
    heard = _in_its_room(_together(score, seed), score, seed)
    return np.ascontiguousarray(_as_loud(heard, TARGETS[tier]).T)


def _random(seed: int, index: int) -> np.random.Generator:
    # Each sound has numbers of its own: one that is added changes no other.
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed % 2**63, index])))


def _together(score: Score, seed: int) -> Samples:
    """All sounds where they belong, `(2, n)`, dry. Each is 1 at its highest before its gain."""
    mixed = np.zeros((2, length(duration(score))), np.float32)
    for index, one in enumerate(score.sounds):
        random = _random(seed, index)
        part = np.zeros((2, length(_end(one) - one.at) + 1), np.float32)
        for i, hertz in enumerate(one.notes):
            note = RECIPES[one.recipe](one, hertz, random)
            begin = length(i * one.step) if i and one.step else 0
            part[:, begin : begin + note.shape[1]] += note[:, : part.shape[1] - begin]
        highest = float(np.abs(part).max())
        gain = 10 ** (one.gain_db / 20) / max(highest, 1e-9)
        # Constant power: as loud in the middle as at a side.
        angle = (one.pan + 1) * math.pi / 4
        sides = np.array([[math.cos(angle)], [math.sin(angle)]], np.float32) * np.float32(gain * math.sqrt(2))
        begin = round(one.at * RATE)
        room = mixed[:, begin : begin + part.shape[1]]
        room += part[:, : room.shape[1]] * sides
    return mixed


def _in_its_room(dry: Samples, score: Score, seed: int) -> Samples:
    """With reverberation, and without what is below 20 Hz: both in one pass through the frequencies.

    The room is noise that dies away, its highs sooner; of each ear its own, so it is wide.
    """
    count = dry.shape[1]
    tail = length(score.room)
    # Behind the sound as much silence as the high-pass rings for: what is circular must not come round.
    size = fast(count + tail + RATE // 5)
    random = _random(seed, 1_000)
    fade = np.exp(np.arange(tail, dtype=np.float32) * np.float32(-6.9 / tail))
    room = random.standard_normal((2, tail), dtype=np.float32)
    dull = cv2.blur(room, (9, 1), borderType=cv2.BORDER_REFLECT)
    late = np.linspace(0, 1, tail, dtype=np.float32)
    room = (room * (1 - late) + dull * (late * np.float32(3))) * fade
    room[:, : min(tail - 1, RATE // 100)] *= np.float32(0.3)
    room /= np.sqrt(np.square(room).sum(axis=1, keepdims=True)) + np.float32(1e-9)
    ratio = 1j * np.fft.rfftfreq(size, 1 / RATE) / _LOWEST
    high_pass = (ratio**2 / (ratio**2 + math.sqrt(2) * ratio + 1)).astype(np.complex64)
    gain = np.float32(1 - score.wet) + np.float32(score.wet) * np.fft.rfft(room, size, axis=1)
    heard = np.fft.irfft(np.fft.rfft(dry, size, axis=1) * gain * high_pass, size, axis=1)[:, :count]
    return _faded(heard.astype(np.float32))


def _faded(given: Samples) -> Samples:
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(_FADE) + 0.5) / _FADE)).astype(np.float32)
    count = min(_FADE, given.shape[1] // 2)
    given[:, :count] *= ramp[:count]
    given[:, given.shape[1] - count :] *= ramp[:count][::-1]
    return given


def _as_loud(given: Samples, target: float) -> Samples:
    """Brought to `target` LUFS with its peaks held below the ceiling.

    The limiter's gain depends on the loudness and the loudness on the gain, so it is gone round. What is
    costly is done once: the peaks are the same but for a factor, and to weigh what was limited is about to
    limit what was weighed, since the gain changes slowly.
    """
    given = given / max(float(np.abs(given).max()), 1e-9)
    around = _highest_around(peaks(given))
    squares = np.square(weighted(looped(given))).sum(axis=0)
    repeats = -(-squares.size // around.size)
    ceiling = 10 ** (_AIM / 20)
    most = ceiling * 10 ** (MOST_REDUCED / 20)
    gain = min(10 ** ((target - gated(powers(squares))) / 20), most)
    held = _gain(around, gain, ceiling)
    for _ in range(6):
        loud = gated(powers(squares * np.tile(np.square(held), repeats)[: squares.size]))
        if abs(loud - target) < 0.02 or (gain >= most and loud < target):
            break
        gain = min(gain * 10 ** ((target - loud) / 20), most)
        held = _gain(around, gain, ceiling)
    made = _level(given * held)
    # Exactly, at last: never louder than the target, never above the ceiling.
    over = max(integrated(made) - target, 20 * math.log10(float(peaks(made).max()) + 1e-12) - _AIM, 0.0)
    return np.asarray(made * np.float32(10 ** (-over / 20)))


def _level(given: Samples) -> Samples:
    """Without what is left of DC: of a sound as short as a wave of 20 Hz the high-pass cannot take it.
    One slow swell is taken away, which is nothing at both ends."""
    count = given.shape[1]
    slow = np.hanning(count).astype(np.float32)
    total = given.sum(axis=1, keepdims=True, dtype=np.float64) / max(float(slow.sum()), 1e-9)
    return np.asarray(given - total.astype(np.float32) * slow, np.float32)


def _highest_around(levels: Samples) -> Samples:
    size = 2 * _LOOK + 1
    made: Samples = cv2.dilate(levels[None], np.ones((1, size), np.uint8))[0]
    return made


def _gain(around: Samples, gain: float, ceiling: float) -> Samples:
    """What each sample is multiplied with: `gain`, or less around what would be too high. It is down before a
    peak comes: the least within 4 ms, averaged over the same 4 ms, is never more than at the peak."""
    least = np.float32(gain) * np.minimum(
        1, np.float32(ceiling / gain) / np.maximum(around, np.float32(1e-9))
    )
    half = _LOOK
    made: Samples = cv2.blur(least[None], (2 * half + 1, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return made
