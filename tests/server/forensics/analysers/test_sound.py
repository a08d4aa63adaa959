"""What is speech, and how much of a sound is looked at."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from server.content.media import source
from server.content.media.results import FileLimits
from server.forensics import sound
from server.forensics.sound import RATE, Piece, Samples, Sound, periodicity, speaking


def noise(seconds: float, level: float) -> Samples:
    return (np.random.default_rng(0).standard_normal(int(seconds * RATE)) * level).astype(np.float32)


def test_syllables_are_speech(spoken: Callable[..., Samples]) -> None:
    talk = speaking(Piece(0, spoken(6.0)))
    assert 0.4 < talk.mean() < 0.95


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(5 * RATE, np.float32),
        noise(5, 0.1),
        noise(5, 0.003),
        (0.3 * np.sin(2 * np.pi * 220 * np.arange(5 * RATE) / RATE)).astype(np.float32),
        np.zeros(0, np.float32),
        np.zeros(100, np.float32),
    ],
    ids=["silence", "noise", "quiet noise", "tone", "nothing", "too short"],
)
def test_silence_noise_and_tones_are_not(samples: Samples) -> None:
    assert not speaking(Piece(0, samples)).any()


def test_clicks_at_the_pace_of_syllables_are_not() -> None:
    beats = np.zeros(5 * RATE, np.float32)
    for at in range(0, beats.size, RATE // 4):
        beats[at : at + 800] = noise(0.05, 0.3)
    assert not speaking(Piece(0, beats)).any()


def test_the_pitch_of_a_tone_is_its_frequency() -> None:
    times = np.arange(RATE // 25) / RATE
    wanted = np.array([90.0, 123.0, 250.0])
    tones = [np.sin(2 * np.pi * hz * times) + 0.5 * np.sin(4 * np.pi * hz * times) for hz in wanted]
    pitch, height = periodicity(np.array(tones))
    assert pitch == pytest.approx(wanted, rel=0.02)
    assert (height > 0.9).all()


def read(path: Path, duration_ms: int) -> Sound:
    with source.opened(path, FileLimits(), more_formats=source.SOUND_FORMATS) as container:
        stream = source.sound_stream(container)
        assert stream is not None
        return sound.read(container, stream, duration_ms, Fraction(0))


def test_a_short_sound_is_read_whole(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    whole = read(write_wav(tmp_path / "a.wav", noise(3, 0.1)), 3_000)
    assert len(whole.pieces) == 1
    assert whole.seconds == pytest.approx(3.0, abs=0.01)


def test_a_long_one_in_six_pieces_spread_over_it(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    some = read(write_wav(tmp_path / "a.wav", noise(130, 0.1), 8_000), 260_000)
    assert len(some.pieces) == 6
    assert [round(piece.start_ms, -3) for piece in some.pieces] == [
        0,
        50_000,
        100_000,
        150_000,
        200_000,
        250_000,
    ]
    assert some.seconds == pytest.approx(60, abs=0.2)


def test_a_cut_is_in_the_time_of_the_player(spoken: Callable[..., Samples]) -> None:
    whole = Sound((Piece(1_000, np.arange(RATE * 4, dtype=np.float32)),))
    piece = whole.cut(2_000, 3_000)
    assert piece is not None
    assert (piece.start_ms, piece.samples[0], piece.samples.size) == (2_000, RATE, RATE)
    assert whole.cut(6_000, 7_000) is None
