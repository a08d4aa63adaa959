"""A network is used only when it is the file that was listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import resources
from server.forensics.networks import Tampered, network


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Resources of this test's own; what was loaded before is forgotten."""
    (tmp_path / "models").mkdir()
    listed = json.loads(resources.path("models/models.json").read_text())
    (tmp_path / "models/models.json").write_text(json.dumps(listed))
    monkeypatch.setattr(resources, "path", lambda name: tmp_path / name)
    network.cache_clear()
    yield tmp_path / "models"
    network.cache_clear()


def test_what_ships_is_what_is_listed() -> None:
    assert network("face_landmark").get_inputs()[0].shape == [1, 192, 192, 3]
    assert network("face_detection_full_range").get_outputs()[0].shape == [1, 2304, 16]


def test_one_changed_byte_is_refused(folder: Path) -> None:
    data = bytearray(Path(resources.__file__).with_name("models").joinpath("face_landmark.onnx").read_bytes())
    data[1000] ^= 1
    (folder / "face_landmark.onnx").write_bytes(data)
    with pytest.raises(Tampered):
        network("face_landmark")


def test_one_that_did_not_ship_is_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        network("face_landmark")
    with pytest.raises(KeyError):
        network("no_such_network")
