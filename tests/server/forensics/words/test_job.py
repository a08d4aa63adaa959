"""The text job in the worker process: from a file to its words, with what it tells on the way."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.coded_clips import RECIPES, write_clip
from server.content.media.results import Refused
from server.forensics import engine
from server.forensics.results import Analysis
from server.forensics.rules import Abstained, AnalysisKind, Slot

pytestmark = pytest.mark.crash


def rude(number: int, width: int, height: int) -> NDArray[np.uint8]:
    shown = np.full((height, width, 3), 40, np.uint8)
    return np.asarray(
        cv2.putText(shown, "You stupid idiot", (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second with rude words on the screen and a tone."""
    path = tmp_path_factory.mktemp("words") / "a.mp4"
    return write_clip(path, RECIPES["cfr"], frames=30, width=320, height=180, tone=True, draw=rude)


def job(path: Path, heard: list[int], *, restricted: bool = False) -> Analysis:
    found = engine.analyse(
        path,
        kind=AnalysisKind.TEXT,
        sha256="0" * 64,
        restricted=restricted,
        models=None,
        progress=heard.append,
        cancel=Event(),
    )
    assert not isinstance(found, Refused), found
    return found


def test_words_are_found_and_progress_is_told(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    found = job(clip, heard)
    [hate] = found.slots
    assert hate.slot is Slot.HATE_SPEECH
    assert (hate.score_bp or 0) > 8_500
    assert "idiot" in found.signals[0].spans[0].note.lower()
    assert found.signals[1].abstained is Abstained.NO_SPEECH
    assert found.detectors == engine.versions(AnalysisKind.TEXT, None)
    assert heard == sorted(set(heard))
    assert len(heard) >= 3
    assert 0 < heard[0] < heard[-1] == 10_000
    # Of the restricted class no word leaves the engine.
    monkeypatch.setattr(engine, "analysis_of", lambda path, **how: found)
    bare = job(clip, [], restricted=True)
    assert bare.slots == found.slots
    assert "idiot" not in repr(bare).lower()
    assert not any(signal.note or signal.spans or signal.boxes for signal in bare.signals)
