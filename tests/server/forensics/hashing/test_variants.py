"""A bank finds each crop of its picture, of every width up to the widest, under noise too."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.forensics.hashing.pdq import GOOD_QUALITY, pdq_small
from server.forensics.hashing.variants import CROPS_BP, STEP_BP, WIDEST_BP, centre_crop, variants
from tests.server.forensics.hashing.pictures import picture

NUMBERS = (32, 33, 40, 44, 48, 56)


def test_the_steps_leave_no_gap() -> None:
    assert CROPS_BP[0] == 0
    assert CROPS_BP[-1] == WIDEST_BP
    assert {b - a for a, b in pairwise(CROPS_BP)} == {STEP_BP}


def test_the_first_variant_is_the_picture_itself() -> None:
    shown = picture(NUMBERS[0])
    assert next(variants(shown)) == (0, pdq_small(shown))


@pytest.mark.parametrize("number", NUMBERS)
def test_any_crop_is_within_31_bits_of_a_variant(number: int) -> None:
    shown = picture(number)
    banked = list(variants(shown))
    for crop_bp in range(0, WIDEST_BP + 1, 50):
        asked = pdq_small(centre_crop(shown, crop_bp))
        assert asked.quality >= GOOD_QUALITY
        assert min(asked.distance(kept) for _, kept in banked) <= 31, crop_bp


@pytest.mark.parametrize("wrong", [-1, 5_000])
def test_a_crop_of_everything_is_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="leaves nothing"):
        centre_crop(picture(0), wrong)
