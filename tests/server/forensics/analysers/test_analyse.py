"""One file in, one Analysis out: analysed, partly analysed or refused, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, write_clip
from server.content.media.results import FileLimits, Refused, WorkerLimits
from server.forensics.analyse import analyse, examined
from server.forensics.analysers.all import versions
from server.forensics.analysers.base import signal
from server.forensics.results import Analysis, Signal, SlotScore
from server.forensics.rules import Abstained, Slot
from server.forensics.run import analysis_of
from server.forensics.sample import MediaSample
from server.forensics.sound import RATE, Samples

pytestmark = pytest.mark.crash


def analysed(path: Path) -> Analysis:
    """In this process, which spares a second for each: the files are our own."""
    return analyse(path, FileLimits())


def slots(found: Analysis) -> dict[Slot, SlotScore]:
    return {one.slot: one for one in found.slots}


def test_a_clip_without_people_is_analysed_and_nothing_gets_a_number(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", RECIPES["bframes"], frames=90, width=320, height=180, tone=True)
    found = analysed(path)
    by_slot = slots(found)
    assert by_slot[Slot.FACE_MANIPULATION].abstained is Abstained.NO_FACE
    assert by_slot[Slot.LIP_SYNC].abstained is Abstained.NO_FACE
    assert by_slot[Slot.VOICE_SYNTHESIS].abstained is Abstained.NO_SPEECH
    assert by_slot[Slot.VIOLENCE].abstained is Abstained.NO_MODEL
    assert by_slot[Slot.NON_CONSENSUAL].score_bp is None
    assert found.verdict.score_bp is None
    assert found.verdict.is_deepfake is None
    assert found.detectors == versions()
    assert "face_manipulation: No face was found." in found.missing


def test_the_same_file_gives_the_same_analysis(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", RECIPES["vfr"], frames=60, width=320, height=180, tone=True)
    heard: list[int] = []
    assert analysis_of(path, progress=heard.append) == analysed(path), "in a worker or not"
    assert heard == sorted(set(heard))
    assert len(heard) > 10
    assert heard[-1] == 10_000


def test_a_clip_without_sound_says_so(tmp_path: Path) -> None:
    found = slots(analysed(write_clip(tmp_path / "a.mp4", RECIPES["cfr"], frames=60, width=320, height=180)))
    assert found[Slot.VOICE_SYNTHESIS].abstained is Abstained.NO_SOUND


def test_a_sound_named_as_a_video_is_partly_analysed(
    tmp_path: Path, spoken: Callable[..., Samples], write_wav: Callable[..., Path]
) -> None:
    found = slots(analysed(write_wav(tmp_path / "a.mp4", spoken(5.0))))
    assert found[Slot.FACE_MANIPULATION].abstained is Abstained.NO_PICTURE
    assert found[Slot.LIP_SYNC].abstained is Abstained.NO_PICTURE
    assert found[Slot.EXPLICIT].abstained in (Abstained.NO_PICTURE, Abstained.NOT_INSTALLED)
    assert found[Slot.VOICE_SYNTHESIS].abstained is not Abstained.NO_SOUND


def test_silence_is_not_a_voice(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    found = slots(analysed(write_wav(tmp_path / "a.wav", np.zeros(5 * RATE, np.float32))))
    assert found[Slot.VOICE_SYNTHESIS].abstained is Abstained.SILENT


def test_a_refusal_travels(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(np.random.default_rng(0).bytes(9_000))
    found = analysis_of(tmp_path / "a.mp4")
    assert isinstance(found, Refused)
    assert found.code == "unreadable"


def test_too_little_memory_and_a_wish_to_stop_are_refusals(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", RECIPES["cfr"], frames=30, width=320, height=180)
    small = analysis_of(path, limits=WorkerLimits(address_space=128 << 20))
    assert isinstance(small, Refused)
    assert small.code == "worker_failed"
    stop = Event()
    stop.set()
    stopped = analysis_of(path, cancel=stop)
    assert isinstance(stopped, Refused)
    assert stopped.code == "cancelled"


class Broken:
    """A detector that raises."""

    name, version, slot, requires = "broken", "1", Slot.VOICE_SYNTHESIS, "audio"

    def is_available(self) -> Abstained | None:
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        raise ZeroDivisionError


class Nude(Broken):
    """One that gives an explicit score."""

    name, slot = "nude", Slot.EXPLICIT

    def analyse(self, sample: MediaSample) -> list[Signal]:
        return [signal(self, "explicit", 0.4, score_bp=4_000, reliability_bp=5_000)]  # type: ignore[arg-type]


def test_a_detector_that_breaks_leaves_the_others_their_say(talking: Callable[..., MediaSample]) -> None:
    found = examined(talking(5.0, seed=1, heard=1), "0" * 64, (Broken(), Nude()))  # type: ignore[arg-type]
    assert slots(found)[Slot.VOICE_SYNTHESIS].abstained is Abstained.FAILED
    assert slots(found)[Slot.EXPLICIT].score_bp == 4_000
