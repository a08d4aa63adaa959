"""The parts of `make package-check` that need no bundle."""

from __future__ import annotations

import io
import runpy
import sys
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

CHECK = Path(__file__).parents[2] / "packaging/check.py"


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(CHECK))


def program(check: dict[str, Any], tmp_path: Path, body: str) -> Any:
    """A bundle whose program is a few lines of Python."""
    path = tmp_path / "creator-studio"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
    path.chmod(0o700)
    return check["Program"](path, tmp_path)


def test_the_clip_is_a_video_whose_frames_differ(check: dict[str, Any]) -> None:
    with av.open(io.BytesIO(check["clip"]()), "r") as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(frames) == check["FRAMES"]
    assert frames[0].shape == check["SIZE"][::-1]
    assert (frames[0] != frames[-1]).mean() > 0.5


def test_a_missing_bundle_is_told(check: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(check["Broken"], match="make package"):
        check["check"](tmp_path / "creator-studio")


def test_a_refusal_of_the_server_is_told(check: dict[str, Any]) -> None:
    request = httpx.Request("POST", "http://127.0.0.1/v1/moderation/flags")
    with pytest.raises(check["Broken"], match="flags: 422 no such policy"):
        check["said"](httpx.Response(422, text="no such policy", request=request))
    assert check["said"](httpx.Response(204, request=request)) is None


def test_a_command_that_fails_is_told_with_what_it_said(check: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(check["Broken"], match=r"(?s)doctor ended with 3.*no disk"):
        program(check, tmp_path, "sys.exit(print('no disk') or 3)").run("doctor")


def test_the_program_does_not_see_our_environment(
    check: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///mine")
    program(check, tmp_path, "sys.exit('DATABASE_URL' in os.environ)").run("doctor")


def test_a_server_that_refuses_is_told(check: dict[str, Any], tmp_path: Path) -> None:
    refusing = program(
        check, tmp_path, "print(json.dumps({'event': 'refused', 'reason': 'taken', 'running': True}))"
    )
    with pytest.raises(check["Broken"], match="refused: taken"), refusing.serving():
        pytest.fail("it was taken for a server")


def test_a_server_that_ends_badly_is_told(check: dict[str, Any], tmp_path: Path) -> None:
    body = (
        "print(json.dumps({'event': 'ready', 'url': 'http://127.0.0.1:1', 'pid': 1}), flush=True)\n"
        "sys.stdin.read()\nsys.exit(5)"
    )
    with (
        pytest.raises(check["Broken"], match="ended with 5"),
        program(check, tmp_path, body).serving() as url,
    ):
        assert url == "http://127.0.0.1:1"
