"""How many are born, exactly, and what they are given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sparks.engine.curves import Area, value
from server.sparks.engine.emit import Schedule
from server.sparks.engine.format.base import Curve, Ease
from server.sparks.engine.format.layers import Burst, Emit
from tests.server.sparks.engine.simulated import SECOND, at, burst, layer

HUNDREDTHS = st.integers(1, 300).map(lambda n: n / 100)


@given(
    emissions=st.lists(
        st.tuples(
            st.integers(0, 20_000).map(lambda n: n / 10),
            HUNDREDTHS,
            st.lists(st.tuples(HUNDREDTHS, st.integers(1, 300), st.integers(1, 5), HUNDREDTHS), max_size=3),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_as_many_are_due_as_the_formula_says(
    emissions: list[tuple[float, float, list[tuple[float, int, int, float]]]],
) -> None:
    layers, expected = list[dict[str, Any]](), 0
    for index, (rate, duration, bursts) in enumerate(emissions):
        said = [dict(zip(("at", "count", "times", "every"), one, strict=True)) for one in bursts]
        layers.append(
            layer(f"l{index}", emit={"rate": rate, "bursts": said}, duration=duration, life=[0.01, 0.02])
        )
        expected += math.floor(round(rate * duration, 6))
        for when, count, times, every in bursts:
            fired = [round(when + k * every, 6) <= duration for k in range(times)]
            expected += count * sum(fired)
    simulation = at(3 * SECOND + 1, *layers, max_particles=20_000)
    assert sum(one.emitted + one.unborn for one in simulation.layers) == expected
    assert sum(one.particles.born for one in simulation.layers) == expected - simulation.unborn


@given(rate=st.integers(1, 20_000), step=st.integers(1, 480))
def test_at_every_moment_floor_of_rate_times_time_are_out(rate: int, step: int) -> None:
    schedule = Schedule(Emit(rate=rate), 0, 12)
    out = 0
    for at_step in (step // 3, step // 2, step):
        due, times = schedule.take(at_step / 120, 100_000)
        out += due
        assert out == rate * at_step // 120
        assert len(times) == due
        assert (times <= at_step / 120).all()


@given(
    keys=st.lists(
        st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.integers(0, 40).map(lambda n: n / 10)),
        min_size=1, max_size=6, unique_by=lambda key: key[0],
    ).map(sorted),
    ease=st.sampled_from(Ease),
)  # fmt: skip
def test_rate_over_lets_out_the_floor_of_its_integral(keys: list[tuple[float, float]], ease: Ease) -> None:
    curve = Curve(keys=keys, ease=ease)
    fine = (np.arange(200_000) + 0.5) / 200_000
    assert Area(curve).upto(1) == pytest.approx(value(curve, fine).mean(), abs=1e-4)
    schedule = Schedule(Emit(rate=100, rate_over=curve), 0.5, 2)
    out = sum(schedule.take(step / 120, 100_000)[0] for step in range(1, 400))
    assert out == math.floor(200 * Area(curve).upto(1) + 1e-9)


def test_what_there_is_no_room_for_is_counted() -> None:
    simulation = at(SECOND, layer(emit={"rate": 1_000, "bursts": [{"count": 500}]}), max_particles=700)
    assert simulation.count == 700
    assert simulation.unborn == 1_500 - 700


def test_burst_after_burst_each_at_its_own_moment() -> None:
    schedule = Schedule(Emit(bursts=[Burst(at=0.1, count=2, times=3, every=0.25)]), 1, 12)
    found = [time for step in range(1, 480) for time in schedule.take(step / 120, 99)[1]]
    assert found == pytest.approx([1.1, 1.1, 1.35, 1.35, 1.6, 1.6])


def test_births_are_spread_over_the_step_and_along_the_way() -> None:
    path = {"points": [[0, 60, 640], [4, 660, 640]]}
    comet = layer(emit={"rate": 6_000}, place={"path": path})
    p = at(SECOND, comet).layers[0].particles
    assert np.diff(np.sort(p.x)) == pytest.approx(np.full(5_999, 150 / 6_000), abs=2e-3)
    assert p.age == pytest.approx(1 - np.arange(1, 6_001) / 6_000, abs=1e-4)


@pytest.mark.parametrize(
    ("launch", "direction"),
    [
        ({"kind": "out"}, 1),
        ({"kind": "normal"}, 1),
        ({"kind": "around"}, 0),
    ],
)
def test_launches_go_where_they_say(launch: dict[str, Any], direction: float) -> None:
    ring = layer(
        emit=burst(200), shape={"kind": "ring", "radius": 100}, launch={**launch, "speed": [60, 60]},
        place={"at": [300, 600], "turn": {"keys": [[0, 33]]}},
    )  # fmt: skip
    p = at(1, ring).layers[0].particles
    x, y = p.x - p.vx / 120 - 300, p.y - p.vy / 120 - 600
    assert (x * p.vx + y * p.vy) / 6_000 == pytest.approx(np.full(200, direction), abs=0.01)
    if not direction:
        assert (x * p.vy - y * p.vx > 0).all()


def test_a_cone_turns_with_its_place_and_takes_its_velocity_along() -> None:
    aimed = layer(
        emit=burst(100), launch={"kind": "cone", "speed": [100, 100], "spread": 20, "inherit": 0.5},
        place={"path": {"points": [[0, 0, 0], [4, 400, 0]]}, "turn": {"keys": [[0, 90]]}},
    )  # fmt: skip
    p = at(1, aimed).layers[0].particles
    # Up (-90) turned by 90 is to the right, and half of 100 px/s comes on top.
    assert (p.vx >= 150 - 2 - 0.01).all()
    assert np.abs(p.vy).max() <= 100 * np.sin(np.radians(10)) + 0.01
    assert p.vx.max() <= 150.01


def test_sizes_lives_and_spins_lie_in_their_spans() -> None:
    many = layer(
        emit=burst(2_000), life=[2, 3], look={"colours": "p", "size": [2, 8], "power": 3, "spin": [90, 180]}
    )
    p = at(1, many).layers[0].particles
    assert 2 <= p.life.min() < 2.01
    assert 2.99 < p.life.max() <= 3
    assert 2 <= p.size.min() < 2.01
    assert 7.9 < p.size.max() <= 8
    assert np.median(p.size) == pytest.approx(2 + 6 / 8, abs=0.2)
    assert np.abs(p.spin).min() >= np.pi / 2 - 1e-6
    assert 0.4 < (p.spin > 0).mean() < 0.6
