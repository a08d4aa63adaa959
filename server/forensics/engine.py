"""The door to what looks at a file. Nothing else of this domain knows how that is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

from server.content.media.results import Refused
from server.forensics.results import Analysis
from server.forensics.rules import AnalysisKind
from server.forensics.run import analysis_of

NOT_INSTALLED = "none"
"""The method of an analysis for which nothing looked."""


def analyse(
    path: Path,
    *,
    kind: AnalysisKind,
    sha256: str,
    restricted: bool,
    models: Path | None,
    progress: Callable[[int], None],
    cancel: Event,
) -> Analysis | Refused:
    """Look at the file at `path`, whose content has `sha256`; blocks until that is done.

    `models` is the folder of checkpoints. `progress` is told basis points of the whole, from any thread. Once
    `cancel` is set the answer is `Refused("cancelled", ...)`, within a second. Of a `restricted` file there
    is no evidence in the answer, and no word of its own. `Refused("worker_failed" | "timed_out", ...)` says
    that nothing can be said of the file yet.
    """
    found = analysis_of(path, kind=kind, sha256=sha256, models=models, cancel=cancel, progress=progress)
    return found if isinstance(found, Refused) or not restricted else _without_evidence(found)


def versions(kind: AnalysisKind, models: Path | None) -> dict[str, str]:
    """The detectors that `analyse` would use now, by name, with their versions: the checkpoints, too."""
    # Late: what they work with takes long to load, and the server itself never runs one.
    if kind is AnalysisKind.TEXT:
        from server.forensics.words.detectors import versions as of_words

        return of_words()
    from server.forensics.analysers.all import versions as of_core
    from server.forensics.checkpoints import folder

    return of_core() | folder.versions(models)


def _without_evidence(found: Analysis) -> Analysis:
    bare = (replace(signal, note="", spans=(), boxes=(), curves=()) for signal in found.signals)
    return replace(found, signals=tuple(bare))


def build_of(detectors: dict[str, str]) -> str:
    """One digest for a set of detectors, in hex: another one means that a new look may say something else."""
    return hashlib.sha256(json.dumps(detectors, sort_keys=True).encode()).hexdigest()
