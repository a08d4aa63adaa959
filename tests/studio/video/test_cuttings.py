"""Parts cut from frames: from the right frame and place, and never less shielded than the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.video.cuttings import Wanted, cuttings
from studio.video.index import build_index
from studio.video.shield import OPEN, Shield, shield_pixels
from tests.studio.video.conftest import SIZE

Clip = Callable[[str], Path]
PART = Wanted(1_000, 2_500, 2_500, 2_000, 3_556)


def test_parts_come_from_their_frames_in_the_order_of_time(clip: Clip) -> None:
    path = clip("bframes")
    wanted = [replace(PART, ms=3_000), PART]
    found = list(cuttings(path, build_index(path), wanted))
    assert [cutting.number for cutting in found] == [1, 0]
    first, second = (cutting.treated(OPEN) for cutting in found)
    side = round(SIZE[0] * 0.2 * 1.2)
    assert abs(first.shape[0] - side) <= 1
    assert first.shape[0] == first.shape[1]
    assert not np.array_equal(first, second)


def test_a_part_keeps_no_more_than_the_shielded_whole(clip: Clip) -> None:
    path = clip("bframes")
    (cutting,) = cuttings(path, build_index(path), [PART])
    shield = Shield(strength=50)
    whole = shield_pixels(cutting.pixels, shield)
    part = cutting.treated(shield)
    rows, columns = whole.shape[:2]
    top, left = round(rows * 0.2144), round(columns * 0.23)
    there = whole[top : top + part.shape[0], left : left + part.shape[1]]
    assert np.abs(there.astype(int) - part.astype(int)).max() <= 24  # a pixel's rounding apart, and as soft
    grey = cutting.treated(Shield(blur=False, strength=0, grey=True))
    assert grey.ndim == 2


def test_a_part_at_the_edge_stays_inside(clip: Clip) -> None:
    path = clip("bframes")
    corners = [Wanted(0, 9_500, 9_000, 2_000, 3_000), Wanted(0, -500, -500, 20_000, 20_000)]
    for cutting in cuttings(path, build_index(path), corners):
        height, width = cutting.treated(OPEN).shape[:2]
        assert 1 <= height == width <= SIZE[1]
