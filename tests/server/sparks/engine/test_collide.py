"""Contacts: bounce heights, rest, and nothing that tunnels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.sparks.engine.simulation import Simulation
from tests.server.sparks.engine.simulated import SECOND, at, burst, layer, spark

FALL = {"kind": "gravity", "y": 900}


def floor(**said: Any) -> dict[str, Any]:
    return {"kind": "floor", "y": 1_000, "friction": 0, **said}


@pytest.mark.parametrize("bounce", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("height", [100, 333.3])
@pytest.mark.parametrize("ground", ["floor", "circle"])
def test_bounces_reach_their_heights(bounce: float, height: float, ground: str) -> None:
    below = floor(bounce=bounce) if ground == "floor" else {
        "kind": "circle", "at": [360, 1_200], "radius": 200, "bounce": bounce, "friction": 0,
    }  # fmt: skip
    ball = layer(
        emit=burst(1), place={"at": [360, 1_000 - height]}, forces=[FALL], colliders=[below], life=[12, 12]
    )
    simulation = Simulation(spark(ball), 7)
    heights, tops = [], []
    for step in range(1, 9 * SECOND):
        simulation.advance_to(step)
        p = simulation.layers[0].particles
        # The height it would reach from here is the same all along a flight.
        heights.append(1_000 - float(p.y[0]) + float(p.vy[0]) ** 2 / 1_800)
        if not tops or heights[-1] < 0.9 * tops[-1]:
            tops.append(heights[-1])
    for n, top in enumerate(tops[:4]):
        assert top == pytest.approx(height * bounce ** (2 * n), rel=0.01)
    assert len(tops) >= 4


def test_what_lies_on_the_floor_stays_there() -> None:
    dropped = layer(
        emit=burst(50),
        shape={"kind": "disc", "radius": 80},
        forces=[FALL],
        launch={"kind": "cone", "spread": 0, "angle": 0, "speed": [100, 100]},
        colliders=[floor(bounce=0.3, friction=0.3)],
    )
    simulation = at(6 * SECOND, dropped)
    p = simulation.layers[0].particles
    assert (p.y == 1_000).all()
    assert np.abs(p.vy).max() == 0
    assert np.abs(p.vx).max() < 1


@pytest.mark.parametrize("speed", [500, 20_000])
def test_nothing_gets_through_the_floor_or_out_of_the_bowl(speed: float) -> None:
    fast = {"kind": "out", "speed": [speed / 2, speed]}
    bowl = {"kind": "circle", "at": [360, 640], "radius": 300, "inside": True, "bounce": 1}
    inside = layer("in", emit=burst(400), launch=fast, forces=[FALL], colliders=[bowl])
    above = layer("above", emit=burst(400), launch=fast, forces=[FALL], colliders=[floor()])
    simulation = Simulation(spark(inside, above), 7)
    for step in range(1, SECOND):
        simulation.advance_to(step)
        p = simulation.of("in").particles
        assert np.hypot(p.x - 360, p.y - 640).max() <= 300.01
        assert simulation.of("above").particles.y.max() <= 1_000


def test_nothing_gets_into_a_body_however_fast() -> None:
    body = {"kind": "circle", "at": [360, 640], "radius": 8, "bounce": 1, "friction": 0}
    shots = layer(
        emit=burst(200), place={"at": [360, 1_000]}, shape={"kind": "line", "start": [-7, 0], "end": [7, 0]},
        launch={"kind": "cone", "spread": 0, "angle": -90, "speed": [20_000, 20_000]}, colliders=[body],
    )  # fmt: skip
    p = at(6, shots).layers[0].particles
    # None went straight on: each was thrown off by what its place on the line says.
    assert not ((np.abs(p.x - 360) <= 7) & (p.y < 600)).any()
    assert np.hypot(p.vx, p.vy) == pytest.approx(np.full(200, 20_000), rel=1e-3)


def test_a_bounce_between_two_bodies_in_a_step_counts_both() -> None:
    walls = [{"kind": "circle", "at": [360, 640], "radius": 100, "inside": True, "bounce": 1, "friction": 0}]
    through = layer(
        emit=burst(1), launch={"kind": "cone", "spread": 0, "angle": 0, "speed": [18_000, 18_000]},
        colliders=[*walls, floor(y=1_000)],
    )  # fmt: skip
    p = at(2, through).layers[0].particles
    # 300 px in 1/60 s: 100 to the right wall, 200 back to the left one.
    assert p.x[0] == pytest.approx(260, abs=0.5)
    assert p.y[0] == pytest.approx(640, abs=0.01)
