from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.video.frames import FrameTable


@st.composite
def tables(draw: st.DrawFn) -> FrameTable:
    """Tables of any rhythm whose frames lie at least one millisecond apart."""
    base = draw(st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 15_360)]))
    least = -int(-Fraction(1, 1000) / base // 1)
    gaps = draw(st.lists(st.integers(least, least * 200), min_size=1, max_size=60))
    pts = [draw(st.integers(-5000, 5000))]
    for gap in gaps:
        pts.append(pts[-1] + gap)
    keys = draw(st.sets(st.integers(0, len(pts) - 2), max_size=8)) | {0}
    return FrameTable(tuple(pts[:-1]), tuple(sorted(keys)), base, pts[-1])


@given(tables())
def test_a_frame_is_on_screen_at_its_own_time_and_not_before(table: FrameTable) -> None:
    for number in range(len(table)):
        assert table.at_ms(table.ms_of(number)) == number
        assert table.number_of(table.pts[number]) == number
        if number:
            exact = (table.pts[number] - table.pts[0]) * table.time_base * 1000
            assert table.at_ms(float(exact) - 0.01) == number - 1


@given(tables(), st.floats(-1e6, 1e6))
def test_any_time_falls_on_an_existing_frame(table: FrameTable, ms: float) -> None:
    assert 0 <= table.at_ms(ms) < len(table)


@given(tables())
def test_keyframes_enclose_each_frame(table: FrameTable) -> None:
    for number in range(len(table)):
        before, after = table.keyframe_before(number), table.keyframe_after(number)
        assert before in table.keyframes
        assert before <= number
        assert after is None or after > number
        assert not [key for key in table.keyframes if before < key <= number]


def test_a_pts_between_frames_belongs_to_none() -> None:
    table = FrameTable((0, 10, 30), (0,), Fraction(1, 1000), 40)
    assert table.number_of(20) is None
    assert table.number_of(99) is None
    assert table.duration_ms == 40


@pytest.mark.parametrize(
    ("pts", "keys", "end"), [((), (0,), 1), ((0, 1), (), 2), ((0, 1), (1,), 2), ((0, 5), (0,), 5)]
)
def test_nonsense_is_refused(pts: tuple[int, ...], keys: tuple[int, ...], end: int) -> None:
    with pytest.raises(ValueError, match="frame"):
        FrameTable(pts, keys, Fraction(1, 30), end)
