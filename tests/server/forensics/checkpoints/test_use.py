"""A checkpoint that lies in the folder is used: its score is seen over the API, within its limits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from server.accounts.permissions import Role
from server.forensics import engine, fusion, queries, workflow
from server.forensics.analyse import examined
from server.forensics.analysers.checkpoint import Checkpoint, face_of, speech
from server.forensics.checkpoints import folder as checkpoints
from server.forensics.results import SlotScore
from server.forensics.rules import CHECKPOINT_BP, Abstained, AnalysisState, Slot
from server.forensics.sample import MediaSample
from server.kit.jobs import Context
from server.kit.storage import Store
from server.settings import Settings
from tests.server.conftest import SignIn
from tests.server.forensics.checkpoints import made
from tests.server.forensics.lab import CORE, Lab

GOOD = made.model(*made.fitted())
FACE = {"slot": "face_manipulation", "name": "faces"}


def loaded(folder: Path) -> list[Checkpoint]:
    return [Checkpoint(card, path) for card, path in checkpoints.in_use(folder)]


@pytest.mark.crash
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_its_score_is_seen_over_the_api(
    context: Context,
    settings: Settings,
    lab: Lab,
    clip: bytes,
    client: httpx.Client,
    sign_in: SignIn,
) -> None:
    sha256 = hashlib.sha256(clip).hexdigest()
    file = Store(settings.media).path(sha256)
    file.parent.mkdir(parents=True)
    file.write_bytes(clip)
    made.put(settings.checkpoints, GOOD)
    video_id = lab.video(sha256=sha256)
    asked = lab.ask(video_id)
    workflow.analyse_video("one")
    told = client.get(f"/v1/forensics/videos/{video_id}", headers=sign_in(Role.MODERATOR)).json()
    result = told["core"]["result"]
    [violence] = [score for score in result["scores"] if score["slot"] == "violence"]
    assert violence["method"] == f"model:bright@{hashlib.sha256(GOOD).hexdigest()}"
    assert violence["score_bp"] is not None
    assert violence["low_bp"] <= violence["score_bp"] <= violence["high_bp"]
    assert violence["reliability_bp"] <= CHECKPOINT_BP
    [signal] = [signal for signal in result["signals"] if signal["name"] == "checkpoint"]
    assert signal["spans"]
    detectors = result["analysis"]["detectors"]
    assert detectors["model:bright"] == checkpoints.versions(settings.checkpoints)["model:bright"]
    assert detectors == engine.versions(CORE, settings.checkpoints)
    # Nothing is due until the folder changes.
    due = {}
    for name, folder in {"same": settings.checkpoints, "empty": settings.data / "none"}.items():
        with context.db.read() as s:
            due[name] = list(queries.to_refresh(s, CORE, folder, limit=5))
    assert due == {"same": [], "empty": [video_id]}
    # One that is tampered with is not used, and the analysis says why.
    (settings.checkpoints / "bright.onnx").write_bytes(GOOD + b"\x00")
    asked = lab.ask(video_id)
    workflow.analyse_video("two")
    told = client.get(f"/v1/forensics/videos/{video_id}", headers=sign_in(Role.MODERATOR)).json()
    result = told["core"]["result"]
    assert lab.row(asked).state is AnalysisState.PARTLY
    [violence] = [score for score in result["scores"] if score["slot"] == "violence"]
    assert (violence["score_bp"], violence["abstained"]) == (None, "no_model")
    assert any("SHA-256 is another" in sentence for sentence in result["analysis"]["missing"])


def painted(sample: MediaSample, shade: int) -> MediaSample:
    """The sample with every picture of one shade."""
    stills = [replace(still, picture=np.full_like(still.picture, shade)) for still in sample.stills]
    return replace(sample, stills=tuple(stills))


def test_a_face_is_scored_for_itself_and_its_method_says_by_what(
    tmp_path: Path, talking: Callable[..., MediaSample]
) -> None:
    made.put(tmp_path, GOOD, **FACE)
    own = loaded(tmp_path)
    scores: dict[int, SlotScore] = {}
    for shade in (230, 20):
        found = examined(painted(talking(5.0, 1, 1), shade), "0" * 64, (), checkpoints=own)
        scores[shade] = next(one for one in found.slots if one.slot is Slot.FACE_MANIPULATION)
        assert found.verdict.is_deepfake is None, "never from one slot"
        assert found.verdict.confidence_bp <= CHECKPOINT_BP
    bright, dark = scores[230], scores[20]
    assert bright.method == f"model:faces@{hashlib.sha256(GOOD).hexdigest()}"
    assert bright.track == 0
    assert bright.score_bp is not None
    assert dark.score_bp is not None
    assert bright.score_bp > 9_000 > 1_000 > dark.score_bp
    assert bright.likely
    assert bright.look_closer
    assert not dark.look_closer


def test_what_is_forged_in_the_second_half_only_is_seen(
    tmp_path: Path, talking: Callable[..., MediaSample]
) -> None:
    made.put(tmp_path, GOOD, **FACE)
    sample = talking(12.0, 1, 1)
    assert len(sample.stills) > 16
    examined_ = examined(painted(sample, 20), "0" * 64, (), checkpoints=loaded(tmp_path))
    [signal] = [one for one in examined_.signals if one.name == "checkpoint"]
    assert len(signal.spans) == 16
    last = sample.stills[-1].t_ms
    assert signal.spans[-1].start_ms <= last <= signal.spans[-1].end_ms


def test_one_slot_is_never_enough_and_two_are() -> None:
    by_model = [
        SlotScore(
            slot, "model:x@y", score_bp=9_500, low_bp=9_000, high_bp=9_900, reliability_bp=8_500, likely=True
        )
        for slot in (Slot.FACE_MANIPULATION, Slot.VOICE_SYNTHESIS)
    ]
    assert fusion.verdict(by_model[:1]).is_deepfake is None
    assert fusion.verdict(by_model).is_deepfake is True
    assert fusion.verdict(by_model).confidence_bp <= CHECKPOINT_BP


def test_without_a_threshold_on_its_card_nothing_passes_one(
    tmp_path: Path, talking: Callable[..., MediaSample]
) -> None:
    made.put(tmp_path, GOOD, calibration={"a": 1.0, "b": 0.0}, **FACE)
    found = examined(painted(talking(5.0, 1, 1), 230), "0" * 64, (), checkpoints=loaded(tmp_path))
    face = next(one for one in found.slots if one.slot is Slot.FACE_MANIPULATION)
    assert (face.score_bp or 0) > 9_000
    assert (face.look_closer, face.likely) == (False, False)


def test_without_a_face_it_says_nothing(tmp_path: Path, talking: Callable[..., MediaSample]) -> None:
    made.put(tmp_path, GOOD, **FACE)
    small = examined(talking(5.0, 1, 1, size=30.0), "0" * 64, (), checkpoints=loaded(tmp_path))
    face = next(one for one in small.slots if one.slot is Slot.FACE_MANIPULATION)
    assert (face.score_bp, face.abstained) == (None, Abstained.FACE_TOO_SMALL)


def test_one_that_fails_while_it_runs_leaves_the_rest(
    tmp_path: Path, talking: Callable[..., MediaSample]
) -> None:
    made.put(tmp_path, GOOD, input={"kind": "picture", "layout": "NCHW", "width": 32, "height": 32}, **FACE)
    found = examined(talking(5.0, 1, 1), "0" * 64, (), checkpoints=loaded(tmp_path))
    face = next(one for one in found.slots if one.slot is Slot.FACE_MANIPULATION)
    assert face.score_bp is None
    assert any(
        sentence.startswith("Model faces: The model takes 1 x 3 x 16 x 16") for sentence in found.missing
    )


def test_a_voice_is_heard_where_it_speaks(tmp_path: Path, talking: Callable[..., MediaSample]) -> None:
    weights = np.full((16_000, 1), 0.001, np.float32)
    voice = made.model(weights, np.array([-2.0], np.float32), shape=(1, 16_000))
    made.put(
        tmp_path,
        voice,
        name="voices",
        slot="voice_synthesis",
        input={"kind": "voice", "samples": 16_000},
        output={"index": 0, "size": 1, "values": "logits", "sense": "against"},
    )
    sample = talking(5.0, 1, 1)
    found = examined(sample, "0" * 64, (), checkpoints=loaded(tmp_path))
    heard = next(one for one in found.slots if one.slot is Slot.VOICE_SYNTHESIS)
    assert heard.method.startswith("model:voices@")
    assert heard.score_bp == pytest.approx(8_808, abs=200)
    parts = speech(sample.sound, 200_000)
    assert not isinstance(parts, Abstained)
    assert [part.shape for _, _, part in parts] == [(1, 200_000)], "what is shorter is repeated"
    assert speech(None, 16_000) is Abstained.NO_SOUND


def test_a_face_at_the_edge_is_cut_out_whole(talking: Callable[..., MediaSample]) -> None:
    still = talking(5.0, 1, 1, size=290.0).stills[0]
    square = face_of(still, 0, 0.5)
    assert square.shape[0] == square.shape[1] > still.picture.shape[0]
