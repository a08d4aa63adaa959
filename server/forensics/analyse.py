"""One file on disk in, one Analysis out: what runs in the worker process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from server.content.media.results import FileLimits
from server.forensics import fusion
from server.forensics.analysers.all import CORE
from server.forensics.analysers.base import Detector, abstain
from server.forensics.conditions import Condition, conditions
from server.forensics.results import Analysis, Signal, SlotScore
from server.forensics.rules import DEEPFAKE, Abstained, Slot
from server.forensics.sample import MediaSample
from server.forensics.sampling import take

WORDS = {
    Abstained.NO_FACE: "no face was found",
    Abstained.FACE_TOO_SMALL: "every face is smaller than 48 pixels",
    Abstained.NO_SOUND: "there is no sound",
    Abstained.SILENT: "the sound is silent",
    Abstained.NO_SPEECH: "there is too little speech",
    Abstained.MOUTH_UNSEEN: "no moving mouth is seen",
    Abstained.TOO_SHORT: "there is too little of it",
    Abstained.NO_PICTURE: "there is no picture",
    Abstained.NO_MODEL: "no model for it is installed",
    Abstained.NO_USABLE_SIGNAL: "no usable signal",
    Abstained.NOT_INSTALLED: "the optional package for it is not installed",
    Abstained.RESTRICTED: "the material is restricted",
    Abstained.FAILED: "its analysis failed",
}


def analyse(path: Path, limits: FileLimits, *, sha256: str | None = None) -> Analysis:
    """Analyse the file at `path`; `sha256` spares reading it once more where it is known.

    The same file gives the same Analysis. Raises Refusal when it is neither picture nor sound.
    """
    return examined(take(path, limits), sha256 or _hash(path))


def examined(sample: MediaSample, sha256: str, detectors: Sequence[Detector] = CORE) -> Analysis:
    """The analysis of a sample. A detector that breaks gives FAILED, and the others their signals."""
    signals: list[Signal] = []
    for detector in detectors:
        signals += _run(detector, sample)
    found = conditions(sample)
    slots = tuple(_slot(slot, signals, found) for slot in Slot if slot is not Slot.HATE_SPEECH)
    return Analysis(
        sha256=sha256,
        method=fusion.METHOD,
        frames=len(sample.stills),
        coverage_bp=sample.coverage_bp,
        detectors={detector.name: detector.version for detector in detectors},
        slots=slots,
        signals=tuple(signals),
        verdict=fusion.verdict(slots),
        missing=tuple(f"{one.slot.value}: {WORDS[one.abstained]}" for one in slots if one.abstained),
    )


def _run(detector: Detector, sample: MediaSample) -> list[Signal]:
    why = detector.is_available()
    if why is not None:
        return [abstain(detector, detector.name, why)]
    try:
        return detector.analyse(sample)
    except MemoryError:
        raise
    except Exception:
        return [abstain(detector, detector.name, Abstained.FAILED)]


def _slot(slot: Slot, signals: Sequence[Signal], found: frozenset[Condition]) -> SlotScore:
    if slot in DEEPFAKE:
        return fusion.slot_score(slot, signals, found, fusion.stored().slots.get(slot))
    if slot is Slot.EXPLICIT:
        one = next((one for one in signals if one.slot is slot), None)
        if one is None:
            return SlotScore(slot, "none", abstained=Abstained.NO_MODEL)
        return SlotScore(
            slot,
            f"{one.detector}-{one.version}",
            score_bp=one.score_bp,
            reliability_bp=one.reliability_bp,
            abstained=one.abstained,
        )
    if slot is Slot.PROVENANCE:
        return SlotScore(slot, "facts")
    # Violence: no model with weights was found. Non-consensual: consent records and reports alone tell.
    none = Abstained.NO_MODEL if slot is Slot.VIOLENCE else Abstained.NO_USABLE_SIGNAL
    return SlotScore(slot, "none", abstained=none)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
