"""The physics of a swipe, in numbers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.tabs.feed.snap import LOCK_S, SETTLE_S, Drag, Spring, Wheel, decide, resisted


@pytest.mark.parametrize(
    ("offset", "velocity", "step"),
    [
        (-10, -700, 1),
        (10, 700, -1),
        (-10, -500, 0),
        (-260, 0, 1),
        (-240, 0, 0),
        (260, 0, -1),
        (-400, 700, 0),
    ],
)
def test_a_release_is_decided_by_speed_or_by_distance(offset: float, velocity: float, step: int) -> None:
    assert decide(offset, velocity, 1_000) == step


@given(offset=st.floats(-2_000, 2_000), velocity=st.floats(-3_000, 3_000))
def test_the_spring_begins_where_it_is_and_is_home_in_time(offset: float, velocity: float) -> None:
    spring = Spring(offset, velocity)
    assert spring.at(0.0) == offset
    assert spring.at(SETTLE_S) == 0.0
    assert abs(spring.at(SETTLE_S - 0.001)) <= 2 + abs(offset) * 0.002 + abs(velocity) * 0.001


@given(offset=st.floats(1, 2_000))
def test_the_spring_does_not_swing_over(offset: float) -> None:
    places = [Spring(offset).at(n * SETTLE_S / 50) for n in range(51)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(places))
    assert min(places) >= 0


def test_a_drag_follows_one_to_one_and_knows_its_speed() -> None:
    drag = Drag(500, 0.0)
    for n in range(1, 11):
        assert drag.move(500 - n * 10, n * 0.01) == -n * 10
    assert drag.velocity(0.10) == pytest.approx(-1_000)
    assert drag.velocity(0.30) == 0.0


def test_a_page_gives_way_little_where_nothing_follows() -> None:
    assert resisted(-100, previous=True, following=False) == -30
    assert resisted(-100, previous=False, following=True) == -100


def test_the_wheel_gathers_a_notch_and_is_deaf_for_a_while() -> None:
    wheel = Wheel()
    assert [wheel.turn(-40, at) for at in (0.0, 0.1, 0.2)] == [0, 0, 1]
    assert wheel.turn(-120, 0.2 + LOCK_S - 0.01) == 0
    assert wheel.turn(120, 0.2 + LOCK_S) == -1


def test_the_wheel_forgets_the_other_way() -> None:
    wheel = Wheel()
    assert wheel.turn(-100, 0.0) == 0
    assert wheel.turn(100, 0.1) == 0
    assert wheel.turn(20, 0.2) == -1
