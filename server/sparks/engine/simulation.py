"""A spark as it happens: the state of all its particles at each step of 1/120 s, the same each time."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from server.sparks.engine.format.layers import Particles as Layer
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.motion import DT, RATE
from server.sparks.engine.population import Population


class Simulation:
    """The particles of a spark, by a seed and the name of whoever sent it.

    Time is counted in steps, never added up, so the state is the same whatever rate it is shown at. Within a
    step all layers move, then particles are born layer by layer, parents before their children, each at its
    own moment of the step. Children count in the layer they are born into.
    """

    def __init__(self, spark: Spark, seed: int, sender: str = "") -> None:
        """Raises ValueError for a seed below 0, or a drawing that is no path data."""
        self.spark, self.seed, self.sender = spark, seed, sender
        self.step = 0
        self.layers = [
            Population(layer, seed, sender, spark.duration)
            for layer in spark.layers
            if isinstance(layer, Layer)
        ]
        """Those of particles, in the order of the spark; ribbons and words have no state."""
        self._by_name = {one.layer.id: one for one in self.layers}
        self._order = _parents_first(self.layers)

    @property
    def time(self) -> float:
        """s of the spark."""
        return self.step * DT

    @property
    def count(self) -> int:
        """Particles that live; never more than the spark's `max_particles`."""
        return sum(one.particles.count for one in self.layers)

    @property
    def unborn(self) -> int:
        """Particles that were due when there was no room for them."""
        return sum(one.unborn for one in self.layers)

    def of(self, name: str) -> Population:
        """The layer of particles with this id; KeyError where there is none."""
        return self._by_name[name]

    def advance_to(self, step: int) -> None:
        """On to the state at `step`. Raises ValueError for one that is past: begin anew by the same seed."""
        if step < self.step:
            raise ValueError(f"step {step} is past: the simulation is at {self.step}")
        while self.step < step:
            self._next()

    def state_hash(self) -> str:
        """SHA-256 of all that is known, as hexadecimal digits."""
        state = hashlib.sha256(self.step.to_bytes(8, "little"))
        for one in self.layers:
            state.update(f"{one.layer.id} {one.particles.count} {one.unborn}".encode())
            state.update(one.bytes())
        return state.hexdigest()

    def _next(self) -> None:
        self.step += 1
        for one in self.layers:
            one.begin(self.step)
        room = self.spark.max_particles - self.count
        for one in self._order:
            room -= one.emit(room)
            for happening in one.happened:
                room -= self._by_name[happening.sub.layer].bear(happening, room)
        for one in self.layers:
            one.end()


class Alive(NamedTuple):
    """The most particles that live at once, how many were due when there was no room for them (a spark with
    such is not what its author thinks), and how many were born in each layer, by its id."""

    most: int
    unborn: int
    born: dict[str, int]


def most_alive(spark: Spark, seed: int, sender: str = "") -> Alive:
    """How crowded it gets while a spark is played to its end."""
    simulation, most = Simulation(spark, seed, sender), 0
    for step in range(1, round(spark.duration * RATE) + 1):
        simulation.advance_to(step)
        most = max(most, simulation.count)
    return Alive(most, simulation.unborn, {one.layer.id: one.born for one in simulation.layers})


def _parents_first(layers: list[Population]) -> list[Population]:
    """So that whoever is born in a step bears in it. Layers in a circle are never born (the format sees to
    it that no emission leads to one): they come last."""
    waiting, order = list(layers), list[Population]()
    while waiting:
        children = {sub.layer for one in waiting for sub in one.layer.subs}
        free = [one for one in waiting if one.layer.id not in children] or waiting
        order += free
        waiting = [one for one in waiting if one not in free]
    return order
