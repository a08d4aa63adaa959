from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.video.pace import STALL_S, Pace


def test_what_lies_between_two_pictures_was_dropped() -> None:
    pace = Pace()
    pace.begin(0, 10.0)
    for frame in (0, 1, 4, 5):
        pace.paint(frame, 0.002, 10.0 + frame / 30)
    assert (pace.shown, pace.dropped, pace.seen) == (4, 2, 6)
    pace.paint(5, 0.5, 11.0)
    assert (pace.shown, pace.late_s) == (4, 0.002), "painted again, since something beside it changed"


def test_where_it_begins_nothing_was_dropped() -> None:
    pace = Pace()
    pace.begin(40, 10.0)
    assert pace.seen == 40, "nothing of it is on the screen yet"
    pace.paint(43, 0.1, 10.1)
    pace.rest(43)
    pace.begin(43, 20.0)
    assert (pace.dropped, pace.seen) == (0, 44), "it goes on with the picture that is there"
    pace.begin(0, 21.0)
    assert (pace.dropped, pace.seen) == (0, 0)


def test_a_picture_that_is_overdue_stalls_until_it_comes() -> None:
    pace = Pace()
    pace.begin(0, 10.0)
    pace.paint(0, 0.0, 10.0)
    assert not pace.due(1, 10.1)
    assert not pace.due(1, 10.0 + STALL_S)
    assert pace.due(4, 10.1 + STALL_S)
    assert pace.stalled
    assert not pace.due(5, 11.0), "it is told once"
    pace.paint(5, 0.4, 11.1)
    assert not pace.stalled
    assert not pace.due(6, 11.2)


def test_a_picture_that_stands_for_long_by_its_stamps_does_not_stall() -> None:
    pace = Pace()
    pace.begin(0, 10.0)
    pace.paint(0, 0.0, 10.0)
    for tenth in range(50):
        assert not pace.due(0, 10.0 + tenth / 10)
    assert not pace.due(1, 15.0)
    assert not pace.stalled


def test_pictures_that_follow_the_clock_at_a_distance_do_not_stall() -> None:
    pace = Pace()
    pace.begin(0, 10.0)
    for frame in range(0, 90, 3):
        pace.paint(frame, 0.4, 10.4 + frame / 30)
        pace.due(frame + 12, 10.4 + frame / 30)
        assert not pace.stalled


@given(st.lists(st.integers(0, 40), min_size=1))
def test_every_picture_is_shown_dropped_or_still_to_come(frames: list[int]) -> None:
    pace = Pace()
    pace.begin(0, 0.0)
    pace.paint(0, 0.0, 0.0)
    for at, frame in enumerate(frames):
        pace.paint(frame, 0.0, at / 30)
    assert pace.shown + pace.dropped == pace.seen == max(0, *frames) + 1
