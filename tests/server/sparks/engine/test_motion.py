"""Motion against what can be worked out with pen and paper."""

from __future__ import annotations

import numpy as np
import pytest

from server.sparks.engine.eddies import Eddies
from server.sparks.engine.format.forces import Curl, Flock
from server.sparks.engine.motion import Decay
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.streams import stream
from tests.server.sparks.engine.simulated import SECOND, at, burst, layer, spark


@pytest.mark.parametrize("drag", [0, 0.005, 0.8, 12])
def test_gravity_wind_and_drag_follow_the_closed_form(drag: float) -> None:
    forces = [
        {"kind": "gravity", "x": 20, "y": 300},
        {"kind": "wind", "x": -40},
        {"kind": "drag", "rate": drag},
    ]
    thrown = layer(emit=burst(500), launch={"kind": "out", "speed": [50, 700]}, forces=forces)
    simulation = Simulation(spark(thrown), 7)
    simulation.advance_to(1)
    first = simulation.layers[0].particles
    x, y, vx, vy = (row.astype(float) for row in (first.x, first.y, first.vx, first.vy))
    simulation.advance_to(1 + 2 * SECOND)

    t = 2.0
    if drag:
        e, ux, uy = np.exp(-drag * t), -40 + 20 / drag, 300 / drag
        x += ux * t + (vx - ux) * (1 - e) / drag
        y += uy * t + (vy - uy) * (1 - e) / drag
    else:
        x, y = x + vx * t + 20 * t * t / 2, y + vy * t + 300 * t * t / 2
    last = simulation.layers[0].particles
    assert np.abs(last.x - x).max() <= 0.01
    assert np.abs(last.y - y).max() <= 0.01


def test_a_burst_has_flown_since_the_moment_of_it() -> None:
    between = layer(emit=burst(1, at=0.1031), launch={"kind": "cone", "speed": [120, 120], "spread": 0})
    particles = at(SECOND, between).layers[0].particles
    assert particles.y[0] == pytest.approx(640 - 120 * (1 - 0.1031), abs=0.01)
    assert particles.age[0] == pytest.approx(1 - 0.1031, abs=1e-4)


def test_both_ways_to_work_out_drag_meet() -> None:
    little, more = Decay.of(0.01 - 1e-12, 1 / 120), Decay.of(0.01, 1 / 120)
    assert little.reach == pytest.approx(more.reach, rel=1e-9)
    assert little.lift == pytest.approx(more.lift, rel=1e-7)


@pytest.mark.parametrize("octaves", [1, 2, 3])
def test_turbulent_air_has_no_sources(octaves: int) -> None:
    """Exactly: the divergence is a sum of (s x k) . k = 0; what is left is that of the differences."""
    eddies = Eddies(Curl(kind="curl", speed=80, scale=180, octaves=octaves), stream(7, "a", 1))
    x, y = (side.ravel() for side in np.meshgrid(np.linspace(0, 720, 73), np.linspace(0, 1280, 129)))
    h = 0.02
    across = eddies.at(x + h, y, 0.7)[0] - eddies.at(x - h, y, 0.7)[0]
    down = eddies.at(x, y + h, 0.7)[1] - eddies.at(x, y - h, 0.7)[1]
    assert np.abs(across + down).max() <= 1e-6 * np.abs(across).mean()
    ux, uy = eddies.at(x, y, 0.7)
    assert 40 < np.sqrt((ux**2 + uy**2).mean()) < 120


def test_turbulence_in_float32_is_that_in_float64() -> None:
    eddies = Eddies(Curl(kind="curl", speed=80, scale=20), stream(7, "a", 1))
    x, y = stream(1, "a").random((2, 2_000)) * 1_280
    exact, rounded = eddies.at(x, y, 9.9), eddies.at(x.astype(np.float32), y.astype(np.float32), 9.9)
    assert rounded[0].dtype == np.float32
    assert np.abs(exact[0] - rounded[0]).max() <= 80 * 1e-3


@pytest.mark.parametrize(("count", "strength"), [(8, 2_500), (1, 20_000)])
def test_no_attractors_that_the_format_allows_make_energy(count: int, strength: float) -> None:
    pull = {"kind": "attractor", "at": [360, 640], "strength": strength, "radius": 5}
    disc = layer(emit=burst(300), shape={"kind": "disc", "radius": 150}, forces=[pull] * count, life=[12, 12])
    simulation = Simulation(spark(disc, duration=12), 7)
    fastest = 0.0
    for step in range(1, 11 * SECOND, 7):
        simulation.advance_to(step)
        p = simulation.layers[0].particles
        fastest = max(fastest, float(np.hypot(p.vx, p.vy).max()))
    # From infinity to the middle of the well.
    assert fastest < 1.05 * np.sqrt(2 * count * strength * 5 * 2**1.5)


def test_an_attractor_neither_gives_nor_takes_energy() -> None:
    pull = {"kind": "attractor", "at": [360, 640], "strength": 2_000, "radius": 120}
    ring = layer(
        emit=burst(200),
        shape={"kind": "disc", "radius": 150},
        forces=[pull],
        life=[12, 12],
    )
    simulation = Simulation(spark(ring, duration=12), 7)
    energies = []
    for step in range(1, 11 * SECOND, 5):
        simulation.advance_to(step)
        p = simulation.layers[0].particles
        far = (p.x.astype(float) - 360) ** 2 + (p.y.astype(float) - 640) ** 2
        well = 2_000 * 120 * 2**1.5
        energies.append(
            (p.vx.astype(float) ** 2 + p.vy.astype(float) ** 2) / 2 - well / np.sqrt(1 + far / 120**2)
        )
    energy = np.array(energies)
    depth = np.abs(energy[0])
    assert (np.abs(energy - energy[0]) / depth).max() < 0.05
    # No trend: the mean of the last second is that of the first.
    trend = np.abs(energy[-24:].mean(axis=0) - energy[:24].mean(axis=0)) / depth
    assert trend.max() < 0.005


def test_a_vortex_turns_clockwise_at_its_speed() -> None:
    turning = layer(
        emit=burst(1),
        place={"at": [510, 640]},
        forces=[
            {"kind": "drag", "rate": 60},
            {"kind": "vortex", "at": [360, 640], "speed": 100, "radius": 150},
        ],
    )
    p = at(12, turning).layers[0].particles
    assert p.vy[0] == pytest.approx(100, rel=0.03)
    assert np.hypot(p.x - 360, p.y - 640)[0] == pytest.approx(150, abs=1)


def test_gathering_brings_each_to_its_place_in_the_shape() -> None:
    gather = {"kind": "gather", "at": [360, 500], "strength": 60, "shape": {"kind": "ring", "radius": 100}}
    p = at(3 * SECOND, layer(emit=burst(300), forces=[gather])).layers[0].particles
    assert np.abs(np.hypot(p.x - 360, p.y - 500) - 100).max() < 0.1
    assert np.hypot(p.vx, p.vy).max() < 1


def test_one_gathering_goes_over_into_the_next() -> None:
    first = {"kind": "gather", "at": [360, 300], "shape": {"kind": "point"}, "end": 0.5}
    second = {"kind": "gather", "at": [360, 900], "shape": {"kind": "point"}, "start": 0.5}
    simulation = Simulation(spark(layer(emit=burst(10), forces=[first, second], life=[6, 6])), 7)
    simulation.advance_to(350)
    assert np.abs(simulation.layers[0].particles.y - 300).max() < 1
    simulation.advance_to(710)
    assert np.abs(simulation.layers[0].particles.y - 900).max() < 1


def test_birds_come_to_fly_alike() -> None:
    flock = Flock(kind="flock", speed=200, radius=300, along=400)
    flying = layer(
        emit=burst(60),
        shape={"kind": "disc", "radius": 100},
        launch={"kind": "cone", "speed": [200, 200], "spread": 120},
        forces=[flock.model_dump()],
    )
    simulation = Simulation(spark(flying), 7)

    def alike() -> float:
        p = simulation.layers[0].particles
        return float(np.hypot((p.vx / np.hypot(p.vx, p.vy)).mean(), (p.vy / np.hypot(p.vx, p.vy)).mean()))

    simulation.advance_to(1)
    before = alike()
    simulation.advance_to(3 * SECOND)
    assert before < 0.9 < 0.95 < alike()
    p = simulation.layers[0].particles
    assert np.hypot(p.vx, p.vy).mean() == pytest.approx(200, rel=0.1)
