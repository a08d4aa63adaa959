"""A stretch in common is found wherever and however fast it runs; frames in common without order are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.forensics.hashing.index import HashIndex, Hits, Rows
from server.forensics.hashing.matching import Query, frame_class, matches, query, rows
from server.forensics.hashing.results import BankHashes, QueryHashes
from server.forensics.rules import MatchClass

STEP_MS = 333
Bits = np.ndarray[Any, np.dtype[np.uint8]]


def hashes(count: int, seed: int) -> Bits:
    return np.random.RandomState(seed).randint(0, 256, (count, 32)).astype(np.uint8)


def banked(index: HashIndex, entry: int, seconds: float, *, quality: int = 90) -> Bits:
    """Bank a video of frames that have nothing in common."""
    made = hashes(max(1, round(seconds * 1000 / STEP_MS)), entry)
    index.append(
        Rows(
            hashes=made,
            entry=np.full(len(made), entry, np.int64),
            t_ms=np.arange(len(made), dtype=np.int32) * STEP_MS,
            crop_bp=np.zeros(len(made), np.uint16),
            quality=np.full(len(made), quality, np.uint8),
        )
    )
    return made


def changed(frames: Bits, bits: int, seed: int = 0) -> Bits:
    """Each hash with so many bits changed."""
    loose = np.unpackbits(frames, axis=1)
    random = np.random.RandomState(seed)
    for row in loose:
        row[random.permutation(256)[:bits]] ^= 1
    return np.packbits(loose, axis=1)


def asked(frames: Bits, *, mirrored: bool = False, quality: int = 90, step_ms: int = 1_000) -> Query:
    """A query of these frames, one each second."""
    other = hashes(len(frames), 987_654)
    return Query(
        t_ms=np.arange(len(frames), dtype=np.int64) * step_ms,
        hashes=other if mirrored else frames,
        flipped=frames if mirrored else other,
        quality=np.full(len(frames), quality, np.int64),
        step_ms=step_ms,
    )


def played(made: Bits, *, speed: float, start_ms: float, seconds: int, seed: int = 0) -> Bits:
    """What one frame a second shows of a banked video from `start_ms` on, at this speed; else noise."""
    at = np.round((start_ms + speed * 1_000 * np.arange(seconds)) / STEP_MS).astype(int)
    noise = hashes(seconds, seed + 4_321)
    inside = (at >= 0) & (at < len(made))
    return np.where(inside[:, None], made[np.clip(at, 0, len(made) - 1)], noise)


@settings(max_examples=60, deadline=None)
@given(
    speed=st.floats(0.9, 1.1),
    start=st.integers(-20_000, 45_000),
    bits=st.integers(0, 31),
    mirrored=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_copied_stretch_is_found_with_its_place_and_speed(
    speed: float, start: int, bits: int, mirrored: bool, seed: int
) -> None:
    index = HashIndex()
    for entry in (1, 2, 3):
        made = banked(index, entry, 60)
    copied = played(made, speed=speed, start_ms=start, seconds=40, seed=seed)
    shared = np.flatnonzero((copied[:, None] == made[None]).all(axis=2).any(axis=1))
    found = matches(asked(changed(copied, bits, seed), mirrored=mirrored), index)
    assert len(shared) >= 11
    (hit,) = found
    assert (hit.entry, hit.flipped) == (3, mirrored)
    assert hit.kind is (MatchClass.STRONG if bits <= 10 else MatchClass.QUEUE)
    assert hit.query_span_ms == (shared[0] * 1_000, shared[-1] * 1_000)
    assert abs(hit.bank_span_ms[0] - max(0, start + speed * shared[0] * 1_000)) <= STEP_MS
    assert (hit.best_bits, hit.median_bits) == (bits, bits)
    assert hit.speed == pytest.approx(speed, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_same_frames_in_no_order_are_no_hit(seed: int) -> None:
    index = HashIndex()
    made = banked(index, 1, 120)
    order = np.random.RandomState(seed).permutation(len(made))[:40]
    assert matches(asked(made[order]), index) == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_strangers_are_no_hit(seed: int) -> None:
    index = HashIndex()
    banked(index, 1, 60)
    assert matches(asked(hashes(60, seed + 50)), index) == ()


@pytest.mark.parametrize(("seconds", "found"), [(8, 0), (10, 1), (30, 1)])
def test_ten_seconds_of_a_long_video_are_needed(seconds: int, found: int) -> None:
    index = HashIndex()
    made = banked(index, 1, 60)
    copied = played(made, speed=1.0, start_ms=20_000, seconds=seconds)
    assert len(matches(asked(np.concatenate([copied, hashes(20, 77)])), index)) == found


@pytest.mark.parametrize(("seconds", "found"), [(2, 0), (3, 0), (5, 1), (6, 1)])
def test_four_fifths_of_a_short_video_are_enough(seconds: int, found: int) -> None:
    index = HashIndex()
    made = banked(index, 1, 6)
    copied = played(made, speed=1.0, start_ms=0, seconds=seconds)
    assert len(matches(asked(np.concatenate([hashes(20, 77), copied, hashes(20, 78)])), index)) == found


def test_a_single_banked_picture_is_found() -> None:
    index = HashIndex()
    made = banked(index, 1, 0.3)
    (hit,) = matches(asked(np.concatenate([hashes(20, 77), made, hashes(20, 78)])), index)
    assert hit.query_span_ms == (20_000, 20_000)


def test_two_lost_frames_do_not_split_a_stretch_but_a_hole_does() -> None:
    index = HashIndex()
    made = banked(index, 1, 60)
    copied = played(made, speed=1.0, start_ms=0, seconds=40)
    copied[6:8] = hashes(2, 77)
    copied[20:25] = hashes(5, 78)
    spans = [hit.query_span_ms for hit in matches(asked(copied), index)]
    assert spans == [(0, 19_000), (25_000, 39_000)]


def test_a_part_that_comes_twice_is_two_hits() -> None:
    index = HashIndex()
    made = banked(index, 1, 60)
    part = played(made, speed=1.0, start_ms=10_000, seconds=15)
    found = matches(asked(np.concatenate([part, hashes(8, 77), part])), index)
    assert sorted(hit.query_span_ms for hit in found) == [(0, 14_000), (23_000, 37_000)]
    assert all(hit.bank_span_ms == found[0].bank_span_ms for hit in found)


def test_two_videos_in_one_are_two_hits() -> None:
    index = HashIndex()
    parts = [played(banked(index, n, 60), speed=1.0, start_ms=9_000, seconds=20) for n in (1, 2)]
    found = matches(asked(np.concatenate(parts)), index)
    assert sorted((hit.entry, *hit.query_span_ms) for hit in found) == [(1, 0, 19_000), (2, 20_000, 39_000)]


def test_what_does_not_move_is_one_hit() -> None:
    index = HashIndex()
    still = np.repeat(hashes(1, 5), 180, axis=0)
    index.append(
        Rows(
            hashes=still,
            entry=np.full(180, 4, np.int64),
            t_ms=np.arange(180, dtype=np.int32) * STEP_MS,
            crop_bp=np.zeros(180, np.uint16),
            quality=np.full(180, 90, np.uint8),
        )
    )
    (hit,) = matches(asked(still[:60]), index)
    assert hit.query_span_ms == (0, 59_000)


def test_frames_far_apart_are_found_too() -> None:
    index = HashIndex()
    made = banked(index, 1, 300)
    copied = np.stack([made[round(n * 8_000 / STEP_MS)] for n in range(37)])
    (hit,) = matches(asked(copied, step_ms=8_000), index)
    assert hit.query_span_ms == (0, 36 * 8_000)


@pytest.mark.parametrize("bits", [32, 36, 40])
def test_beyond_31_bits_it_is_only_similar(bits: int) -> None:
    index = HashIndex()
    made = banked(index, 1, 60)
    (hit,) = matches(asked(changed(played(made, speed=1.0, start_ms=0, seconds=30), bits)), index)
    assert hit.kind is MatchClass.WEAK


@pytest.mark.parametrize(("similar", "kind"), [(3, MatchClass.QUEUE), (5, MatchClass.WEAK)])
def test_similar_frames_bridge_a_stretch_but_do_not_make_one(similar: int, kind: MatchClass) -> None:
    index = HashIndex()
    copied = played(banked(index, 1, 60), speed=1.0, start_ms=0, seconds=30)
    # Of eight frames so many are only similar: the matches between are nowhere ten seconds long.
    far = np.arange(30) % 8 < similar
    mixed = np.where(far[:, None], changed(copied, 38), changed(copied, 20))
    (hit,) = matches(asked(mixed), index)
    assert (hit.kind, hit.query_span_ms) == (kind, (0, 29_000))


def test_beyond_40_bits_it_is_nothing() -> None:
    index = HashIndex()
    made = banked(index, 1, 60)
    assert matches(asked(changed(played(made, speed=1.0, start_ms=0, seconds=30), 41)), index) == ()


def test_poor_banked_frames_are_never_strong() -> None:
    index = HashIndex()
    made = banked(index, 1, 60, quality=79)
    (hit,) = matches(asked(played(made, speed=1.0, start_ms=0, seconds=30)), index)
    assert hit.kind is MatchClass.QUEUE


def test_a_symmetrical_video_is_reported_one_way_round() -> None:
    index = HashIndex()
    copied = played(banked(index, 1, 60), speed=1.0, start_ms=0, seconds=30)
    both = Query(asked(copied).t_ms, changed(copied, 3), copied, np.full(30, 90), 1_000)
    (hit,) = matches(both, index)
    assert hit.flipped


def test_an_empty_query_matches_nothing() -> None:
    index = HashIndex()
    banked(index, 1, 10)
    assert matches(asked(hashes(0, 0)), index) == ()


@pytest.mark.parametrize(
    ("bits", "quality", "kind"),
    [
        (0, 100, MatchClass.STRONG),
        (10, 80, MatchClass.STRONG),
        (10, 79, MatchClass.QUEUE),
        (11, 100, MatchClass.QUEUE),
        (31, 50, MatchClass.QUEUE),
        (32, 100, MatchClass.WEAK),
        (40, 50, MatchClass.WEAK),
        (41, 100, None),
        (0, 49, None),
    ],
)
def test_the_classes_of_a_pair(bits: int, quality: int, kind: MatchClass | None) -> None:
    assert frame_class(bits, quality) is kind


def test_only_good_frames_are_banked_and_asked_for() -> None:
    made = hashes(3, 1)
    sampled = QueryHashes(
        algorithm="pdq-1s",
        duration_ms=3_000,
        complete=True,
        t_ms=(0, 1_000, 2_000),
        quality=(100, 49, 50),
        hashes=made.tobytes(),
        flipped=made.tobytes(),
    )
    assert query(sampled).t_ms.tolist() == [0, 2_000]
    assert query(sampled).step_ms == 1_000
    kept = rows(
        BankHashes(
            algorithm="pdq-1s",
            duration_ms=3_000,
            t_ms=(0, 0, 333),
            crop_bp=(0, 100, 0),
            quality=(49, 50, 100),
            hashes=made.tobytes(),
        ),
        5,
    )
    assert np.array_equal(kept.hashes, made[1:])
    assert kept.entry.tolist() == [5, 5]
    assert kept.crop_bp.tolist() == [100, 0]


def rests(index: HashIndex, frames: Bits, *, entry: int = 4, crops: int = 13, step_ms: int = 500) -> None:
    """Bank a video with all its crops, which look alike."""
    count = len(frames)
    index.append(
        Rows(
            hashes=np.repeat(frames, crops, axis=0),
            entry=np.full(count * crops, entry, np.int64),
            t_ms=np.repeat(np.arange(count, dtype=np.int32) * step_ms, crops),
            crop_bp=np.tile(np.arange(crops, dtype=np.uint16) * 100, count),
            quality=np.full(count * crops, 90, np.uint8),
        )
    )


@dataclass
class Whole:
    """An index that keeps every pair, whatever that takes."""

    index: HashIndex

    def search(self, queries: Bits, within: int, **_: object) -> Hits:
        return self.index.search(queries, within)

    def times(self, entry: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        return self.index.times(entry)


def test_ten_minutes_that_rest_are_found_in_ten_minutes() -> None:
    index, still = HashIndex(), hashes(1, 5)
    for entry in (4, 5):
        rests(index, np.repeat(still, 1_200, axis=0), entry=entry)
    found = matches(asked(np.repeat(still, 600, axis=0)), index)
    assert sorted((hit.entry, hit.query_span_ms, hit.kind) for hit in found) == [
        (entry, (0, 599_000), MatchClass.STRONG) for entry in (4, 5)
    ]
    assert {hit.pairs[-1].crop_bp for hit in found} == {0}


@pytest.mark.parametrize("seed", range(3))
def test_a_still_part_is_found_wherever_it_lies(seed: int) -> None:
    """As a talking head looks: each frame somewhat like each other."""
    index = HashIndex()
    head = changed(np.repeat(hashes(1, 5), 600, axis=0), 9, seed)
    made = np.concatenate([hashes(600, 6), head])
    rests(index, made)
    copied = changed(made[700::2], 3, seed + 50)
    (hit,), (by_all,) = matches(asked(copied), index), matches(asked(copied), Whole(index))
    assert (hit.kind, hit.query_span_ms) == (by_all.kind, by_all.query_span_ms)
    assert hit.query_span_ms == (0, 249_000)
    assert abs(hit.median_bits - by_all.median_bits) <= 2


def test_what_moves_slowly_is_found_as_by_all_pairs() -> None:
    index = HashIndex()
    loose = np.unpackbits(hashes(1, 5), axis=1)[0]
    frames = []
    for bit in np.random.RandomState(1).permutation(np.arange(1_200) % 256):
        loose[bit] ^= 1
        frames.append(np.packbits(loose))
    made = np.stack(frames)
    rests(index, made)
    copied = asked(made[200:800:2])
    (hit,), (by_all,) = matches(copied, index), matches(copied, Whole(index))
    assert hit == by_all
    assert hit.query_span_ms == (0, 299_000)
