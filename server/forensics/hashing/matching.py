"""From the hashes of a video to the banked videos that run in it.

One frame that looks alike proves little; a hit is a stretch in which query and bank run along each other for
ten seconds, or through four fifths of what is banked. Pure: the index is only searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from server.forensics.hashing.index import Hits, Rows
from server.forensics.hashing.pdq import BYTES, GOOD_QUALITY
from server.forensics.hashing.results import BankHashes, QueryHashes
from server.forensics.hashing.voting import longest
from server.forensics.rules import MatchClass

STRONG_BITS: Final = 10
STRONG_QUALITY: Final = 80
MATCH_BITS: Final = 31
SIMILAR_BITS: Final = 40
CONTIGUOUS_MS: Final = 10_000
BANK_SHARE: Final = 0.8
_FEWEST_FRAMES = 3
_BANK_SLACK_MS = 350
"""By which a query frame's banked partner may lie off its place."""
_MOST_HITS_AN_ENTRY = 8


class Index(Protocol):
    """What matching asks of an index."""

    def search(
        self,
        queries: NDArray[np.uint8],
        within: int,
        *,
        times: NDArray[np.int64] | None = None,
        sure: int = 0,
    ) -> Hits:
        """The rows within the distance, few of each entry where the times of the queries are given."""

    def times(self, entry: int) -> NDArray[np.int32]:
        """The times of an entry's frames."""


@dataclass(frozen=True)
class Query:
    """The good frames of a video: times in ms, ascending, hashes (n, 32) of each and of its mirror image,
    quality 0 to 100; `step_ms` is how far apart all its sampled frames are."""

    t_ms: NDArray[np.int64]
    hashes: NDArray[np.uint8]
    flipped: NDArray[np.uint8]
    quality: NDArray[np.int64]
    step_ms: float


@dataclass(frozen=True)
class Pair:
    """Two frames that look alike: where to draw the marker, and what to show beside it."""

    query_ms: int
    bank_ms: int
    bits: int
    quality: int
    crop_bp: int


@dataclass(frozen=True)
class VideoHit:
    """A banked video, or a part of it, within the query.

    `pairs` holds each matched query frame with its nearest banked frame, by time; `speed` is how fast the
    query plays what is banked; `flipped` that it shows it in the mirror.
    """

    entry: int
    kind: MatchClass
    flipped: bool
    speed: float
    pairs: tuple[Pair, ...]

    @property
    def query_span_ms(self) -> tuple[int, int]:
        """Where it is in the query: times of the first and the last matched frame."""
        return self.pairs[0].query_ms, self.pairs[-1].query_ms

    @property
    def bank_span_ms(self) -> tuple[int, int]:
        """Which part of the banked video it is."""
        return min(pair.bank_ms for pair in self.pairs), max(pair.bank_ms for pair in self.pairs)

    @property
    def best_bits(self) -> int:
        """The distance of the nearest pair."""
        return min(pair.bits for pair in self.pairs)

    @property
    def median_bits(self) -> float:
        """The distance of the pairs in general."""
        return float(np.median([pair.bits for pair in self.pairs]))


def query(sampled: QueryHashes) -> Query:
    """What can be searched for of a sampled video: the frames that show enough."""
    times, quality = np.array(sampled.t_ms, np.int64), np.array(sampled.quality, np.int64)
    good = quality >= GOOD_QUALITY
    return Query(
        t_ms=times[good],
        hashes=np.frombuffer(sampled.hashes, np.uint8).reshape(-1, BYTES)[good],
        flipped=np.frombuffer(sampled.flipped, np.uint8).reshape(-1, BYTES)[good],
        quality=quality[good],
        step_ms=float(np.median(np.diff(times))) if len(times) > 1 else float(sampled.duration_ms),
    )


def rows(banked: BankHashes, entry: int) -> Rows:
    """What an index holds of a banked video: the hashes of pictures that show enough."""
    quality = np.array(banked.quality, np.uint8)
    good = quality >= GOOD_QUALITY
    return Rows(
        hashes=np.frombuffer(banked.hashes, np.uint8).reshape(-1, BYTES)[good],
        entry=np.full(int(good.sum()), entry, np.int64),
        t_ms=np.array(banked.t_ms, np.int32)[good],
        crop_bp=np.array(banked.crop_bp, np.uint16)[good],
        quality=quality[good],
    )


def frame_class(bits: int, quality: int) -> MatchClass | None:
    """What one pair of frames is worth; `quality` is the lesser of both. None is no match."""
    if quality < GOOD_QUALITY or bits > SIMILAR_BITS:
        return None
    if bits > MATCH_BITS:
        return MatchClass.WEAK
    return MatchClass.STRONG if bits <= STRONG_BITS and quality >= STRONG_QUALITY else MatchClass.QUEUE


def matches(asked: Query, index: Index) -> tuple[VideoHit, ...]:
    """All hits, the surest first.

    An entry that matches within 31 bits is not reported as similar besides, and one stretch of the query not
    both ways round.
    """
    found = [
        hit
        for (entry, flipped), pairs in _by_entry(asked, index)
        for hit in _hits(asked, index, entry, flipped, pairs)
    ]
    ranks = list(MatchClass)
    found.sort(key=lambda hit: (ranks.index(hit.kind), -len(hit.pairs), hit.median_bits, hit.entry))
    kept: list[VideoHit] = []
    for hit in found:
        if not any(_says_the_same(hit, other) for other in kept):
            kept.append(hit)
    return tuple(kept)


@dataclass(frozen=True)
class _Pairs:
    query: NDArray[np.int64]
    bank: NDArray[np.int64]
    bits: NDArray[np.intp]
    quality: NDArray[np.int64]
    crop_bp: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> _Pairs:
        return _Pairs(*(column[chosen] for column in vars(self).values()))


def _by_entry(asked: Query, index: Index) -> Iterator[tuple[tuple[int, bool], _Pairs]]:
    """The similar pairs of frames, for each entry and each way round."""
    for flipped, hashes in ((False, asked.hashes), (True, asked.flipped)):
        hits = index.search(hashes, SIMILAR_BITS, times=asked.t_ms, sure=MATCH_BITS)
        quality = np.minimum(asked.quality[hits.query], hits.quality)
        pairs = _Pairs(
            asked.t_ms[hits.query],
            hits.t_ms.astype(np.int64),
            hits.distance,
            quality,
            hits.crop_bp.astype(np.int64),
        )
        # Of the crops of one banked frame the nearest speaks.
        order = np.lexsort((pairs.bits, pairs.bank, pairs.query, hits.entry))
        order = order[quality[order] >= GOOD_QUALITY]
        entry, pairs = hits.entry[order], pairs.where(order)
        if not order.size:
            continue
        new = np.ones(len(entry), bool)
        new[1:] = (np.diff(entry) != 0) | (np.diff(pairs.query) != 0) | (np.diff(pairs.bank) != 0)
        entry, pairs = entry[new], pairs.where(new)
        entries, first = np.unique(entry, return_index=True)
        for number, start, end in zip(entries, first, [*first[1:], len(entry)], strict=True):
            yield (int(number), flipped), pairs.where(np.arange(start, end))


def _hits(asked: Query, index: Index, entry: int, flipped: bool, pairs: _Pairs) -> list[VideoHit]:
    """Stretches of matches; where there are none, those that similar frames bridge.

    With half of its frames within 31 bits it is as good: a logo pushes single ones beyond, not out of order.
    """
    sure = _stretches(asked, index, entry, flipped, pairs.where(pairs.bits <= MATCH_BITS))
    return sure or _stretches(asked, index, entry, flipped, pairs)


def _stretches(asked: Query, index: Index, entry: int, flipped: bool, pairs: _Pairs) -> list[VideoHit]:
    """One hit after the other: the same banked part may come twice, and a cut splits it."""
    found: list[VideoHit] = []
    while pairs.query.size and len(found) < _MOST_HITS_AN_ENTRY:
        stretch = longest(pairs.query, pairs.bank, pairs.bits, asked.t_ms, asked.step_ms)
        if stretch is None or not stretch.pairs.size:
            break
        matched = pairs.where(stretch.pairs)
        if not _long_enough(asked, index, entry, matched, stretch.speed):
            break
        found.append(_hit(entry, flipped, stretch.speed, matched))
        pairs = pairs.where((pairs.query < matched.query[0]) | (pairs.query > matched.query[-1]))
    return found


def _long_enough(asked: Query, index: Index, entry: int, matched: _Pairs, speed: float) -> bool:
    frames = len(matched.query)
    lasting = matched.query[-1] - matched.query[0] + asked.step_ms
    if lasting >= CONTIGUOUS_MS and frames >= _FEWEST_FRAMES:
        return True
    banked = index.times(entry)
    if not banked.size or frames < min(2, len(banked)):
        return False
    # A banked frame is matched when the query frame nearest to it is: the query is sampled less densely.
    reach = speed * asked.step_ms / 2 + _BANK_SLACK_MS
    away = np.abs(banked[:, None] - matched.bank[None, :]).min(axis=1)
    return float((away <= reach).mean()) >= BANK_SHARE


def _hit(entry: int, flipped: bool, speed: float, matched: _Pairs) -> VideoHit:
    pairs = tuple(
        Pair(*(int(value) for value in values))
        for values in zip(
            matched.query, matched.bank, matched.bits, matched.quality, matched.crop_bp, strict=True
        )
    )
    strong = sum(frame_class(pair.bits, pair.quality) is MatchClass.STRONG for pair in pairs)
    if strong * 2 > len(pairs):
        kind = MatchClass.STRONG
    else:
        kind = MatchClass.QUEUE if np.median(matched.bits) <= MATCH_BITS else MatchClass.WEAK
    return VideoHit(entry, kind, flipped, round(speed, 3), pairs)


def _says_the_same(hit: VideoHit, other: VideoHit) -> bool:
    """Whether a surer hit of the same entry covers most of this one."""
    if hit.entry != other.entry:
        return False
    if hit.kind is MatchClass.WEAK and other.kind is not MatchClass.WEAK:
        return True
    (start, end), (first, last) = hit.query_span_ms, other.query_span_ms
    return (min(end, last) - max(start, first)) * 2 >= end - start
