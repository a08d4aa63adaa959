"""Cold starts of the client with its own server, timed from the command to what a person waits for."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import resources
import server
import studio
from studio.paths import Profile
from studio.secrets import SERVICE

PATIENCE_S: Final = 30.0
KEYRING: Final = "benchmarks.desk_keyring.DeskKeyring"
"""By name only: once imported, a keyring is used in this process too."""


def compile_all() -> None:
    """Have bytecode, as an installed program has: else each start may have to compile all of it."""
    for package in (server, studio, resources):
        compileall.compile_dir(Path(str(package.__file__)).parent, quiet=1)


def environment(profile: Profile, token: str) -> dict[str, str]:
    """The environment of a client that finds the sign-in of `token` in its keyring, and no screen."""
    ring = profile.root / "keyring.json"
    ring.write_text(json.dumps({f"{SERVICE}/embedded:{profile.root.resolve()}": token}), encoding="utf-8")
    return os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": KEYRING,
        "STUDIO_BENCH_KEYRING": str(ring),
    }


def start(profile: Profile, token: str, mark: str) -> tuple[float, float]:
    """Start the client as a person does; seconds to the painted splash and to `mark`."""
    marks = profile.root / "marks"
    marks.unlink(missing_ok=True)
    variables = environment(profile, token) | {"STUDIO_BENCH_MARKS": str(marks)}
    began = time.monotonic_ns()
    command = [sys.executable, "-m", "studio", "--profile", str(profile.root)]
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as process:
        try:
            return _marks(marks, began, process, mark)
        finally:
            process.terminate()
            process.wait()
            server_gone(profile)


def _marks(file: Path, began: int, process: subprocess.Popen[bytes], mark: str) -> tuple[float, float]:
    late = time.monotonic() + PATIENCE_S
    while time.monotonic() < late and process.poll() is None:
        if file.exists():
            found = dict(line.split() for line in file.read_text(encoding="utf-8").splitlines())
            if mark in found:
                return (int(found["splash"]) - began) / 1e9, (int(found[mark]) - began) / 1e9
        time.sleep(0.02)
    raise SystemExit(f"the client did not get to its {mark}")


def server_gone(profile: Profile) -> None:
    """Wait for the end of the embedded server: the next start is to be cold."""
    late = time.monotonic() + PATIENCE_S
    while (profile.server_data / "server.json").exists() and time.monotonic() < late:
        time.sleep(0.05)
