"""One file on disk in, one Analysis out: what runs in the worker process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from server.content.media.progress import WHOLE, Progress, silent
from server.content.media.results import FileLimits
from server.forensics import fusion
from server.forensics.analysers.all import CORE
from server.forensics.analysers.base import Detector, abstain, version_of
from server.forensics.analysers.checkpoint import Checkpoint
from server.forensics.checkpoints import folder
from server.forensics.conditions import Condition, conditions
from server.forensics.results import Analysis, Signal, SlotScore
from server.forensics.rules import DEEPFAKE, Abstained, Slot, why_not
from server.forensics.sample import MediaSample
from server.forensics.sampling import DECODED_BP, take


def analyse(
    path: Path,
    limits: FileLimits,
    *,
    sha256: str | None = None,
    models: str | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Analyse the file at `path`; `sha256` spares reading it once more where it is known, `models` is the
    folder of checkpoints.

    The same file and folder give the same Analysis. Raises Refusal when it is neither picture nor sound.
    """
    there = folder.found(Path(models) if models else None)
    own = [Checkpoint(one.card, one.path) for one in there if one.card is not None and one.why is None]
    found = examined(
        take(path, limits, progress=progress),
        sha256 or hash_of(path),
        checkpoints=own,
        progress=progress,
    )
    return replace(found, missing=(*found.missing, *folder.refused(there)))


def examined(
    sample: MediaSample,
    sha256: str,
    detectors: Sequence[Detector] = CORE,
    *,
    checkpoints: Sequence[Checkpoint] = (),
    progress: Progress = silent,
) -> Analysis:
    """The analysis of a sample. A detector that breaks gives FAILED, and the others their signals."""
    signals: list[Signal] = []
    every: tuple[Detector, ...] = (*detectors, *checkpoints)
    for detector in progress.over(every, len(every), DECODED_BP, WHOLE):
        signals += run(detector, sample)
    found = conditions(sample)
    slots = tuple(
        _by_checkpoint(slot, signals, checkpoints) or _slot(slot, signals, found)
        for slot in Slot
        if slot is not Slot.HATE_SPEECH
    )
    return Analysis(
        sha256=sha256,
        method=fusion.METHOD,
        frames=len(sample.stills),
        coverage_bp=sample.coverage_bp,
        detectors={detector.name: version_of(detector) for detector in every},
        slots=slots,
        signals=tuple(signals),
        verdict=fusion.verdict(slots),
        missing=(
            *(f"{one.slot.value}: {why_not(one.slot, one.abstained)}" for one in slots if one.abstained),
            *(f"Model {one.card.name}: {one.refusal}" for one in checkpoints if one.refusal),
        ),
    )


def _by_checkpoint(
    slot: Slot, signals: Sequence[Signal], checkpoints: Sequence[Checkpoint]
) -> SlotScore | None:
    """What the checkpoint of a slot says; None where there is none, or it said nothing."""
    own = next((one for one in checkpoints if one.slot is slot), None)
    return None if own is None else own.slot_score(signals)


def run(detector: Detector, sample: MediaSample) -> list[Signal]:
    """The signals of one detector, whatever becomes of it."""
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
        one = next(
            (one for one in signals if one.slot is slot and not one.detector.startswith("model:")), None
        )
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
    # Violence: no model with weights ships. Non-consensual: consent records and reports alone tell.
    none = Abstained.NO_MODEL if slot is Slot.VIOLENCE else Abstained.NO_USABLE_SIGNAL
    why = next((one.abstained for one in signals if one.slot is slot and one.abstained), none)
    return SlotScore(slot, "none", abstained=why)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
