"""Waveforms hold the true peaks of the sound, in their places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from server.content.media.results import FileLimits, Waveform
from server.content.media.source import Refusal
from server.content.media.waveform import BUCKETS, waveform

MakeVideo = Callable[..., Path]
LIMITS = FileLimits()


def rows(wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.frombuffer(wave.low, np.int8), np.frombuffer(wave.high, np.int8)
    assert low.size == high.size == BUCKETS
    assert (low <= high).all()
    return low, high


def test_a_tone_at_half_of_full_scale_peaks_at_half(make_video: MakeVideo) -> None:
    wave = waveform(make_video(audio_s=20.0, frames=500), LIMITS)
    low, high = rows(wave)
    # The AAC encoder itself adds a click here and there; one bucket in a hundred may hold one.
    assert (np.abs(high.astype(int) - 63) <= 4).mean() > 0.99
    assert (np.abs(low.astype(int) + 64) <= 4).mean() > 0.99
    assert wave.start_ms == 0
    assert abs(wave.duration_ms - 20_000) <= 60


def test_the_loud_part_lies_where_it_was(make_video: MakeVideo) -> None:
    path = make_video("late.mp4", audio_s=10.0, silence_s=5.0)
    _, high = rows(waveform(path, LIMITS))
    assert high[:480].max() <= 2
    assert high[520:960].min() >= 50


def test_a_very_short_sound_still_fills_all_buckets(make_video: MakeVideo) -> None:
    low, high = rows(waveform(make_video(audio_s=0.05, frames=2), LIMITS))
    assert high.max() > 30 > -30 > low.min()


def test_sound_beyond_the_limit_is_left_out(make_video: MakeVideo) -> None:
    wave = waveform(make_video(audio_s=4.0), FileLimits(duration_ms=3_000))
    assert 2_800 <= wave.duration_ms <= 3_000


def test_a_silent_video_has_no_waveform(make_video: MakeVideo) -> None:
    with pytest.raises(Refusal, match="no sound"):
        waveform(make_video(), LIMITS)


def test_a_cut_file_gives_what_is_left(plain: Path, tmp_path: Path) -> None:
    data = plain.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 3 // 5])
    assert 0 < waveform(tmp_path / "cut.mp4", LIMITS).duration_ms < 2_000
