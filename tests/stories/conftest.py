"""The demo that stories begin with."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import server.demo
from studio.paths import Profile
from tests.stories.hands import ROOT

CLIPS = "demo-clips"
"""The folder that the demo draws its clips into, and looks for them in."""


@pytest.fixture
def demo(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A profile with the demo's server data, freshly filled. To fill it takes most of a minute, so each run
    does that once, for all of its processes."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    filled = run / "demo-server"
    with (run / "demo-server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not filled.exists():
            part = run / "demo-server.part"
            command = [sys.executable, "-m", "server", "seed-demo", "--data", str(part)]
            drawn = _drawn()
            if drawn.exists():
                shutil.copytree(drawn, part / CLIPS)
            subprocess.run(command, check=True, cwd=ROOT)
            if not drawn.exists():
                _keep(part / CLIPS, drawn)
            part.rename(filled)
    profile = Profile(tmp_path / "demo").create()
    shutil.copytree(filled, profile.server_data, dirs_exist_ok=True)
    return profile


def _drawn() -> Path:
    """Where an earlier run left the clips, as those drew them that draw now: that is half of the work."""
    code = hashlib.sha256()
    for source in sorted(Path(server.demo.__path__[0]).rglob("*.py")):
        code.update(source.read_bytes())
    return ROOT / "build" / CLIPS / code.hexdigest()[:16]


def _keep(made: Path, drawn: Path) -> None:
    """Put the clips there, whole or not at all, in place of those that were drawn otherwise."""
    shutil.rmtree(drawn.parent, ignore_errors=True)
    drawn.parent.mkdir(parents=True)
    part = drawn.with_suffix(".part")
    shutil.copytree(made, part)
    part.rename(drawn)
