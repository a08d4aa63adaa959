"""The index finds exactly what is near, at once, in every process; what is removed is gone."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.forensics.hashing import index as module
from server.forensics.hashing import segments
from server.forensics.hashing.index import HashIndex, Hits, Rows
from server.forensics.hashing.pdq import Algorithm
from server.forensics.hashing.segments import SEGMENT, Damaged
from server.forensics.hashing.thinning import MOST, MOST_A_QUERY


def rows(count: int, *, entry: int = 1, seed: int = 0) -> Rows:
    random = np.random.RandomState(seed)
    return Rows(
        hashes=random.randint(0, 256, (count, 32)).astype(np.uint8),
        entry=np.full(count, entry, np.int64),
        t_ms=np.arange(count, dtype=np.int32) * 333,
        crop_bp=np.zeros(count, np.uint16),
        quality=np.full(count, 90, np.uint8),
    )


def flipped(hashed: np.ndarray, bits: int, seed: int = 0) -> np.ndarray:
    """The hash with so many bits changed."""
    loose = np.unpackbits(hashed)
    loose[np.random.RandomState(seed).permutation(256)[:bits]] ^= 1
    return np.packbits(loose)


def by_hand(held: np.ndarray, queries: np.ndarray, within: int) -> set[tuple[int, int, int]]:
    distances = np.unpackbits(held[None] ^ queries[:, None], axis=2).sum(axis=2)
    return {(int(q), int(r), int(distances[q, r])) for q, r in np.argwhere(distances <= within)}


def found(hits: Hits) -> set[tuple[int, int, int]]:
    return {
        (int(q), int(t) // 333, int(d)) for q, t, d in zip(hits.query, hits.t_ms, hits.distance, strict=True)
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(1, 60), st.integers(1, 4))
def test_a_search_finds_what_counting_by_hand_finds(seed: int, within: int, count: int, asked: int) -> None:
    held = rows(count, seed=seed)
    # A complement and a twin are among them: every distance from 0 to 256 may come.
    held.hashes[0] = ~held.hashes[-1]
    queries = np.stack([flipped(held.hashes[n % count], seed % (7 * n + 40)) for n in range(asked)])
    index = HashIndex()
    index.append(held)
    assert found(index.search(queries, within)) == by_hand(held.hashes, queries, within)


@pytest.mark.parametrize(("bits", "expected"), [(0, 1), (30, 1), (31, 1), (32, 0), (256, 0)])
def test_the_distance_is_inclusive(bits: int, expected: int) -> None:
    index = HashIndex()
    index.append(rows(1))
    assert len(index.search(flipped(rows(1).hashes[0], bits)[None], 31).query) == expected


def test_rows_beyond_one_segment_are_found(tmp_path: Path) -> None:
    index = HashIndex(tmp_path / "index")
    many = rows(SEGMENT + 10)
    index.append(rows(SEGMENT - 5, entry=2, seed=1))
    index.append(many)
    asked = np.stack([flipped(many.hashes[n], 20) for n in (0, 4, 5, 6, SEGMENT, SEGMENT + 9)])
    hits = index.search(asked, 31)
    assert hits.t_ms.tolist() == [n * 333 for n in (0, 4, 5, 6, SEGMENT, SEGMENT + 9)]
    assert set(hits.distance.tolist()) == {20}
    assert set(hits.entry.tolist()) == {1}
    assert len(HashIndex(tmp_path / "index")) == 2 * SEGMENT + 5


def test_a_removed_entry_is_not_found_and_not_removed_twice() -> None:
    index = HashIndex()
    index.append(rows(50, entry=7))
    index.append(rows(50, entry=8))
    assert index.remove(7) == 50
    assert index.remove(7) == 0
    assert set(index.search(rows(50).hashes, 0).entry.tolist()) == {8}
    assert len(index) == 50
    assert index.times(7).size == 0
    assert index.times(8).tolist() == [n * 333 for n in range(50)]


def test_an_empty_index_and_an_empty_question_find_nothing() -> None:
    index = HashIndex()
    assert index.search(rows(3).hashes, 255).query.size == 0
    assert index.times(1).size == 0
    index.append(rows(3))
    assert index.search(rows(0).hashes, 255).query.size == 0


def test_a_change_is_made_once_whoever_tries_first(tmp_path: Path) -> None:
    one, other = HashIndex(tmp_path), HashIndex(tmp_path)
    assert one.append(rows(5), position=3)
    assert not other.append(rows(5), position=3)
    assert (len(one), len(other), other.position) == (5, 5, 3)
    assert one.remove(1, position=4) == 5
    assert other.position == 4


SECOND = """
import sys
from pathlib import Path
import numpy as np
from server.forensics.hashing.index import HashIndex, Rows

index = HashIndex(Path(sys.argv[1]))
asked = np.frombuffer(bytes.fromhex(sys.argv[2]), np.uint8)[None]
for line in sys.stdin:
    if line == "search\\n":
        print(len(index.search(asked, 31).query), flush=True)
    else:
        one = np.ones(1, np.uint8)
        index.append(Rows(asked, np.array([9]), one.astype(np.int32), one.astype(np.uint16), one))
        print("appended", flush=True)
"""


def test_a_second_process_sees_an_append_at_once_and_is_seen(tmp_path: Path) -> None:
    index = HashIndex(tmp_path)
    asked = rows(1, seed=5).hashes
    with subprocess.Popen(
        [sys.executable, "-c", SECOND, str(tmp_path), asked.tobytes().hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as second:
        assert second.stdin is not None
        assert second.stdout is not None

        def tell(line: str) -> str:
            assert second.stdin is not None
            assert second.stdout is not None
            second.stdin.write(line + "\n")
            second.stdin.flush()
            return second.stdout.readline().strip()

        assert tell("search") == "0"
        index.append(rows(SEGMENT, entry=2, seed=6))
        index.append(rows(1, entry=3, seed=5))
        assert tell("search") == "1"
        assert tell("append") == "appended"
        assert sorted(index.search(asked, 31).entry.tolist()) == [3, 9]
        index.remove(3)
        assert tell("search") == "1"
        second.stdin.close()


def test_an_append_that_broke_off_left_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = HashIndex(tmp_path)
    index.append(rows(4))

    def broken(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(segments.Segments, "publish", broken)
        with pytest.raises(OSError):  # noqa: PT011
            index.append(rows(4, entry=2, seed=1))
    assert len(HashIndex(tmp_path)) == 4
    index.append(rows(2, entry=3, seed=2))
    again = HashIndex(tmp_path)
    assert len(again) == 6
    assert again.search(rows(4, seed=1).hashes, 0).query.size == 0


@pytest.mark.parametrize(
    "harm", ["head cut", "head of zeros", "segment cut", "segment gone", "count too high"]
)
def test_a_damaged_folder_is_told(tmp_path: Path, harm: str) -> None:
    HashIndex(tmp_path).append(rows(4))
    head, segment = tmp_path / "head", tmp_path / "segment-00000"
    match harm:
        case "head cut":
            head.write_bytes(head.read_bytes()[:-1])
        case "head of zeros":
            head.write_bytes(bytes(64))
        case "segment cut":
            segment.write_bytes(segment.read_bytes()[:-1])
        case "segment gone":
            segment.unlink()
        case _:
            content = bytearray(head.read_bytes())
            content[36] = 1
            head.write_bytes(content)
    with pytest.raises(Damaged):
        HashIndex(tmp_path).search(rows(1).hashes, 31)


def test_two_algorithms_do_not_share_an_index(tmp_path: Path) -> None:
    HashIndex(tmp_path, algorithm=Algorithm.PDQ_1)
    with pytest.raises(Damaged, match="pdq-1s"):
        HashIndex(tmp_path, algorithm=Algorithm.PDQ_1S)


def test_wrong_questions_are_refused() -> None:
    index = HashIndex()
    with pytest.raises(ValueError, match="queries"):
        index.search(np.zeros(32, np.uint8), 31)
    with pytest.raises(ValueError, match="distance"):
        index.search(np.zeros((1, 32), np.uint8), 256)
    with pytest.raises(ValueError, match="rows"):
        Rows(**{**vars(rows(3)), "quality": np.zeros(2, np.uint8)})


def test_faiss_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="faiss is not installed")
    flat = HashIndex(tmp_path)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    plain = HashIndex(tmp_path)
    asked = np.stack([flipped(rows(9).hashes[n], 28 + n) for n in range(9)])
    for seed in range(3):
        flat.append(rows(SEGMENT // 2 + 3, entry=seed, seed=seed))
        one, other = flat.search(asked, 31), plain.search(asked, 31)
        assert {k: v.tolist() for k, v in vars(one).items()} == {
            k: v.tolist() for k, v in vars(other).items()
        }
        assert one.query.size == 4
    flat.remove(0)
    assert flat.search(asked, 31).query.size == 0


def counts(hits: Hits) -> Counter[tuple[int, int]]:
    return Counter(zip(hits.query.tolist(), hits.entry.tolist(), strict=True))


def test_of_what_rests_few_rows_are_kept_for_each_query_and_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is banked: a scan never holds more than that, either."""
    index, one = HashIndex(), rows(1)
    for entry in (1, 2):
        many = SEGMENT // 2 + 400  # the second lies in two segments
        index.append(
            Rows(
                hashes=np.repeat(one.hashes, many, axis=0),
                entry=np.full(many, entry, np.int64),
                t_ms=np.arange(many, dtype=np.int32) // 13 * 500,
                crop_bp=np.zeros(many, np.uint16),
                quality=np.full(many, 90, np.uint8),
            )
        )
    held: list[int] = []
    really = module._scan

    def scan(*given: Any) -> Any:
        found = really(*given)
        held.append(len(found[0]))
        return found

    monkeypatch.setattr(module, "_scan", scan)
    asked = np.repeat(one.hashes, 2 * module.AT_ONCE + 1, axis=0)
    times = np.arange(len(asked), dtype=np.int64) * 1_000
    found = index.search(asked, 40, times=times, sure=31)
    assert set(counts(found)) == {(query, entry) for query in range(len(asked)) for entry in (1, 2)}
    assert max(counts(found).values()) <= MOST
    assert max(held) <= 3 * MOST * module.AT_ONCE
    assert (np.diff(found.query) >= 0).all()
    # Those at the same time are always among them.
    same = np.abs(found.t_ms - times[found.query]) <= 250
    assert set(found.query[same].tolist()) == set(range(len(asked)))


def test_of_very_many_entries_each_keeps_a_few() -> None:
    index, one = HashIndex(), rows(1)
    for entry in range(200):
        index.append(
            Rows(
                hashes=np.repeat(one.hashes, 60, axis=0),
                entry=np.full(60, entry, np.int64),
                t_ms=np.arange(60, dtype=np.int32) * 500,
                crop_bp=np.zeros(60, np.uint16),
                quality=np.full(60, 90, np.uint8),
            )
        )
    found = index.search(one.hashes, 40, times=np.zeros(1, np.int64), sure=31)
    assert len(counts(found)) == 200
    assert len(found.query) <= MOST_A_QUERY


def test_where_little_is_near_nothing_is_left_out() -> None:
    index = HashIndex()
    index.append(rows(500))
    asked = np.stack([flipped(rows(500).hashes[n], n % 41) for n in range(0, 500, 3)])
    times = np.arange(len(asked), dtype=np.int64) * 1_000
    one, other = index.search(asked, 40), index.search(asked, 40, times=times, sure=31)
    assert {k: v.tolist() for k, v in vars(one).items()} == {k: v.tolist() for k, v in vars(other).items()}
    assert len(one.query) >= len(asked)
