"""Made sounds: as long as asked, never clipped, and speech that moves like speech."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from server.demo import sound
from server.demo.sound import RATE, Sound

SPOKEN = sound.syllables(6.0, seed=4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sound.tune(3.0, seed=1),
        lambda: sound.beat(3.0),
        lambda: sound.surf(3.0),
        lambda: sound.clicks([0.5, 1.0, 2.9], 3.0),
        lambda: sound.speech(sound.syllables(3.0, seed=2), 3.0, seed=2),
    ],
)
def test_sounds_have_their_length_and_headroom(make: Callable[[], Sound]) -> None:
    made = make()
    assert made.dtype == np.float32
    assert made.size == 3 * RATE
    assert float(np.abs(made).max()) == pytest.approx(0.7, abs=1e-3)
    assert np.array_equal(made, make()), "the same every time"


def test_speech_is_loud_where_the_mouth_is_open() -> None:
    heard = sound.speech(SPOKEN, 6.0, seed=4)
    times = np.arange(0.05, 5.95, 0.02)
    loud = [float(np.abs(heard[int((t - 0.01) * RATE) : int((t + 0.01) * RATE)]).mean()) for t in times]
    mouth = [sound.openness(SPOKEN, float(t)) for t in times]
    assert np.corrcoef(loud, mouth)[0, 1] > 0.5


def test_speech_has_its_pitch_and_its_formants() -> None:
    vowel = max(SPOKEN, key=lambda syllable: syllable.end - syllable.start)
    heard = sound.speech(SPOKEN, 6.0, seed=4)
    third = (vowel.end - vowel.start) / 3
    piece = heard[int((vowel.start + third) * RATE) : int((vowel.end - third) * RATE)]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(piece.size), 1 << 16))
    frequencies = np.fft.rfftfreq(1 << 16, 1 / RATE)
    strongest = frequencies[spectrum.argmax()]
    first_formant = sound._VOWELS[vowel.vowel][0]
    assert abs(strongest - first_formant) < 150
    assert spectrum[frequencies > 8000].max() < spectrum.max() / 50


def test_syllables_follow_each_other_with_pauses() -> None:
    gaps = [b.start - a.end for a, b in pairwise(SPOKEN)]
    assert min(gaps) > 0
    assert max(gaps) > 0.2
