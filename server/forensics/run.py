"""Analyse an untrusted file in a worker process that may crash without harm."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event
from typing import Final

from pydantic import TypeAdapter, ValidationError

from server.content.media import worker
from server.content.media.results import FileLimits, Refused, WorkerLimits
from server.forensics.results import Analysis

LIMITS: Final = WorkerLimits(address_space=3 << 30, cpu_seconds=300, wall_seconds=1800.0, niceness=19)
"""The networks map more memory than they use: peak use is measured by `benchmarks forensics`."""
FILE: Final = FileLimits()
_ANALYSIS: Final = TypeAdapter(Analysis)
_log = logging.getLogger(__name__)


def analysis_of(
    path: Path,
    *,
    sha256: str | None = None,
    cancel: Event | None = None,
    file_limits: FileLimits = FILE,
    limits: WorkerLimits = LIMITS,
) -> Analysis | Refused:
    """The Analysis of the file at `path`, or why there is none.

    Blocks the calling thread until the worker ends, its time is over or `cancel` is set. Never raises for
    anything that the file does.
    """
    answer = worker.ask(
        "server.forensics.analyse:analyse",
        path,
        file_limits=file_limits,
        limits=limits,
        cancel=cancel,
        sha256=sha256,
    )
    if isinstance(answer, Refused):
        return answer
    try:
        return _ANALYSIS.validate_python(answer)
    except ValidationError:
        _log.warning("the analysis of a file came back in another shape")
        return Refused("worker_failed", "The video could not be analysed: its analysis cannot be read.")
