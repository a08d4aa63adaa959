"""The demo that is rendered is made anew when it is too old, or when the schema is another."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from studio import demo_data


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo lies, with a seed that only leaves a trace."""
    monkeypatch.setattr(demo_data, "DEMO", tmp_path / "demo")

    def seed(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        with (Path(command[-1]) / "seeds").open("a") as trace:
            trace.write("x")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", seed)
    return tmp_path / "demo"


def seeds(root: Path) -> str:
    return (root / "server/seeds").read_text()


def test_a_demo_is_used_again_with_a_keyring_too(root: Path) -> None:
    assert demo_data.ensure() == 0
    assert demo_data.ensure() == 0
    assert not (root / "server/keys.json").exists()
    assert seeds(root) == "xx"


def test_an_old_demo_is_made_anew(root: Path) -> None:
    demo_data.ensure()
    now = time.time()
    assert demo_data.is_fresh(root, now)
    assert not demo_data.is_fresh(root, now + demo_data.FRESH_S + 60)


def test_a_demo_of_another_schema_is_made_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_data.ensure()
    monkeypatch.setattr(demo_data, "_schema", lambda: "another")
    demo_data.ensure()
    assert seeds(root) == "x"
    assert demo_data.is_fresh(root, time.time())


def test_what_was_seeded_elsewhere_is_taken_over_with_its_keys_only(root: Path, tmp_path: Path) -> None:
    seeded = tmp_path / "seeded"
    seeded.mkdir()
    demo_data.adopt(seeded)
    assert not root.exists()
    (seeded / "keys.json").touch()
    demo_data.adopt(seeded)
    assert demo_data.is_fresh(root, time.time())
    assert (root / "server/keys.json").exists()
