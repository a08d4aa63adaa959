"""A checkpoint is used when it is what its card says; whatever else lies in the folder is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.cli import main
from server.content.media.results import Refused
from server.forensics.checkpoints import folder as checkpoints
from server.forensics.checkpoints.card import LARGEST, Unfit
from tests.server.forensics.checkpoints import made

GOOD = made.model(*made.fitted())


LONG_TAG = b"\xea\x80\x80\x80\x10\x00"
"""A tag with a bit beyond the 32nd: some readers see field 13, others one that nobody knows."""


def why(path: Path) -> str:
    """Why the only one in the folder of `path` is not used: by its card, or when it is loaded."""
    [one] = [one for one in checkpoints.found(path.parent) if one.path == path]
    if one.why:
        return one.why
    assert one.card is not None
    tried = checkpoints.tried(path, one.card)
    assert isinstance(tried, Refused), "it was taken"
    return tried.reason


def test_what_is_dropped_in_is_found_and_loads(tmp_path: Path) -> None:
    path = made.put(tmp_path, GOOD)
    [one] = checkpoints.found(tmp_path)
    assert one.why is None
    assert one.card is not None
    assert isinstance(checkpoints.tried(path, one.card), float)
    assert checkpoints.versions(tmp_path) == {"model:bright": one.card.version}


def test_another_file_or_calibration_is_another_version(tmp_path: Path) -> None:
    made.put(tmp_path, GOOD)
    first = checkpoints.versions(tmp_path)
    made.put(tmp_path, GOOD, note="only words")
    assert checkpoints.versions(tmp_path) == first
    made.put(tmp_path, GOOD, calibration={"a": 2.0, "b": 0.0})
    second = checkpoints.versions(tmp_path)
    assert second != first
    made.put(tmp_path, made.model(*made.fitted(1)))
    assert checkpoints.versions(tmp_path) not in (first, second)


def test_a_tampered_one_is_refused(tmp_path: Path) -> None:
    path = made.put(tmp_path, GOOD)
    assert checkpoints.versions(tmp_path)
    spoilt = bytearray(GOOD)
    spoilt[500] ^= 1
    path.write_bytes(spoilt)
    assert "SHA-256 is another" in why(path)
    assert checkpoints.versions(tmp_path) == {}


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        ({"licence": ""}, "names no licence"),
        ({"licence": "   "}, "names no licence"),
        ({"licence": "CC BY-NC 4.0"}, "the licence says that it is"),
        ({"licence": "CC BY-NC 4.0", "non_commercial": True}, "--accept-non-commercial"),
        ({"slot": "lip_sync"}, "answers for"),
        ({"slot": "voice_synthesis"}, "takes a voice"),
        ({"output": {"index": 2, "size": 2, "values": "logits", "sense": "for"}}, "below size"),
        ({"calibration": {"a": float("inf"), "b": 0}}, "calibration.a"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_card_that_does_not_hold_is_refused(tmp_path: Path, card: dict[str, Any], sentence: str) -> None:
    assert sentence in why(made.put(tmp_path, GOOD, **card))


@pytest.mark.parametrize(
    ("data", "card", "sentence"),
    [
        (GOOD, {"input": {"kind": "picture", "layout": "NHWC", "width": 16, "height": 16}}, "its card says"),
        (GOOD, {"input": {"kind": "picture", "layout": "NCHW", "width": 32, "height": 16}}, "its card says"),
        (GOOD, {"output": {"index": 1, "size": 3, "values": "logits", "sense": "for"}}, "gives 2 numbers"),
        (made.model(*made.fitted(), external=True), {}, "keeps weights in another file"),
        (made.model(*made.fitted(), domain="com.stranger"), {}, "not standard ONNX"),
        (made.model(*made.fitted(), hidden=LONG_TAG), {}, "damaged"),
        (GOOD[:-40], {}, "damaged"),
        (b"\x80\x04}\x94.", {}, "damaged"),
        (b"", {}, "damaged"),
    ],
    ids=["layout", "size", "outputs", "external", "custom op", "long tag", "cut off", "pickle", "empty"],
)
def test_a_file_that_is_not_what_its_card_says_is_refused(
    tmp_path: Path, data: bytes, card: dict[str, Any], sentence: str
) -> None:
    assert sentence in why(made.put(tmp_path, data, **card))


def test_what_is_no_onnx_or_too_large_or_without_a_card_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(b"pickle")
    (tmp_path / "alone.onnx").write_bytes(GOOD)
    large = made.put(tmp_path, GOOD, name="large")
    with large.open("r+b") as file:
        file.truncate(LARGEST + 1)
    assert "a pickle runs whatever program" in why(tmp_path / "net.pth")
    assert "has no card" in why(tmp_path / "alone.onnx")
    assert "larger than 256 MiB" in why(large)
    assert len(checkpoints.refused(checkpoints.found(tmp_path))) == 3


def test_one_answers_for_a_slot(tmp_path: Path) -> None:
    made.put(tmp_path, GOOD)
    second = made.put(tmp_path, GOOD, name="second")
    assert why(second) == "bright answers for this slot already."
    assert list(checkpoints.versions(tmp_path)) == ["model:bright"]


def test_adding_verifies_first_and_leaves_nothing_behind(tmp_path: Path) -> None:
    given = made.put(tmp_path / "downloads", GOOD)
    folder = tmp_path / "models"
    card, _ = checkpoints.add(folder, given)
    assert card.name == "bright"
    assert sorted(path.name for path in folder.iterdir()) == ["bright.json", "bright.onnx"]
    bad = made.put(tmp_path / "bad", GOOD, output={"index": 0, "size": 9, "values": "logits", "sense": "for"})
    with pytest.raises(Unfit, match="gives 2 numbers"):
        checkpoints.add(folder, bad)
    assert sorted(path.name for path in folder.iterdir()) == ["bright.json", "bright.onnx"]
    other = made.put(tmp_path / "downloads", GOOD, name="other")
    with pytest.raises(Unfit, match="bright answers for violence already"):
        checkpoints.add(folder, other)


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "data")
    given = made.put(tmp_path / "downloads", GOOD, licence="CC BY-NC 4.0", non_commercial=True)
    assert main(["models", "add", str(given), "--data", data]) == 1
    assert "--accept-non-commercial" in capsys.readouterr().err
    assert main(["models", "add", str(given), "--accept-non-commercial", "--data", data]) == 0
    assert "WARNING: its licence (CC BY-NC 4.0)" in capsys.readouterr().err
    assert main(["models", "list", "--data", data]) == 0
    assert "bright  violence  CC BY-NC 4.0" in capsys.readouterr().out
    assert main(["models", "check", "--data", data]) == 0
    assert "bright: fits" in capsys.readouterr().out
    (tmp_path / "data/models/bright.onnx").write_bytes(GOOD + b"\x00")
    assert main(["models", "check", "--data", data]) == 1
    assert "SHA-256 is another" in capsys.readouterr().out
    assert main(["models", "check", str(given), "--data", data]) == 0


@pytest.mark.parametrize(
    ("values", "sense", "outputs", "score"),
    [
        ("logits", "for", [0.0, 2.0], 1 / (1 + np.exp(-2.0))),
        ("logits", "against", [0.0, 2.0], 1 / (1 + np.exp(2.0))),
        ("logits", "for", [0.0, 2.0, 0.0], 1 / (1 + 2 * np.exp(-2.0))),
        ("probabilities", "for", [0.3, 0.7], 0.7),
        ("probabilities", "against", [0.3, 0.7], 0.3),
        ("probabilities", "for", [0.0, 1.0], 1.0),
    ],
)
def test_what_comes_out_is_read_by_its_sense(
    values: str, sense: str, outputs: list[float], score: float
) -> None:
    output = {"index": 1, "size": len(outputs), "values": values, "sense": sense}
    given = json.dumps(made.card(GOOD, output=output, calibration={"a": 1.0, "b": 0.0}))
    assert checkpoints.read(given.encode()).score(outputs) == pytest.approx(score, abs=1e-5)


def test_calibration_is_a_logistic_of_the_log_odds() -> None:
    given = json.dumps(made.card(GOOD, calibration={"a": 0.5, "b": -1.0}))
    card = checkpoints.read(given.encode())
    assert card.score([0.0, 4.0]) == pytest.approx(1 / (1 + np.exp(-(0.5 * 4.0 - 1.0))))
    assert card.score([0.0, -1e9]) == 0.0
