"""`studio --check` fails loudly; that it succeeds is seen by `make package-check`, with a frame to decode."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio.__main__ import main
from studio.check import check
from tests.studio.profiles import EMAIL, with_moderator

PASSWORD = "quite a long password"


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile whose embedded server knows one moderator and has an empty queue."""
    root = with_moderator(tmp_path, PASSWORD)
    monkeypatch.setenv("STUDIO_CHECK_EMAIL", EMAIL)
    monkeypatch.setenv("STUDIO_CHECK_PASSWORD", PASSWORD)
    return root


@pytest.mark.crash
def test_an_empty_queue_is_a_failure_that_is_told(qapp: QApplication, profile: Path, tmp_path: Path) -> None:
    assert check(profile, tmp_path / "report.json") == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["signed_in"] == "mo"
    assert "nothing waits" in report["failed"]
    assert "frame" not in report


@pytest.mark.crash
def test_a_refused_sign_in_is_a_failure_that_is_told(
    qapp: QApplication, profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_CHECK_PASSWORD", "another long password")
    assert check(profile, tmp_path / "report.json") == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert "refused" in report["failed"]
    assert "signed_in" not in report


def test_no_profile_is_changed_that_was_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--check", "report.json"])
    assert "--profile" in capsys.readouterr().err
