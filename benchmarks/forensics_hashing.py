"""What hashing costs and finds; `benchmarks.forensics` reports the figures among its own."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from server.forensics.hashing.index import HashIndex, Rows
from server.forensics.hashing.pdq import pdq, pdq_small, shrunk
from server.forensics.hashing.variants import variants
from tests.server.forensics.hashing.pictures import SIZES, picture
from tests.server.forensics.hashing.reuploads import drill, originals

MILLION = 1_000_000
ENTRY_ROWS = 12_480
"""Of a banked minute full of movement: 960 frames, 13 hashes each."""


def pdq_1080p_ms(rounds: int = 30) -> float:
    """Median time of `pdq-1s` of a frame of 1920 x 1080, in ms on one core."""
    return _median_ms(_frame(), pdq_small, rounds)


def pdq_1080p_full_ms(rounds: int = 15) -> float:
    """The same of `pdq-1`."""
    return _median_ms(_frame(), pdq, rounds)


def variants_1080p_ms(rounds: int = 15) -> float:
    """The same of all that a bank keeps of one frame: 13 hashes of it and its crops, shrunk once."""
    return _median_ms(_frame(), lambda shown: list(variants(shrunk(shown))), rounds)


def lookup_1m_ms(rounds: int = 40) -> float:
    """Median time to look one hash up among 1,000,000, in ms; with faiss where it is installed."""
    return lookup(HashIndex(), rounds)["one_ms"]


def lookup(index: HashIndex, rounds: int) -> dict[str, float]:
    """Fill an index with 1,000,000 random hashes and look up those 20 bits away from known ones: median ms of
    one, of 64 at once for each, and of adding a banked minute and finding it."""
    random = np.random.RandomState(1)
    for first in range(0, MILLION, 100_000):
        index.append(_rows(random.bytes(32 * 100_000), first // 1_000))
    known = np.frombuffer(random.bytes(32 * 64), np.uint8).reshape(64, 32)
    index.append(_rows(known.tobytes(), 5_000))
    asked = known.copy()
    asked[:, :20] ^= 1
    spent = [_ms(partial(_find, index, asked[n % 64 : n % 64 + 1])) for n in range(rounds + 3)][3:]
    many = [_ms(partial(_find, index, asked)) / 64 for _ in range(3)]
    fresh = _rows(random.bytes(32 * ENTRY_ROWS), 6_000)
    added = _ms(partial(_add_and_find, index, fresh))
    return {
        "one_ms": round(statistics.median(spent), 2),
        "one_max_ms": round(max(spent), 2),
        "batch_ms": round(statistics.median(many), 2),
        "add_to_match_ms": round(added, 2),
    }


def reuploads(scenes: int = 40, seconds: int = 60) -> dict[str, Any]:
    """The recall table of the re-upload drill over generated scenes; minutes."""
    with tempfile.TemporaryDirectory() as folder:
        return drill(Path(folder), originals(Path(folder), range(scenes), seconds))


def _add_and_find(index: HashIndex, fresh: Rows) -> None:
    index.append(fresh)
    _find(index, fresh.hashes[:1])


def _find(index: HashIndex, asked: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    hits = index.search(asked, 31)
    assert len(hits.query) == len(asked)


def _rows(hashes: bytes, entry: int) -> Rows:
    count = len(hashes) // 32
    return Rows(
        hashes=np.frombuffer(hashes, np.uint8).reshape(-1, 32),
        entry=np.full(count, entry, np.int64),
        t_ms=np.arange(count, dtype=np.int32),
        crop_bp=np.zeros(count, np.uint16),
        quality=np.full(count, 90, np.uint8),
    )


def _frame() -> Any:
    return picture(SIZES.index((1920, 1080)))


def _median_ms(shown: Any, hashed: Callable[[Any], object], rounds: int) -> float:
    return round(statistics.median([_ms(lambda: hashed(shown)) for _ in range(rounds + 3)][3:]), 2)


def _ms(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000
