"""The profile lies where the system wants it, is private, and keeps people apart."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from studio.paths import Profile


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "/home/p/.local/share/creator-studio"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/creator-studio"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/home/p/.local/share/creator-studio"),
        ("darwin", {}, "/home/p/Library/Application Support/creator-studio"),
        ("win32", {}, "/home/p/AppData/Local/creator-studio"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/creator-studio"),
    ],
)
def test_default(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], expected: str
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/home/p")
    monkeypatch.setattr(sys, "platform", platform)
    assert Profile.default().root == Path(expected)


def test_create_makes_and_narrows(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "p")
    profile.root.mkdir(mode=0o755)
    for _ in range(2):
        profile.create()
    for directory in (profile.root, profile.logs, profile.media, profile.server_data):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert profile.settings.parent == profile.root


def test_each_person_on_each_server_has_a_store(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    stores = {
        profile.store(server_url=url, person_id=person)
        for url in ("https://a.example", "https://b.example")
        for person in ("../x", "y")
    }
    assert len(stores) == 4
    assert all(store.is_relative_to(tmp_path / "people") and ".." not in store.parts for store in stores)
