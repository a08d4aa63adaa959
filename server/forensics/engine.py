"""The door to what looks at a file. Nothing else of this domain knows how that is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

from server.content.media.results import Refused
from server.forensics.results import Analysis, SlotScore, Verdict
from server.forensics.rules import SLOTS_OF, Abstained, AnalysisKind
from server.forensics.run import analysis_of

NOT_INSTALLED = "none"
"""The method of an analysis for which nothing looked."""


def analyse(
    path: Path,
    *,
    kind: AnalysisKind,
    sha256: str,
    restricted: bool,
    progress: Callable[[int], None],
    cancel: Event,
) -> Analysis | Refused:
    """Look at the file at `path`, whose content has `sha256`; blocks until that is done.

    `progress` is told basis points of the whole, from any thread. Once `cancel` is set the answer is
    `Refused("cancelled", ...)`, within a second. Of a `restricted` file there is no evidence in the answer.
    `Refused("worker_failed" | "timed_out", ...)` says that nothing can be said of the file yet.

    What is said and written is not looked at yet: of the kind `text` it says so.
    """
    if kind is AnalysisKind.CORE:
        found = analysis_of(path, sha256=sha256, cancel=cancel)
        return found if isinstance(found, Refused) or not restricted else _without_evidence(found)
    return Analysis(
        sha256=sha256,
        method=NOT_INSTALLED,
        frames=0,
        coverage_bp=0,
        detectors=versions(kind),
        slots=tuple(SlotScore(slot, NOT_INSTALLED, abstained=Abstained.NO_MODEL) for slot in SLOTS_OF[kind]),
        signals=(),
        verdict=Verdict(None, 0, None),
        missing=("Nothing looks at words yet.",),
    )


def versions(kind: AnalysisKind) -> dict[str, str]:
    """The detectors that `analyse` would use now, by name, with their versions."""
    if kind is not AnalysisKind.CORE:
        return {}
    # Late: what they work with takes long to load, and the server itself never runs one.
    from server.forensics.analysers.all import versions

    return versions()


def _without_evidence(found: Analysis) -> Analysis:
    bare = (replace(signal, spans=(), boxes=(), curves=()) for signal in found.signals)
    return replace(found, signals=tuple(bare))


def build_of(detectors: dict[str, str]) -> str:
    """One digest for a set of detectors, in hex: another one means that a new look may say something else."""
    return hashlib.sha256(json.dumps(detectors, sort_keys=True).encode()).hexdigest()
