"""The model folder and the evaluation over HTTP: who reads them, what is told, and what never is."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

import resources
from server.accounts.permissions import Role
from server.forensics import fusion
from server.forensics.checkpoints.schemas import CheckpointView
from server.forensics.evaluation import figures, report
from server.forensics.evaluation.schemas import EvaluationLine
from server.kit.access import Actor
from server.settings import Settings
from tests.server.conftest import SignIn
from tests.server.forensics.checkpoints.made import fitted, model, put
from tests.server.forensics.lab import Engine, Lab

MODELS, EVALUATION = "/v1/forensics/models", "/v1/forensics/evaluation"


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.checkpoints


def test_who_analyses_reads_them_and_nobody_else(
    client: httpx.Client, sign_in: SignIn, looks: Engine
) -> None:
    for path in (MODELS, EVALUATION):
        allowed = {role: client.get(path, headers=sign_in(role)).status_code for role in Role}
        assert {role for role, status in allowed.items() if status == 200} == {Role.LEAD, Role.ADMIN}
        assert client.get(path).status_code == 401


def test_an_empty_folder_and_none_at_all_are_no_fault(
    client: httpx.Client, sign_in: SignIn, folder: Path, looks: Engine
) -> None:
    told = client.get(MODELS, headers=sign_in(Role.ADMIN)).json()
    assert (told["checkpoints"], told["due"]) == ([], 0)
    folder.mkdir(parents=True)
    assert client.get(MODELS, headers=sign_in(Role.ADMIN)).json() == told


def test_each_is_told_with_why_it_is_not_used_and_without_a_path(
    client: httpx.Client, sign_in: SignIn, folder: Path
) -> None:
    data = model(*fitted())
    put(folder, data)
    put(folder, data, name="closed", slot="explicit", licence="CC-BY-NC-4.0", non_commercial=True)
    put(folder, data, name="second", calibration={"a": 1.0, "b": 0.0})
    (folder / "bare.onnx").write_bytes(data)
    (folder / "evil.pt").write_bytes(b"x")
    answer = client.get(MODELS, headers=sign_in(Role.LEAD))
    told = {one["name"]: one for one in answer.json()["checkpoints"]}
    bright = told["bright"]
    assert bright.keys() == CheckpointView.model_fields.keys()
    assert (bright["slot"], bright["licence"], bright["why"]) == ("violence", "Apache-2.0", None)
    assert (bright["look_closer_bp"], bright["likely_bp"]) == (6_000, 9_000)
    assert answer.json()["detectors"]["model:bright"] == bright["version"]
    assert told["closed"]["non_commercial"]
    assert "no commercial use" in told["closed"]["why"]
    assert told["second"]["why"] == "bright answers for this slot already."
    assert (told["second"]["look_closer_bp"], told["second"]["likely_bp"]) == (None, None)
    assert told["bare"]["why"] == "It has no card: bare.json is missing."
    assert (told["bare"]["slot"], told["bare"]["sha256"]) == (None, None)
    assert "pickle" in told["evil"]["why"]
    assert str(folder) not in answer.text
    assert str(folder.parent) not in answer.text


def test_names_that_are_no_text_and_files_that_were_changed_are_told(
    client: httpx.Client, sign_in: SignIn, folder: Path, looks: Engine
) -> None:
    path = put(folder, model(*fitted()), source="from\u202eafar")
    os.chmod(path, 0o600)
    path.write_bytes(b"another")
    with open(os.fsencode(folder) + b"/\xff\xfe.onnx", "wb") as file:
        file.write(b"x")
    told = client.get(MODELS, headers=sign_in(Role.LEAD)).json()["checkpoints"]
    assert [one["name"] for one in told] == ["bright", "??"]
    assert told[0]["source"] == "fromafar"
    assert "SHA-256 is another" in told[0]["why"]


def test_what_other_detectors_made_is_due_of_what_one_may_know(
    client: httpx.Client, sign_in: SignIn, lab: Lab, looks: Engine, cleared: Actor
) -> None:
    plain, secret, gone = lab.video(), lab.video(), lab.video()
    for video_id in (plain, secret, gone):
        lab.analysed(video_id)
    lab.change(secret, restricted_class=True)
    lab.delete(gone)

    def due(who: Role) -> int:
        return int(client.get(MODELS, headers=sign_in(who)).json()["due"])

    assert due(Role.LEAD) == 0
    looks.versions = {"another": "2"}
    assert due(Role.LEAD) == 1
    assert client.get(MODELS, headers=sign_in(cleared.person)).json()["due"] == 2


def test_the_evaluation_is_that_of_the_fusion_that_ships(client: httpx.Client, sign_in: SignIn) -> None:
    told = client.get(EVALUATION, headers=sign_in(Role.LEAD)).json()
    ships = fusion.stored()
    assert (told["fusion"], told["clips"]) == (ships.version, ships.clips)
    assert told["manifest_sha256"] == ships.manifest_sha256
    assert told["lines"][0].keys() == EvaluationLine.model_fields.keys()
    whole = next(one for one in told["lines"] if one["slot"] == "lip_sync" and one["condition"] is None)
    assert (whole["fakes"], whole["reals"], whole["usable"]) == (540, 30, True)
    assert 9_900 <= whole["auc_low_bp"] <= whole["auc_bp"] <= whole["auc_high_bp"] <= 10_000
    face = next(one for one in told["lines"] if one["slot"] == "face_manipulation")
    assert (face["condition"], face["scored_bp"], face["usable"]) == ("clean", 0, False)


def test_figures_of_another_fusion_are_not_shown_for_it(
    client: httpx.Client, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fusion.stored().model_copy(update={"version": "fusion-v2"})
    monkeypatch.setattr(fusion, "stored", lambda: other)
    figures.stored.cache_clear()
    try:
        refused = client.get(EVALUATION, headers=sign_in(Role.LEAD))
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    finally:
        figures.stored.cache_clear()


def test_the_model_card_is_written_from_the_very_same_file() -> None:
    assert resources.path(figures.STORED).with_name("fusion-v1.json") == resources.path(fusion.STORED)
    assert report.BEGIN in (Path(__file__).parents[4] / "docs/forensics.md").read_text()
