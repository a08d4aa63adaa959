"""The sounds of sparks: what they are made of, how loud they are, and that they do no harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.sparks.engine.audio.basics import RATE, Samples
from server.sparks.engine.audio.loudness import fast, integrated, true_peak
from server.sparks.engine.audio.mix import CEILING, RECIPES, TARGETS, duration, sound, work
from server.sparks.engine.format.sounds import Recipe, Score, Sound
from server.sparks.engine.format.spark import Tier


def tone(seconds: float, hertz: float, dbfs: float, *, sides: int = 2, degrees: float = 0) -> Samples:
    turn = 2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE + np.radians(degrees)
    made = np.zeros((2, turn.size), np.float32)
    made[:sides] = 10 ** (dbfs / 20) * np.sin(turn)
    return made


def test_a_full_sine_in_one_channel_is_at_3_lkfs_below_full() -> None:
    """BS.1770-4, annex 1: 997 Hz at 0 dBFS in the left, the right or the centre indicates -3.01 LKFS."""
    assert integrated(tone(20, 997, 0, sides=1)) == pytest.approx(-3.01, abs=0.01)
    assert integrated(tone(20, 997, 0)) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(20, -23)], -23),
        ([(20, -33)], -33),
        ([(10, -36), (60, -23), (10, -36)], -23),
        ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23),
        ([(20, -26), (20.1, -20), (20, -26)], -23),
    ],
)
def test_the_signals_of_ebu_tech_3341_are_as_loud_as_it_says(
    parts: list[tuple[float, float]], lufs: float
) -> None:
    """Cases 1 to 5: a sine of 1 kHz in both channels, within 0.1 LU."""
    signal = np.concatenate([tone(seconds, 1_000, dbfs) for seconds, dbfs in parts], axis=1)
    assert integrated(signal) == pytest.approx(lufs, abs=0.1)


@pytest.mark.parametrize(
    ("part", "degrees", "amplitude", "dbtp"),
    [(4, 0, 0.5, -6), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3)],
)
def test_the_true_peaks_of_ebu_tech_3341_are_as_high_as_it_says(
    part: int, degrees: float, amplitude: float, dbtp: float
) -> None:
    """Cases 15 to 19: sines whose highest point lies between samples, +0.2 and -0.4 dB."""
    signal = tone(1, RATE / part, 20 * np.log10(amplitude), degrees=degrees)
    signal[:, :480] *= np.linspace(0, 1, 480)
    signal[:, -480:] *= np.linspace(1, 0, 480)
    assert dbtp - 0.4 <= true_peak(signal) <= dbtp + 0.2


def test_silence_and_what_is_short_can_be_measured() -> None:
    assert integrated(np.zeros((2, RATE), np.float32)) == -70
    assert integrated(np.zeros((2, 1), np.float32)) == -70
    assert true_peak(np.zeros((2, 10), np.float32)) < -150
    # A tenth of a second of a sine, looped, is the sine.
    assert integrated(tone(0.1, 1_000, -20)) == pytest.approx(-20, abs=0.1)


@given(st.integers(1, 2_000_000))
def test_lengths_for_the_fft_are_the_next_that_it_is_fast_at(count: int) -> None:
    size = fast(count)
    assert count <= size <= max(count * 1.13, count + 3)
    for factor in (2, 3, 5):
        while size % factor == 0:
            size //= factor
    assert size == 1


def highest_between(samples: Samples) -> float:
    """dB of the highest point of the wave, 16 times oversampled: nearly what a converter makes."""
    padded = np.pad(samples.T.astype(np.float64), ((0, 0), (500, 500)))
    spectrum = np.fft.rfft(padded, axis=1)
    size = padded.shape[1]
    return 20 * np.log10(np.abs(np.fft.irfft(spectrum, 16 * size, axis=1)).max() * 16)


def check(score: Score, tier: Tier, made: Samples) -> None:
    assert made.dtype == np.float32
    assert made.shape == (round(duration(score) * RATE), 2)
    assert np.isfinite(made).all()
    assert np.abs(made.mean(axis=0)).max() < 1e-3
    assert np.abs(made[[0, -1]]).max() < 1e-3
    assert true_peak(made.T) <= CEILING
    assert integrated(made.T) <= TARGETS[tier] + 0.1


@pytest.mark.parametrize("recipe", list(Recipe))
def test_every_recipe_is_a_sound_of_its_own_at_the_loudness_of_its_tier(recipe: Recipe) -> None:
    assert set(RECIPES) == set(Recipe)
    score = Score(
        sounds=[Sound(at=0.1, recipe=recipe, notes=[220, 330, 440], step=0.2, to_hertz=3_000, density=60)],
        room=0.5,
    )
    made = sound(score, Tier.RARE, 3)
    check(score, Tier.RARE, made)
    # Clicks have too little between their peaks; all else reaches it.
    assert integrated(made.T) > TARGETS[Tier.RARE] - (4 if recipe is Recipe.CRACKLE else 0.1)
    assert highest_between(made) <= CEILING
    assert np.array_equal(made, sound(score, Tier.RARE, 3))


def test_a_sound_depends_on_its_seed_alone() -> None:
    score = Score(sounds=[Sound(at=0, recipe=Recipe.GRAINS, decay=0.3)], room=0.2)
    assert not np.array_equal(sound(score, Tier.EPIC, 1), sound(score, Tier.EPIC, 2))
    sound(score, Tier.EPIC, -5)
    sound(score, Tier.EPIC, 2**80)


@pytest.mark.parametrize("tier", list(Tier))
def test_each_tier_has_its_loudness(tier: Tier) -> None:
    score = Score(sounds=[Sound(at=0, recipe=Recipe.PAD, decay=1.2)], room=0.4)
    assert integrated(sound(score, tier, 1).T) == pytest.approx(TARGETS[tier], abs=0.1)


def spectrum(score: Score) -> tuple[np.ndarray, np.ndarray]:
    made = sound(score, Tier.EPIC, 1).mean(axis=1)
    return np.fft.rfftfreq(made.size, 1 / RATE), np.abs(np.fft.rfft(made))


@pytest.mark.parametrize("recipe", [Recipe.TONE, Recipe.PLUCK, Recipe.PAD])
@pytest.mark.parametrize("hertz", [110, 440, 1_975.5])
def test_what_has_a_pitch_is_in_tune(recipe: Recipe, hertz: float) -> None:
    """Within 10 cents: a string of whole samples alone would be off by 40 at 2 kHz."""
    score = Score(sounds=[Sound(at=0, recipe=recipe, notes=[hertz], decay=3, depth=0.3)], room=0.1, wet=0)
    frequencies, power = spectrum(score)
    near = (frequencies > hertz * 0.9) & (frequencies < hertz * 1.1)
    heard = np.average(frequencies[near], weights=power[near] ** 4)
    assert 1_200 * abs(np.log2(heard / hertz)) < 10


def test_modulation_makes_nothing_that_comes_back_out_of_tune() -> None:
    score = Score(
        sounds=[Sound(at=0, recipe=Recipe.TONE, notes=[4_000], ratio=16, depth=20)], room=0.1, wet=0
    )
    frequencies, power = spectrum(score)
    low = power[(frequencies > 100) & (frequencies < 2_000)].max()
    assert low < power.max() / 300


def test_noise_sweeps() -> None:
    score = Score(
        sounds=[Sound(at=0, recipe=Recipe.NOISE, notes=[300], to_hertz=6_000, decay=2, attack=1.8)],
        room=0.1,
        wet=0,
    )
    made = sound(score, Tier.EPIC, 1)[:, 0]

    def centre(part: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(part)) ** 2
        return float(np.average(np.fft.rfftfreq(part.size, 1 / RATE), weights=power))

    first, last = centre(made[: RATE // 2]), centre(made[RATE : 3 * RATE // 2])
    assert first < 700 < 2_000 < last


def test_pan_moves_it() -> None:
    score = Score(sounds=[Sound(at=0, recipe=Recipe.TONE, pan=-1)], room=0.1, wet=0)
    left, right = np.square(sound(score, Tier.EPIC, 1)).sum(axis=0)
    assert right < left / 1_000


sounds = st.builds(
    Sound,
    at=st.floats(0, 1.5),
    recipe=st.sampled_from(Recipe),
    notes=st.lists(st.floats(20, 12_000), min_size=1, max_size=4),
    to_hertz=st.none() | st.floats(20, 12_000),
    step=st.floats(0, 0.3),
    decay=st.floats(0.02, 1.2),
    attack=st.floats(0, 4),
    ratio=st.floats(0.1, 16),
    depth=st.floats(0, 20),
    density=st.floats(1, 200),
    gain_db=st.floats(-48, 6),
    pan=st.floats(-1, 1),
)
scores = st.builds(
    Score, sounds=st.lists(sounds, min_size=1, max_size=3), room=st.floats(0.1, 1), wet=st.floats(0, 1)
)


@settings(max_examples=40)
@given(scores, st.sampled_from(Tier), st.integers(0, 2**63))
def test_any_score_is_a_sound_that_does_no_harm(score: Score, tier: Tier, seed: int) -> None:
    check(score, tier, sound(score, tier, seed))


def test_the_least_and_the_most_that_a_score_can_say() -> None:
    least = Score(sounds=[Sound(at=0, recipe=Recipe.SUB, notes=[20], decay=0.02)], room=0.1)
    check(least, Tier.COMMON, sound(least, Tier.COMMON, 0))
    most = Score(
        sounds=[Sound(at=8, recipe=Recipe.TONE, notes=[12_000] * 11, decay=8, attack=4)], room=4, wet=1
    )
    assert work(most) == 88
    check(most, Tier.LEGENDARY, sound(most, Tier.LEGENDARY, 0))


def test_nothing_of_it_waits_for_scipy() -> None:
    code = (
        "import sys, server.sparks.engine.audio.mix as _;"
        "sys.exit('scipy' in sys.modules or 'PySide6' in sys.modules)"
    )
    root = Path(__file__).parents[4]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
