"""What hashing a video gives: values that travel from the worker process as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from server.content.media.results import WorkerLimits

LOOKING: Final = WorkerLimits(niceness=19)
"""What a worker may use to make QueryHashes."""
BANKING: Final = WorkerLimits(cpu_seconds=600, wall_seconds=900.0, niceness=19)
"""What a worker may use to make BankHashes: ten minutes of 1080p take some three."""


@dataclass(frozen=True, kw_only=True)
class QueryHashes:
    """The sampled frames of a video that is looked for, by time.

    `hashes` and `flipped` hold 32 bytes for each time: the PDQ of the upright frame without bars, and that of
    its mirror image; the three of `reference`, where they were asked for, the same of the whole frame by
    `pdq-1`. `complete` says that its whole length was sampled at one rate or by its keyframes.
    """

    TASK: ClassVar[str] = "server.forensics.hashing.frames:query_hashes"

    algorithm: str
    duration_ms: int
    complete: bool
    t_ms: tuple[int, ...]
    quality: tuple[int, ...]
    hashes: bytes
    flipped: bytes
    reference_quality: tuple[int, ...] = ()
    reference: bytes = b""
    reference_flipped: bytes = b""


@dataclass(frozen=True, kw_only=True)
class BankHashes:
    """What a bank keeps of a video: for each sampled frame the hash of the whole picture and of its crops.

    One element for each hash (32 bytes in `hashes`): its time, what is cut off each side in basis points,
    quality.
    """

    TASK: ClassVar[str] = "server.forensics.hashing.frames:bank_hashes"

    algorithm: str
    duration_ms: int
    t_ms: tuple[int, ...]
    crop_bp: tuple[int, ...]
    quality: tuple[int, ...]
    hashes: bytes
