"""A video is sampled by what it shows when, upright and without bars, and only in the worker."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from server.content.media.results import FileLimits, Refused
from server.content.media.source import Refusal
from server.content.media.worker import run
from server.forensics.hashing import frames
from server.forensics.hashing.frames import BANK_REST_MS, bank_hashes, query_hashes
from server.forensics.hashing.results import BankHashes, QueryHashes
from server.forensics.hashing.variants import CROPS_BP
from tests.server.forensics.hashing.scenes import Scene, decode, encode

LIMITS = FileLimits()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("scene") / "scene.mp4", Scene(3, 6).frames())


def apart(one: bytes, other: bytes) -> list[int]:
    """The bits that differ in each of two lists of hashes."""
    a, b = (np.frombuffer(hashes, np.uint8).reshape(-1, 32) for hashes in (one, other))
    return [int(n) for n in np.bitwise_count(a ^ b).sum(axis=1)]


def test_a_query_is_sampled_each_second(scene: Path) -> None:
    found = query_hashes(scene, LIMITS)
    assert found.t_ms == (0, 1000, 2000, 3000, 4000, 5000)
    assert found.complete
    assert found.duration_ms == 6000
    assert len(found.hashes) == len(found.flipped) == 32 * 6
    assert all(0 <= quality <= 100 for quality in found.quality)


def test_a_bank_keeps_more_of_what_moves(scene: Path, tmp_path: Path) -> None:
    still = encode(tmp_path / "still.mp4", [next(Scene(3).frames())] * 72)
    moving, resting = bank_hashes(scene, LIMITS), bank_hashes(still, LIMITS)
    assert sorted(set(resting.t_ms)) == list(range(0, 6000, BANK_REST_MS))
    assert len(set(moving.t_ms)) > 2 * len(set(resting.t_ms))
    assert max(np.diff(sorted(set(moving.t_ms)))) <= BANK_REST_MS
    assert moving.crop_bp[: len(CROPS_BP)] == CROPS_BP
    assert len(moving.t_ms) == len(CROPS_BP) * len(set(moving.t_ms)) == len(moving.hashes) // 32


def test_a_part_is_banked_as_it_is_in_the_whole(scene: Path) -> None:
    whole, part = bank_hashes(scene, LIMITS), bank_hashes(scene, LIMITS, start_ms=2_000, end_ms=4_000)
    first = whole.t_ms.index(part.t_ms[0])
    last = first + len(part.t_ms)
    assert part.t_ms[0] == 2_000
    assert part.t_ms[-1] < 4_000
    assert part.t_ms == whole.t_ms[first:last]
    assert part.hashes == whole.hashes[32 * first : 32 * last]
    assert part.duration_ms == 6_000


def test_the_flipped_hash_is_that_of_the_mirrored_video(scene: Path, tmp_path: Path) -> None:
    pictures, rate = decode(scene)
    mirrored = encode(tmp_path / "m.mp4", (p[:, ::-1] for p in pictures), crf=12, rate=rate)
    assert max(apart(query_hashes(scene, LIMITS).flipped, query_hashes(mirrored, LIMITS).hashes)) <= 16


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_video_is_hashed_as_it_is_shown(scene: Path, tmp_path: Path, rotation: int) -> None:
    pictures, rate = decode(scene)
    turned = encode(
        tmp_path / "t.mp4",
        (np.rot90(p, -rotation // 90) for p in pictures),
        crf=12,
        rate=rate,
        rotation=rotation,
    )
    assert max(apart(query_hashes(scene, LIMITS).hashes, query_hashes(turned, LIMITS).hashes)) <= 16


def test_bars_do_not_count(scene: Path, tmp_path: Path) -> None:
    pictures, rate = decode(scene)
    boxed = encode(tmp_path / "b.mp4", (np.pad(p, ((40, 40), (0, 0), (0, 0))) for p in pictures), rate=rate)
    assert max(apart(query_hashes(scene, LIMITS).hashes, query_hashes(boxed, LIMITS).hashes)) <= 31


def test_frames_are_taken_by_their_times(tmp_path: Path) -> None:
    """At 4 frames a second and at 20 the same second shows the same."""
    shots = list(Scene(8, 6).frames())[::12]
    slow = encode(tmp_path / "s.mp4", (s for s in shots for _ in range(4)), rate=Fraction(4), crf=12)
    fast = encode(tmp_path / "f.mp4", (s for s in shots for _ in range(20)), rate=Fraction(20), crf=12)
    one, other = query_hashes(slow, LIMITS), query_hashes(fast, LIMITS)
    assert one.t_ms == other.t_ms
    assert max(apart(one.hashes, other.hashes)) <= 16


def test_a_long_video_is_sampled_by_its_keyframes(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, rate = decode(scene)
    dense = encode(tmp_path / "k.mp4", pictures, rate=rate, g="24", sc_threshold="0")
    exact = query_hashes(dense, LIMITS)
    monkeypatch.setattr(frames, "_BUDGET_PIXELS", 1)
    sparse = query_hashes(dense, LIMITS)
    assert set(sparse.t_ms) == {0, 2000, 4000}
    assert sparse.complete
    places = [exact.t_ms.index(t) for t in sparse.t_ms]
    assert sparse.hashes == b"".join(exact.hashes[32 * n : 32 * n + 32] for n in places)


def test_a_long_video_without_keyframes_is_known_to_be_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = encode(tmp_path / "k.mp4", Scene(4, 30).frames(), g="900", sc_threshold="0")
    monkeypatch.setattr(frames, "_BUDGET_PIXELS", 320 * 180 * 60)
    found = query_hashes(long, LIMITS)
    assert max(found.t_ms) <= 5_000
    assert not found.complete


@pytest.mark.crash
def test_the_worker_answers_as_this_process_does(scene: Path) -> None:
    assert run(QueryHashes, scene) == query_hashes(scene, LIMITS)
    assert run(BankHashes, scene, start_ms=1_000, end_ms=2_000) == bank_hashes(
        scene, LIMITS, start_ms=1_000, end_ms=2_000
    )


@pytest.mark.crash
def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"GIF89a" + bytes(100))
    answer = run(QueryHashes, tmp_path / "a.mp4")
    assert isinstance(answer, Refused)
    assert answer.code == "not_video"


def test_a_video_of_damage_alone_is_refused(scene: Path, tmp_path: Path) -> None:
    content = bytearray(scene.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start + 64 : end] = bytes(end - start - 64)
    (tmp_path / "d.mp4").write_bytes(content)
    with pytest.raises(Refusal):
        query_hashes(tmp_path / "d.mp4", LIMITS)


@pytest.mark.parametrize("start_ms", [6_000, 9_000])
def test_a_part_after_the_end_is_refused(scene: Path, start_ms: int) -> None:
    """What is shown there is the last frame, which whoever banks a part did not mean."""
    with pytest.raises(Refusal):
        bank_hashes(scene, LIMITS, start_ms=start_ms)
