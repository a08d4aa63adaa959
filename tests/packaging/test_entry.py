"""What the frozen app becomes, by its first argument."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "packaging/entry.py"


@pytest.fixture
def main() -> Callable[[Sequence[str]], int]:
    entry: Callable[[Sequence[str]], int] = runpy.run_path(str(ENTRY))["main"]
    return entry


def started(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The entry point as a process of its own, which ends by saying on stderr whether it has loaded Qt."""
    program = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print('Qt' if 'PySide6' in sys.modules else 'no Qt', file=sys.stderr))\n"
        f"runpy.run_path({str(ENTRY)!r}, run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_serve_is_the_servers_command_with_its_arguments(
    main: Callable[[Sequence[str]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def serve(arguments: Sequence[str]) -> int:
        asked.append(arguments)
        return 7

    monkeypatch.setattr("server.cli.main", serve)
    assert main(["--serve", "--port", "0", "--announce"]) == 7
    assert asked == [["serve", "--port", "0", "--announce"]]


def test_anything_else_is_the_client(
    main: Callable[[Sequence[str]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def client(arguments: Sequence[str]) -> int:
        asked.append(arguments)
        return 0

    monkeypatch.setattr("studio.__main__.main", client)
    for arguments in ([], ["--profile", "here"], ["--server", "https://studio.example"], ["-m", "os"]):
        main(arguments)
    assert asked == [[], ["--profile", "here"], ["--server", "https://studio.example"], ["-m", "os"]]


def test_a_module_of_anybody_else_is_not_run() -> None:
    done = started("-m", "json.tool", stdin="{}")
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr or "invalid choice" in done.stderr
    assert done.stdout == ""


def test_the_servers_commands_are_reachable_and_load_no_qt() -> None:
    done = started("-m", "server", "openapi")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["info"]["title"] == "Creator Studio"
    assert done.stderr.endswith("no Qt\n")


PROBE = "server.content.media.probe:probe"


def test_the_media_worker_answers_and_loads_no_qt(tmp_path: Path) -> None:
    limits = {"address_space": 2 << 30, "cpu_seconds": 30, "wall_seconds": 30, "output": 1 << 20}
    sizes = {"duration_ms": 60_000, "pixels": 1 << 20, "side": 4096, "streams": 4, "frames": 1000}
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"not a video")
    request = {"task": PROBE, "path": str(video), "file_limits": sizes, "worker_limits": limits}
    request["options"] = {}
    done = started("--media-worker", stdin=json.dumps(request))
    assert done.returncode == 0, done.stderr
    assert "refused" in json.loads(done.stdout)
    assert done.stderr.endswith("no Qt\n")
