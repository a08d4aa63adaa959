"""What the networks find in real clips, where those are at hand; they are no part of the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.content.media.results import FileLimits
from server.forensics.analyse import examined
from server.forensics.analysers.all import CORE
from server.forensics.rules import SIGNALS_ONLY_BP
from server.forensics.sampling import take


@pytest.fixture(scope="module", params=["vret_2.mp4"])
def clip(request: pytest.FixtureRequest, media: Path) -> Path:
    """A person who talks into a camera."""
    return media / str(request.param)


def test_one_face_is_followed_through_the_clip(clip: Path) -> None:
    sample = take(clip, FileLimits())
    assert {face.track for still in sample.stills for face in still.faces} == {0}
    assert sample.window is not None
    seen = np.isfinite(sample.window.meshes[0][:, 0, 0])
    assert seen.mean() > 0.95
    found = examined(sample, "0" * 64, tuple(one for one in CORE if one.name != "open_nsfw"))
    assert {one.detector for one in found.signals if one.value is not None} >= {
        *("faces", "face_signals", "lip_sync", "voice_signals", "metadata")
    }
    assert found.verdict.is_deepfake is not True
    assert found.verdict.confidence_bp <= SIGNALS_ONLY_BP


def test_a_flower_has_no_face(media: Path) -> None:
    sample = take(media / "flower.mp4", FileLimits())
    assert not any(still.faces for still in sample.stills)
    assert sample.window is None
