"""The scan by faiss, where it is installed: the same answers as the one in numpy, several times as fast."""

from __future__ import annotations

from threading import Lock

import faiss
import numpy as np
from numpy.typing import NDArray

from server.forensics.hashing.pdq import BYTES
from server.forensics.hashing.segments import Segments

Places = NDArray[np.intp]


class Flat:
    """A copy of the hashes in a faiss IndexBinaryFlat, brought up to the segments before each search."""

    def __init__(self) -> None:
        # More threads make a single search slower as soon as anything else runs.
        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexBinaryFlat(BYTES * 8)
        # It may not grow while it is searched.
        self._lock = Lock()

    def search(
        self, segments: Segments, queries: NDArray[np.uint8], within: int
    ) -> tuple[Places, Places, Places]:
        """Query, row and distance of every row within the distance, dead ones too."""
        with self._lock:
            self._catch_up(segments)
            # The radius of faiss is strict.
            limits, distance, row = self._index.range_search(queries, within + 1)
        query = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.intp)))
        return query, row.astype(np.intp), distance.astype(np.intp)

    def _catch_up(self, segments: Segments) -> None:
        for first, count, columns in segments.filled():
            done = self._index.ntotal - first
            if 0 <= done < count:
                words = np.stack([columns[f"bits{n}"][done:count] for n in range(4)], axis=1)
                self._index.add(np.ascontiguousarray(words).view(np.uint8))
