"""The demo that stories begin with."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
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
            shutil.rmtree(part, ignore_errors=True)  # of a try that failed
            command = [sys.executable, "-m", "server", "seed-demo", "--data", str(part)]
            with _clips() as kept:
                if kept.exists():
                    shutil.copytree(kept, part / CLIPS)
            subprocess.run(command, check=True, cwd=ROOT)
            with _clips() as kept:
                if not kept.exists():
                    shutil.rmtree(kept.parent, ignore_errors=True)  # what was drawn otherwise
                    shutil.copytree(part / CLIPS, kept.with_suffix(".part"))
                    kept.with_suffix(".part").rename(kept)
            part.rename(filled)
    profile = Profile(tmp_path / "demo").create()
    shutil.copytree(filled, profile.server_data, dirs_exist_ok=True)
    return profile


@contextmanager
def _clips() -> Iterator[Path]:
    """Where an earlier run of this checkout left the clips, as what draws them now drew them: that is half of
    the work. Nobody else touches them meanwhile."""
    code = hashlib.sha256(f"{av.__version__} {cv2.__version__} {np.__version__}".encode())
    for source in sorted(Path(server.demo.__path__[0]).rglob("*.py")):
        code.update(source.read_bytes())
    folder = ROOT / "build" / CLIPS
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{CLIPS}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / code.hexdigest()[:16]
