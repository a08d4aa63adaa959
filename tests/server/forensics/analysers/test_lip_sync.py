"""A mouth that follows the sound, one that does not, and when nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from server.forensics.analysers.lip_sync import LipSync
from server.forensics.results import Signal
from server.forensics.rules import Abstained
from server.forensics.sample import MediaSample, Window
from server.forensics.sound import RATE, Piece, Samples, Sound

Make = Callable[..., MediaSample]


def values(sample: MediaSample) -> dict[str, float | None]:
    return {one.name: one.value for one in LipSync().analyse(sample)}


def reason(sample: MediaSample) -> Abstained | None:
    [one] = LipSync().analyse(sample)
    assert one.value is None
    return one.abstained


def test_a_mouth_with_its_own_sound_agrees_and_with_another_does_not(talking: Make) -> None:
    own = values(talking(10.0, seed=1, heard=1))
    for heard in (2, 3, 4):
        other = values(talking(10.0, seed=1, heard=heard))
        assert own["sync_surprise"] > other["sync_surprise"] + 2  # type: ignore[operator]
    assert own["sync_surprise"] > 5  # type: ignore[operator]
    assert abs(own["sync_offset_ms"]) <= 60  # type: ignore[arg-type]


def test_sound_that_comes_late_is_told_by_its_lag(talking: Make) -> None:
    sample = talking(10.0, seed=1, heard=1)
    assert sample.sound is not None
    late = np.concatenate([np.zeros(RATE // 10, np.float32), sample.sound.pieces[0].samples])
    found = values(replace(sample, sound=Sound((Piece(0, late),))))
    assert found["sync_offset_ms"] == pytest.approx(100, abs=60)


def test_the_curves_are_evidence(talking: Make) -> None:
    signals = LipSync().analyse(talking(10.0, seed=1, heard=1))
    curves = {curve.name: curve for one in signals for curve in one.curves}
    assert curves.keys() == {"mouth_opening", "speech_envelope", "agreement_by_lag"}
    assert len(curves["mouth_opening"].values) == len(curves["speech_envelope"].values) == 499
    assert len(curves["agreement_by_lag"].values) == 51


def test_of_two_mouths_the_one_that_speaks_counts(talking: Make) -> None:
    own, other = talking(10.0, seed=1, heard=1), talking(10.0, seed=5, heard=1)
    assert own.window is not None
    assert other.window is not None
    both = Window(own.window.t_ms, {3: other.window.meshes[0], 4: own.window.meshes[0]})
    found: list[Signal] = LipSync().analyse(replace(own, window=both))
    assert {one.track for one in found} == {4}


def test_it_abstains_where_there_is_nothing_to_compare(talking: Make, spoken: Callable[..., Samples]) -> None:
    sample = talking(10.0, seed=1, heard=1)
    assert sample.window is not None
    hum = Sound((Piece(0, np.full(10 * RATE, 0.05, np.float32)),))
    mute = Sound((Piece(0, np.zeros(10 * RATE, np.float32)),))
    assert reason(replace(sample, stills=())) is Abstained.NO_PICTURE
    assert reason(replace(sample, sound=None)) is Abstained.NO_SOUND
    assert reason(replace(sample, sound=mute)) is Abstained.SILENT
    assert reason(replace(sample, sound=hum)) is Abstained.NO_SPEECH
    assert reason(replace(sample, window=None)) is Abstained.FACE_TOO_SMALL
    assert reason(replace(sample, window=sample.window.cut(0, 3_000))) is Abstained.TOO_SHORT
    assert (
        reason(replace(sample, stills=tuple(replace(s, faces=()) for s in sample.stills)))
        is Abstained.NO_FACE
    )
    elsewhere = Sound((Piece(60_000, spoken(10.0)),))
    assert reason(replace(sample, sound=elsewhere)) is Abstained.NO_SOUND


def test_a_mouth_that_is_still_or_hardly_seen_says_nothing(talking: Make) -> None:
    assert reason(talking(10.0, seed=1, heard=1, moves=0.0)) is Abstained.MOUTH_UNSEEN
    sample = talking(10.0, seed=1, heard=1)
    assert sample.window is not None
    hidden = sample.window.meshes[0].copy()
    hidden[: len(hidden) // 3] = np.nan
    assert reason(replace(sample, window=Window(sample.window.t_ms, {0: hidden}))) is Abstained.MOUTH_UNSEEN
