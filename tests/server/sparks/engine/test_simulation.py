"""The whole: the same each time, within its budget, never without a number."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.sparks.engine.camera import view
from server.sparks.engine.format.layers import Particles
from server.sparks.engine.format.spark import Camera, Spark
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.trails import MOST
from tests.server.sparks.engine import valid
from tests.server.sparks.engine.simulated import SECOND, at, burst, layer, spark

LIVELY: list[dict[str, Any]] = [
    layer(
        "head",
        emit={"rate": 90, "bursts": [{"count": 40, "times": 2}]},
        life=[0.4, 1.2],
        trail={"length": 0.3},
        shape={"kind": "glyphs", "text": "A", "says": "initial"},
        launch={"kind": "out", "speed": [50, 400]},
        forces=[{"kind": "gravity"}, {"kind": "drag", "rate": 1}, {"kind": "curl", "speed": 90}],
        colliders=[{"kind": "floor", "y": 700}],
        subs=[
            {"on": "birth", "layer": "dust", "share": 0.5},
            {"on": "every", "layer": "dust", "every": 0.1},
            {"on": "bounce", "layer": "dust", "count": 2},
            {"on": "death", "layer": "dust", "count": 3, "inherit": 0.5},
        ],
    ),
    layer(
        "dust",
        life=[0.2, 0.5],
        launch={"kind": "out", "speed": [5, 90]},
        subs=[{"on": "death", "layer": "ash"}],
    ),
    layer("ash", life=[0.2, 0.3], forces=[{"kind": "flock"}]),
    layer(
        "wheel",
        emit={"rate": 200},
        follow=True,
        shape={"kind": "star", "points": 5, "outer": 90, "inner": 40},
        place={"turn": {"keys": [[0, 0], [4, 90]]}},
        life=[0.5, 1],
    ),
]


def test_what_is_shown_at_another_rate_is_the_same() -> None:
    hashes = set()
    for hertz in (30, 60, 144):
        simulation = Simulation(spark(*LIVELY), 7, "Ada")
        for frame in range(1, 2 * hertz + 1):
            simulation.advance_to(frame * 120 // hertz)
        assert simulation.step == 240
        hashes.add(simulation.state_hash())
    assert len(hashes) == 1


def test_another_process_gets_the_same() -> None:
    said = (
        "from tests.server.sparks.engine.test_simulation import LIVELY, at;"
        "print(at(240, *LIVELY, sender='Ada').state_hash())"
    )
    told = {subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout}
    told.add(at(240, *LIVELY, sender="Ada").state_hash() + "\n")
    assert len(told) == 1


def test_another_seed_or_sender_gets_another() -> None:
    first = at(60, *LIVELY, sender="Ada").state_hash()
    assert at(60, *LIVELY, sender="Ada", seed=8).state_hash() != first
    assert at(60, *LIVELY, sender="Bo").state_hash() != first


def test_one_layer_more_changes_no_other() -> None:
    before, new = at(240, *LIVELY), layer("new", emit={"rate": 500})
    for after in (at(240, *LIVELY, new), at(240, new, *LIVELY)):
        for one in before.layers:
            assert after.of(one.layer.id).bytes() == one.bytes()


def test_one_force_more_changes_no_birth() -> None:
    curl, wind = {"kind": "curl", "speed": 50}, {"kind": "wind", "x": 10, "gust": 1}
    few = at(60, layer(emit={"rate": 99}, forces=[curl])).layers[0].particles
    more = at(60, layer(emit={"rate": 99}, forces=[curl, wind])).layers[0].particles
    assert (few.x == more.x).all()


def test_what_is_past_is_refused() -> None:
    simulation = at(10, layer(emit=burst()))
    with pytest.raises(ValueError, match="step 9 is past"):
        simulation.advance_to(9)
    assert simulation.time == pytest.approx(10 / 120)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_valid_stays_within_its_budget_and_has_numbers(data: st.DataObject) -> None:
    made = data.draw(any_spark())
    simulation = Simulation(made, data.draw(st.integers(0, 2**63)), data.draw(st.text(max_size=30)))
    for step in (1, 2, 3, 5, 9, 25):
        simulation.advance_to(step)
        check(simulation)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_it_does_so_to_the_end(data: st.DataObject) -> None:
    """Far fewer, since most of what there is to compute comes after the first steps."""
    made = data.draw(any_spark())
    simulation = Simulation(made, data.draw(st.integers(0, 2**63)))
    last = round(made.duration * 120)
    for step in (*range(30, last, 30), last):
        simulation.advance_to(step)
        check(simulation)


def check(simulation: Simulation) -> None:
    made = simulation.spark
    assert simulation.count <= made.max_particles
    for one in simulation.layers:
        living = one.particles.data[:, : one.particles.count]
        assert np.isfinite(living).all(), one.layer
        assert (one.particles.age < one.particles.life).all()
        if one.trails:
            lines = one.trails.lines(one.particles)
            assert len(lines) == min(one.particles.count, MOST)
            assert np.isfinite(lines).all()
    shown = view(made, 3, simulation.time)
    assert np.isfinite([shown.zoom, shown.x, shown.y]).all()


def test_children_of_children_are_born_and_counted() -> None:
    simulation = at(
        SECOND,
        layer("a", emit=burst(10), life=[0.5, 0.5], subs=[{"on": "death", "layer": "b", "count": 4}]),
        layer("b", life=[0.25, 0.25], subs=[{"on": "death", "layer": "c", "count": 5, "inherit": 1}]),
        layer("c"),
    )
    assert [one.particles.born for one in simulation.layers] == [10, 40, 200]
    assert simulation.of("c").particles.age == pytest.approx(np.full(200, 0.25), abs=1e-4)
    assert [one.emitted for one in simulation.layers] == [10, 0, 0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_order_of_layers_does_not_matter_for_children(order: tuple[int, ...]) -> None:
    chain = [
        layer("a", emit={"rate": 60}, subs=[{"on": "birth", "layer": "b"}]),
        layer("b", subs=[{"on": "birth", "layer": "c", "count": 2}]),
        layer("c"),
    ]
    simulation = at(SECOND, *[chain[index] for index in order])
    assert [simulation.of(name).particles.born for name in "abc"] == [60, 60, 120]
    assert np.repeat(simulation.of("a").particles.age, 2) == pytest.approx(simulation.of("c").particles.age)


def test_every_so_often_a_child_where_its_parent_was() -> None:
    flying = layer(
        "a",
        emit=burst(1),
        place={"at": [0, 100]},
        launch={"kind": "cone", "angle": 0, "spread": 0, "speed": [120, 120]},
        subs=[{"on": "every", "layer": "b", "every": 0.1}],
    )
    children = at(SECOND + 1, flying, layer("b")).of("b").particles
    assert children.x == pytest.approx(12 * np.arange(1, 11), abs=0.01)


def test_a_bounce_bears_where_it_was() -> None:
    falling = layer(
        "a",
        emit=burst(5),
        shape={"kind": "line", "start": [-100, 0], "end": [100, 0]},
        forces=[{"kind": "gravity"}],
        colliders=[{"kind": "floor", "y": 900, "bounce": 0.5}],
        subs=[{"on": "bounce", "layer": "b", "count": 3}],
    )
    simulation = at(170, falling, layer("b"))
    children = simulation.of("b").particles
    assert len(children.x) == 15
    assert children.y == pytest.approx(np.full(15, 900), abs=0.05)
    assert children.x == pytest.approx(np.repeat(simulation.of("a").particles.x, 3))


def test_chance_chooses_the_parents_once() -> None:
    parents = layer("a", emit=burst(1_000), subs=[{"on": "every", "layer": "b", "every": 0.1, "share": 0.3}])
    born = at(95, parents, layer("b")).of("b").particles.born
    assert born % 7 == 0
    assert 0.25 < born / 7 / 1_000 < 0.35


def test_children_keep_within_the_budget_too() -> None:
    busy = layer("a", emit=burst(200), subs=[{"on": "every", "layer": "b", "every": 0.02, "count": 400}])
    simulation = at(SECOND, busy, layer("b"), max_particles=1_000)
    assert simulation.count == 1_000
    # Each of the 200 had 49 or 50 moments to bear at, by how 1 s is rounded.
    due = simulation.of("b").particles.born + simulation.of("b").unborn
    assert due in (200 * 400 * 49, 200 * 400 * 50)


@pytest.mark.parametrize("seconds", [1, 3])
def test_a_shape_that_follows_its_place_stays_rigid(seconds: int) -> None:
    place = {
        "path": {"points": [[0, 100, 100], [1, 500, 300], [3, 300, 900]]},
        "turn": {"keys": [[0, 0], [4, 720]]},
        "size": {"keys": [[0, 1], [1, 1.5], [2, 0.5], [4, 1]], "ease": "smooth"},
    }
    heart = layer(emit={"rate": 300}, shape={"kind": "heart", "size": 200}, place=place, follow=True)
    one = at(seconds * SECOND, heart).layers[0]
    p = one.particles
    local = p.row("local_x")[: p.count], p.row("local_y")[: p.count]
    x, y = one.pose().placed(*local)
    assert np.abs(p.x - x).max() <= 1e-3
    assert np.abs(p.y - y).max() <= 1e-3
    assert 80 < np.ptp(local[0]) <= 200.01


def test_trails_are_where_the_particles_were() -> None:
    flying = layer(
        emit=burst(450), launch={"kind": "out", "speed": [100, 200]}, trail={"length": 0.5}, life=[0.6, 12]
    )
    simulation = Simulation(spark(flying), 7)
    past = {}
    for step in range(1, 150):
        simulation.advance_to(step)
        p = simulation.layers[0].particles
        past[step] = dict(zip(p.number.tolist(), zip(p.x.tolist(), p.y.tolist(), strict=True), strict=True))
    one = simulation.layers[0]
    assert one.trails is not None
    lines = one.trails.lines(one.particles)
    assert lines.shape[0] == min(MOST, one.particles.count)
    oldest = [past[149 - 60 + 1][number] for number in one.particles.number[:300].tolist()]
    assert lines[:300, 0] == pytest.approx(np.column_stack([one.particles.x, one.particles.y])[:300])
    assert lines[:300, -1] == pytest.approx(np.array(oldest), abs=1e-3)


def test_the_camera_shakes_slower_than_three_times_a_second() -> None:
    shaking = spark(layer()).model_copy(
        update={
            "camera": Camera.model_validate({"shake": {"keys": [[0, 9]]}, "zoom": {"keys": [[0, 1], [4, 2]]}})
        }
    )
    views = [view(shaking, 7, frame / 240) for frame in range(960)]
    x = np.array([one.x for one in views])
    assert 1 < np.abs(x).max() <= 9
    crossings = np.count_nonzero(np.diff(np.sign(x - x.mean())))
    assert crossings / 2 / 4 < 3
    assert views[-1].zoom == pytest.approx(2, abs=0.01)
    assert view(shaking, 8, 1).x != view(shaking, 7, 1).x


LAYERS = st.lists(valid.of(Particles), min_size=1, max_size=3)
CAMERAS = valid.of(Camera)


@st.composite
def any_spark(draw: st.DrawFn) -> Spark:
    """Layers over all bounds of the format, some of them born of each other."""
    said = draw(LAYERS)
    for index, one in enumerate(said):
        one["id"] = f"l{index}"
        one["look"]["colours"] = "p"
        one["start"] = min(one["start"], 0.1)
        if one["trail"]:
            one["trail"]["colours"] = None
        one["subs"] = (
            [{**sub, "layer": f"l{index + 1}"} for sub in one["subs"]] if index + 1 < len(said) else []
        )
    most = draw(st.sampled_from([1, 50, 2_000]))
    camera = draw(CAMERAS)
    return spark(*said, max_particles=most, camera=camera)
