"""Resources are found from a checkout and from a frozen application."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import resources


def test_fonts_come_with_their_licence() -> None:
    assert "SIL Open Font License" in resources.path("fonts/Inter-LICENSE.txt").read_text("utf-8")


def test_frozen_application_reads_from_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "a.txt").write_text("a")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources.path("a.txt").read_text() == "a"


def test_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"icons/none\.svg"):
        resources.path("icons/none.svg")
