"""Files that were damaged on purpose end analysed, partly analysed or refused with a reason."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, Recipe, write_clip
from server.content.media.results import FileLimits, Refused
from server.forensics.analyse import analyse
from server.forensics.results import Analysis
from server.forensics.rules import AnalysisKind
from server.forensics.run import analysis_of
from server.forensics.sound import RATE, Samples
from tests.server.forensics.analysers.corpus import corpus, flipped

pytestmark = pytest.mark.crash

CORPUS = corpus()
BROKEN = {"worker_failed", "timed_out"}
"""What the worker's own end is called: no file below may bring it about."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip with sound."""
    folder = tmp_path_factory.mktemp("hostile")
    return write_clip(
        folder / "a.mp4", RECIPES["bframes"], frames=60, width=320, height=180, tone=True
    ).read_bytes()


def ends_well(
    path: Path, kind: AnalysisKind = AnalysisKind.CORE, *, whole: bool = False
) -> Analysis | Refused:
    """What a worker says of it; of a file that is odd but `whole` this process, which spares a second."""
    found = analyse(path, FileLimits()) if whole else analysis_of(path, kind=kind)
    if isinstance(found, Refused):
        assert found.code not in BROKEN
        assert found.reason.endswith(".")
    else:
        silent = [one for one in found.slots if one.score_bp is None and one.method != "facts"]
        assert all(one.abstained is not None for one in silent)
    return found


def test_a_truncated_clip(tmp_path: Path, plain: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(plain[: int(len(plain) * 0.97)])
    ends_well(tmp_path / "a.mp4")


def test_a_clip_with_bytes_flipped(tmp_path: Path, plain: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(flipped(plain, 0))
    ends_well(tmp_path / "a.mp4")


def test_the_corpus_is_large_enough() -> None:
    """Each of its files is made, and ends well, in the drill."""
    assert len(CORPUS) >= 60


@pytest.mark.drill
@pytest.mark.parametrize("kind", AnalysisKind)
@pytest.mark.parametrize("name", CORPUS)
def test_whatever_is_sent_ends_well(tmp_path: Path, plain: bytes, name: str, kind: AnalysisKind) -> None:
    CORPUS[name](tmp_path / "a.mp4", plain)
    ends_well(tmp_path / "a.mp4", kind)


@pytest.mark.drill
def test_ten_minutes_of_flipped_bytes(tmp_path: Path, plain: bytes) -> None:
    """The seed of a file that does not end well is in the message."""
    end = time.monotonic() + 600
    for seed in itertools.count(100):
        (tmp_path / "a.mp4").write_bytes(flipped(plain, seed))
        found = analysis_of(tmp_path / "a.mp4", kind=list(AnalysisKind)[seed % 2])
        assert not (isinstance(found, Refused) and found.code in BROKEN), seed
        if time.monotonic() > end:
            break


def test_a_picture_named_as_a_video_is_refused_by_what_it_is(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    found = ends_well((tmp_path / "a.png").rename(tmp_path / "a.mp4"))
    assert found == Refused("not_video", "This is a PNG image, not a video.")


def test_a_clip_of_4k(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", Recipe(b_frames=0), frames=4, width=3840, height=2160)
    assert isinstance(ends_well(path, whole=True), Analysis)


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", Recipe(b_frames=0), frames=1, width=64, height=64)
    found = ends_well(path, whole=True)
    assert isinstance(found, Analysis)
    assert found.frames == 1


def test_a_very_long_clip_is_looked_at_here_and_there(tmp_path: Path) -> None:
    """Two hours at a frame a second; the sound of all of it would be half a gigabyte."""
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream: Any = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        stream.codec_context.gop_size = 10
        picture = np.zeros((16, 16, 3), np.uint8)
        for i in range(7_200):
            picture[:, :, 0] = i % 250
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = ends_well(tmp_path / "a.mkv", whole=True)
    assert isinstance(found, Analysis)
    assert found.frames == 120
    assert 0 < found.coverage_bp < 1_000


def test_an_endless_tone_named_as_a_video(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    times = np.arange(600 * RATE) / RATE
    tone: Samples = (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
    found = ends_well(write_wav(tmp_path / "a.mp4", tone), whole=True)
    assert isinstance(found, Analysis)
    assert found.coverage_bp == pytest.approx(1_000, abs=50)
