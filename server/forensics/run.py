"""Analyse an untrusted file in a worker process that may crash without harm."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final

from pydantic import TypeAdapter, ValidationError

from server.content.media import worker
from server.content.media.results import FileLimits, Refused, WorkerLimits
from server.forensics.results import Analysis
from server.forensics.rules import AnalysisKind

LIMITS: Final = WorkerLimits(address_space=3 << 30, cpu_seconds=300, wall_seconds=1800.0, niceness=10)
"""The networks map more memory than they use: peak use is measured by `benchmarks forensics`."""
FILE: Final = FileLimits()
TASKS: Final = {
    AnalysisKind.CORE: "server.forensics.analyse:analyse",
    AnalysisKind.TEXT: "server.forensics.words.analyse:analyse",
}
_ANALYSIS: Final = TypeAdapter(Analysis)
_log = logging.getLogger(__name__)


def analysis_of(
    path: Path,
    *,
    kind: AnalysisKind = AnalysisKind.CORE,
    sha256: str | None = None,
    models: Path | None = None,
    cancel: Event | None = None,
    progress: Callable[[int], None] | None = None,
    file_limits: FileLimits = FILE,
    limits: WorkerLimits = LIMITS,
) -> Analysis | Refused:
    """The Analysis of the file at `path`, or why there is none. `models` is the folder of checkpoints;
    `progress` is told in another thread how far it is, in basis points.

    Blocks the calling thread until the worker ends, its time is over or `cancel` is set. Never raises for
    anything that the file does.
    """
    answer = worker.ask(
        TASKS[kind],
        path,
        file_limits=file_limits,
        limits=limits,
        cancel=cancel,
        heard=progress or (lambda done_bp: None),
        sha256=sha256,
        models=None if models is None else str(models.absolute()),
    )
    if isinstance(answer, Refused):
        return answer
    try:
        return _ANALYSIS.validate_python(answer)
    except ValidationError:
        _log.warning("the analysis of a file came back in another shape")
        return Refused("worker_failed", "The video could not be analysed: its analysis cannot be read.")
