"""Hashes as they lie in the database: one column after the other, little-endian, without padding."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.forensics.banks.rules import OURS
from server.forensics.hashing.index import Rows
from server.forensics.hashing.matching import Query
from server.forensics.hashing.pdq import BYTES, GOOD_QUALITY
from server.forensics.hashing.results import QueryHashes

_ROW: Final = (("t_ms", "<i4", 1), ("crop_bp", "<u2", 1), ("quality", "|u1", 1), ("hashes", "|u1", BYTES))
_FRAME: Final = (
    ("t_ms", "<i4", 1),
    ("quality", "|u1", 1),
    ("hashes", "|u1", BYTES),
    ("flipped", "|u1", BYTES),
)
_Layout = tuple[tuple[str, str, int], ...]


def rows_packed(rows: Rows) -> bytes:
    """What a bank keeps of an entry."""
    return _packed(_ROW, {name: getattr(rows, name) for name, _, _ in _ROW})


def rows_of(packed: bytes, entry: int) -> Rows:
    """The rows of an entry as an index takes them. ValueError for bytes of another length."""
    found = _unpacked(_ROW, packed)
    count = len(found["t_ms"])
    return Rows(entry=np.full(count, entry, np.int64), **found)


def joined(parts: list[Rows]) -> Rows:
    """Rows of several entries as one."""
    if not parts:
        return rows_of(b"", 0)
    return Rows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def frames_packed(sampled: QueryHashes, algorithm: str = OURS) -> bytes:
    """What is kept of how a video looks, by one of the two algorithms."""
    ours = algorithm == OURS
    return _packed(
        _FRAME,
        {
            "t_ms": np.array(sampled.t_ms, np.int32),
            "quality": np.array(sampled.quality if ours else sampled.reference_quality, np.uint8),
            "hashes": np.frombuffer(sampled.hashes if ours else sampled.reference, np.uint8),
            "flipped": np.frombuffer(sampled.flipped if ours else sampled.reference_flipped, np.uint8),
        },
    )


def query_of(packed: bytes, duration_ms: int) -> Query:
    """What can be searched for of a video: its frames that show enough. ValueError as in `rows_of`."""
    found = _unpacked(_FRAME, packed)
    times, quality = found["t_ms"].astype(np.int64), found["quality"].astype(np.int64)
    good = quality >= GOOD_QUALITY
    return Query(
        t_ms=times[good],
        hashes=found["hashes"][good],
        flipped=found["flipped"][good],
        quality=quality[good],
        step_ms=float(np.median(np.diff(times))) if len(times) > 1 else float(duration_ms),
    )


def banked(packed: bytes, entry: int, *, start_ms: int | None, end_ms: int | None) -> Rows:
    """The frames of a video as rows of an entry: not as many as a bank wants, but there at once."""
    found = _unpacked(_FRAME, packed)
    times = found["t_ms"]
    chosen = (found["quality"] >= GOOD_QUALITY) & (times >= (start_ms or 0))
    if end_ms is not None:
        chosen &= times < end_ms
    count = int(chosen.sum())
    return Rows(
        hashes=found["hashes"][chosen],
        entry=np.full(count, entry, np.int64),
        t_ms=times[chosen],
        crop_bp=np.zeros(count, np.uint16),
        quality=found["quality"][chosen],
    )


def _packed(layout: _Layout, columns: dict[str, NDArray[Any]]) -> bytes:
    return b"".join(np.ascontiguousarray(columns[name]).astype(kind).tobytes() for name, kind, _ in layout)


def _unpacked(layout: _Layout, packed: bytes) -> dict[str, NDArray[Any]]:
    size = sum(np.dtype(kind).itemsize * width for _, kind, width in layout)
    count, rest = divmod(len(packed), size)
    if rest:
        raise ValueError(f"{len(packed)} bytes are no rows of {size}")
    found: dict[str, NDArray[Any]] = {}
    at = 0
    for name, kind, width in layout:
        column = np.frombuffer(packed, kind, count * width, at)
        found[name] = column.reshape(count, width) if width > 1 else column
        at += column.nbytes
    return found
