"""All banked hashes, searched by distance: every row is looked at, in four columns of 64 bits.

No tree and no table of buckets: a million rows are scanned in some milliseconds, a row is searchable as soon
as it is written, and what is within the distance is found without exception. With faiss installed its flat
index does the scan; the rows stay here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.forensics.hashing.pdq import BYTES, Algorithm
from server.forensics.hashing.segments import KINDS, SEGMENT, Columns, Segments
from server.forensics.hashing.thinning import chosen

Hashes = NDArray[np.uint8]
Found = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""Number of the query, number of the row, bits that differ: one of each a hit."""
AT_ONCE = 64
"""Queries that go over the rows together."""
AT_ONCE_FLAT = 8
"""The same with faiss, which answers with all that it finds."""


@dataclass(frozen=True)
class Rows:
    """Hashes (n, 32) of uint8 and for each its bank entry's number, its time in ms, what was cropped off each
    side in basis points and its quality."""

    hashes: Hashes
    entry: NDArray[np.int64]
    t_ms: NDArray[np.int32]
    crop_bp: NDArray[np.uint16]
    quality: NDArray[np.uint8]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, field.name)) for field in fields(self)}
        if len(lengths) != 1 or self.hashes.dtype != np.uint8 or self.hashes.shape[1:] != (BYTES,):
            raise ValueError(f"rows of {self.hashes.dtype} {self.hashes.shape}, {sorted(lengths)} of them")


@dataclass(frozen=True)
class Hits:
    """One element for each pair of a query and a row within the distance, ordered by query.

    `query` is the place in the list of queries, `distance` in bits; the others are the row's.
    """

    query: NDArray[np.intp]
    distance: NDArray[np.intp]
    entry: NDArray[np.int64]
    t_ms: NDArray[np.int32]
    crop_bp: NDArray[np.uint16]
    quality: NDArray[np.uint8]


class HashIndex:
    """The rows of all entries. Threads and processes may search while one writes."""

    def __init__(self, folder: Path | None = None, *, algorithm: Algorithm = Algorithm.PDQ_1S) -> None:
        """Open the index in `folder`, made where it is missing; None keeps it in this process alone.

        Raises segments.Damaged: throw the folder away and append everything again.
        """
        self.algorithm = algorithm
        self._segments = Segments(folder, algorithm)
        self._writing = Lock()
        self._flat = _flat() if find_spec("faiss") else None

    def __len__(self) -> int:
        """The rows that can be found."""
        return sum(int(np.count_nonzero(c["live"][:n])) for _, n, c in self._segments.filled())

    @property
    def position(self) -> int:
        """The `position` of the last change: what the database has beyond it is not in here yet."""
        return self._segments.position

    def append(self, rows: Rows, *, position: int | None = None) -> bool:
        """Add rows; any search that begins after this returns finds them, in every process.

        With a `position` not above that of the index nothing is added and False returned: another process has
        done it.
        """
        with self._writing, self._segments.written():
            if position is not None and position <= self._segments.position:
                return False
            self._append(rows, self._segments.position if position is None else position)
        return True

    def remove(self, entry: int, *, position: int | None = None) -> int:
        """Let nothing of an entry be found any more; the number of rows taken out, 0 the second time."""
        with self._writing, self._segments.written():
            gone = self._remove([entry])
            last = self._segments.position if position is None else max(position, self._segments.position)
            self._segments.publish(self._segments.count, last)
        return gone

    def replace(self, entries: Collection[int], rows: Rows, *, since: int, position: int) -> bool:
        """Take entries out and add rows, as one change from the position `since` on that no other process
        makes a second time; False where the index is not there, or not any more: then read anew what is
        missing. A search meanwhile may miss the entries that come again."""
        with self._writing, self._segments.written():
            if self._segments.position != since:
                return False
            if entries:
                self._remove(entries)
            self._append(rows, position)
        return True

    def _append(self, rows: Rows, position: int) -> None:
        first, given = self._segments.count, 0
        while given < len(rows.hashes):
            number, at = divmod(first + given, SEGMENT)
            taken = min(SEGMENT - at, len(rows.hashes) - given)
            self._segments.extend(number)
            _fill(self._segments.columns(number), at, rows, slice(given, given + taken))
            given += taken
        self._segments.publish(first + given, position)

    def _remove(self, entries: Collection[int]) -> int:
        gone = 0
        for _, count, columns in self._segments.filled():
            rows = np.isin(columns["entry"][:count], list(entries)) & (columns["live"][:count] == 1)
            gone += int(np.count_nonzero(rows))
            columns["live"][:count][rows] = 0
        return gone

    def search(
        self, queries: Hashes, within: int, *, times: NDArray[np.int64] | None = None, sure: int = 0
    ) -> Hits:
        """Every live row at most `within` bits (0 to 255) from one of the queries, (n, 32) of uint8.

        With the `times` of the queries in ms, not every one, but for each query and entry as few as
        `thinning.chosen` says: a video that rests would else fill the memory.

        ValueError for anything else.
        """
        if queries.dtype != np.uint8 or queries.ndim != 2 or queries.shape[1] != BYTES:
            raise ValueError(f"queries of {queries.dtype} {queries.shape}")
        if not 0 <= within <= 255:
            raise ValueError(f"a distance of {within} bits")
        wanted = np.ascontiguousarray(queries)
        step = AT_ONCE_FLAT if self._flat else AT_ONCE
        parts = [
            self._searched(wanted, slice(at, at + step), within, times, sure)
            for at in range(0, max(len(wanted), 1), step)
        ]
        return Hits(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Hits)))

    def _searched(
        self, queries: Hashes, part: slice, within: int, times: NDArray[np.int64] | None, sure: int
    ) -> Hits:
        thin = None if times is None else _Thin(times[part], sure)
        if self._flat:
            query, row, distance = self._flat.search(self._segments, queries[part], within)
        else:
            query, row, distance = _scan(self._segments, queries[part], within, thin)
        order = np.lexsort((row, query))
        hits = self._hits(query[order], row[order], distance[order])
        if thin is not None:
            # An entry may lie in two segments, and faiss knows nothing of entries.
            hits = thin.hits(hits)
        return replace(hits, query=hits.query + part.start)

    def times(self, entry: int) -> NDArray[np.int32]:
        """The times of an entry's uncropped frames in ms, ascending: what a match can be a share of."""
        found = [
            columns["t_ms"][:count][
                (columns["entry"][:count] == entry)
                & (columns["crop_bp"][:count] == 0)
                & (columns["live"][:count] == 1)
            ]
            for _, count, columns in self._segments.filled()
        ]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)

    def _hits(self, query: NDArray[np.intp], row: NDArray[np.intp], distance: NDArray[np.intp]) -> Hits:
        values = {name: self._column(name, row) for name in ("entry", "t_ms", "crop_bp", "quality", "live")}
        live = values.pop("live") == 1
        return Hits(
            query=query[live],
            distance=distance[live],
            **{name: value[live] for name, value in values.items()},
        )

    def _column(self, name: str, rows: NDArray[np.intp]) -> NDArray[Any]:
        values = np.empty(len(rows), KINDS[name])
        numbers = rows // SEGMENT
        for number in np.unique(numbers):
            here = numbers == number
            values[here] = self._segments.columns(int(number))[name][rows[here] % SEGMENT]
        return values


def _fill(columns: Columns, at: int, rows: Rows, part: slice) -> None:
    place = slice(at, at + part.stop - part.start)
    words = np.ascontiguousarray(rows.hashes[part]).view("<u8")
    for n in range(4):
        columns[f"bits{n}"][place] = words[:, n]
    for name in ("entry", "t_ms", "crop_bp", "quality"):
        columns[name][place] = getattr(rows, name)[part]
    columns["live"][place] = 1


@dataclass(frozen=True)
class _Thin:
    """Keeps few of the rows that are near to queries shown at these times."""

    times: NDArray[np.int64]
    sure: int

    def rows(self, columns: Columns, rows: NDArray[np.intp], bits: NDArray[np.intp], query: int) -> Any:
        """Those of the rows of a segment that are kept for a query, by their places in `rows`."""
        live = np.flatnonzero(columns["live"][rows])
        rows, bits = rows[live], bits[live]
        return live[chosen(columns["entry"][rows], columns["t_ms"][rows], bits, self._at(query), self.sure)]

    def hits(self, hits: Hits) -> Hits:
        """Those of the hits, which are in order, that are kept."""
        asked, first = np.unique(hits.query, return_index=True)
        kept = [np.zeros(0, np.intp)]
        for query, start, end in zip(asked, first, [*first[1:], len(hits.query)], strict=False):
            mine = slice(start, end)
            by_entry = np.argsort(hits.entry[mine], kind="stable") + start
            those = (hits.entry[by_entry], hits.t_ms[by_entry], hits.distance[by_entry])
            kept.append(np.sort(by_entry[chosen(*those, self._at(query), self.sure)]))
        places = np.concatenate(kept)
        return Hits(*(getattr(hits, field.name)[places] for field in fields(Hits)))

    def _at(self, query: int) -> int:
        return int(self.times[query])


def _scan(segments: Segments, queries: Hashes, within: int, thin: _Thin | None) -> Found:
    """Two of the four columns rule out nearly every row; the other two are counted for what is left."""
    words = queries.view("<u8")
    differing = np.empty(SEGMENT, "<u8")
    counted, total = np.empty(SEGMENT, np.uint8), np.empty(SEGMENT, np.uint8)
    found: list[Found] = []
    # All queries go over one segment, while the cache holds it.
    for first, count, columns in segments.filled():
        bits = [columns[f"bits{n}"][:count] for n in range(4)]
        xor, ones, both = differing[:count], counted[:count], total[:count]
        for query, word in enumerate(words):
            np.bitwise_count(np.bitwise_xor(bits[0], word[0], out=xor), out=both)
            np.bitwise_count(np.bitwise_xor(bits[1], word[1], out=xor), out=ones)
            near = np.flatnonzero(np.add(both, ones, out=both) <= within)
            if near.size:
                distance = both[near].astype(np.intp)
                for n in (2, 3):
                    distance += np.bitwise_count(bits[n][near] ^ word[n])
                rows, distance = near[distance <= within], distance[distance <= within]
                if thin and rows.size:
                    kept = thin.rows(columns, rows, distance, query)
                    rows, distance = rows[kept], distance[kept]
                found.append((np.full(len(rows), query), rows + first, distance))
    if not found:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, nothing
    query_parts, row_parts, distance_parts = zip(*found, strict=True)
    return np.concatenate(query_parts), np.concatenate(row_parts), np.concatenate(distance_parts)


def _flat() -> Any:
    from server.forensics.hashing.flat import Flat

    return Flat()
