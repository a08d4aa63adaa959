"""Where there is nothing to compare with, our side is measured all the same, and no figure is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import chromium, sparks_peer


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparks_peer, "PARTICLES", 300)


@pytest.mark.parametrize("filled", [None, "nothing"])
def test_without_a_peer_it_says_why(
    filled: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STUDIO_PEER", raising=False)
    if filled:
        monkeypatch.setenv("STUDIO_PEER", str(tmp_path))
    found = sparks_peer.run("small", "sqlite")
    assert found["peer"] is None
    assert "STUDIO_PEER" in found["no_peer"]
    assert not any(name.startswith("ratio") for name in found if name != "ratio_to_floor")
    ours = found["ours"]
    assert ours["alive"] == ours["on_canvas"] == 300
    assert ours["lit_share"] > 0.2
    assert found["floor_ms"] > 0


def test_a_folder_without_a_browser_is_no_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for bundle in sparks_peer.BUNDLES:
        (tmp_path / "node_modules" / bundle).parent.mkdir(parents=True)
        (tmp_path / "node_modules" / bundle).touch()
    monkeypatch.setenv("STUDIO_PEER", str(tmp_path))
    found = sparks_peer.run("small", "sqlite")
    assert found["peer"] is None
    assert "chromium" in found["no_peer"]


def test_a_browser_that_ends_at_once_is_no_peer(tmp_path: Path) -> None:
    program = tmp_path / "chromium/chromium"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    with pytest.raises(chromium.Missing, match="ended"), chromium.page(chromium.find(tmp_path), []):
        pass
