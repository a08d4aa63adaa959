"""The hash is the reference's, bit for bit, and the quick one stays near it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from server.forensics.hashing.pdq import GOOD_QUALITY, Algorithm, Hash, both_ways, pdq, pdq_small, shrunk
from tests.server.forensics.hashing.pictures import COUNT, Picture, pictures

REFERENCE = Path(__file__).parent / "pdq_reference.txt"


@pytest.fixture(scope="module")
def made() -> list[Picture]:
    return list(pictures())


@pytest.fixture(scope="module")
def reference() -> list[Hash]:
    lines = [line.split() for line in REFERENCE.read_text().splitlines() if not line.startswith("#")]
    return [Hash(bytes.fromhex(bits), int(quality), Algorithm.PDQ_1) for bits, quality in lines]


def test_the_pictures_are_those_that_the_reference_hashed(made: list[Picture]) -> None:
    seen = hashlib.sha256()
    for picture in made:
        seen.update(picture.tobytes())
    assert seen.hexdigest() in REFERENCE.read_text()


def test_no_bit_differs_from_the_reference(made: list[Picture], reference: list[Hash]) -> None:
    assert len(reference) == COUNT
    off = [
        (n, a.distance(b)) for n, (a, b) in enumerate(zip(map(pdq, made), reference, strict=True)) if a != b
    ]
    assert off == []


def test_the_quick_hash_is_a_match_of_the_full_one(made: list[Picture], reference: list[Hash]) -> None:
    good = [n for n in range(COUNT) if reference[n].quality >= GOOD_QUALITY]
    assert len(good) > COUNT / 2
    quick = [Hash(pdq_small(made[n]).bits, 0, Algorithm.PDQ_1) for n in good]
    assert max(found.distance(reference[n]) for found, n in zip(quick, good, strict=True)) <= 31


def test_the_mirror_hash_is_that_of_the_flipped_picture(made: list[Picture]) -> None:
    for picture in made[:16]:
        upright, mirrored = both_ways(picture)
        flipped = np.ascontiguousarray(picture[:, ::-1])
        assert upright == pdq_small(picture)
        assert mirrored.distance(pdq_small(flipped)) <= 2
        assert mirrored.distance(upright) > 31


@pytest.mark.parametrize(
    ("size", "small"), [((1080, 1920), (288, 512)), ((2000, 3), (512, 1)), ((9, 7), (9, 7))]
)
def test_the_longer_side_becomes_512_at_most(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert shrunk(np.zeros((*size, 3), np.uint8)).shape == (*small, 3)


def test_a_blank_picture_has_no_quality() -> None:
    assert pdq(np.full((100, 100, 3), 77, np.uint8)).quality == 0


def test_the_smallest_picture_has_a_hash() -> None:
    assert len(pdq_small(np.zeros((1, 1, 3), np.uint8)).bits) == 32


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_picture_is_refused(wrong: Picture) -> None:
    with pytest.raises(ValueError, match="no RGB picture"):
        pdq(wrong)
    with pytest.raises(ValueError, match="no RGB picture"):
        pdq_small(wrong)


def test_hashes_of_two_algorithms_do_not_compare() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="do not compare"):
        pdq(picture).distance(pdq_small(picture))
