"""The demo that stories begin with."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio.paths import Profile
from tests.stories.hands import ROOT


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
            subprocess.run(command, check=True, cwd=ROOT)
            part.rename(filled)
    profile = Profile(tmp_path / "demo").create()
    shutil.copytree(filled, profile.server_data, dirs_exist_ok=True)
    return profile
