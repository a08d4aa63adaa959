"""What a particle is given when it is born."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.format.layers import Particles as Layer
from server.sparks.engine.particles import ANGLE, LIFE, LUCK, SIZE, SPIN, VX, VY, Particles, U, X, Y
from server.sparks.engine.place import FASTEST, Pose, Standing
from server.sparks.engine.shapes import sampler

FOLLOWS: Final = ("local_x", "local_y", "off_x", "off_y")
"""Rows of a layer that follows its place: where in the shape each belongs, and how far it has come from
there, in px of the stage."""
_MOST: Final = 2 * FASTEST
"""px/s at which anything is born at most."""
_SHORTEST: Final = 1e-4
"""s of a life, so that a share of it can be told in float32."""


@dataclass(frozen=True)
class Parents:
    """Of whom each newborn is: where they were and how fast, (x, y, vx, vy) by (n,); `inherit` of that speed
    is passed on."""

    flight: Doubles
    inherit: float


class Births:
    """Gives life to the particles of one layer, by its own stream of chance."""

    def __init__(self, layer: Layer, standing: Standing, chance: Generator, sender: str) -> None:
        self._layer, self._standing, self._chance = layer, standing, chance
        self._sample = sampler(layer.shape, sender)
        self._turns = layer.look.spin[1] > 0

    def fill(self, particles: Particles, part: slice, at: Doubles, parents: Parents | None) -> None:
        """Everything but the age of those in `part`, born at `at` (n,) s of the spark: at the layer's place,
        or at their parents' with its turn and size."""
        layer, look, n = self._layer, self._layer.look, part.stop - part.start
        data = particles.data
        places, normals = self._sample(n, self._chance)
        u, life, size, speed, angle, spin, way, luck = self._chance.random((8, n))
        pose = self._standing.at(at)
        if parents is not None:
            x, y, vx, vy = parents.flight
            turn = np.arctan2(vy, vx) if layer.place.along else pose.turn
            pose = Pose(x, y, turn, pose.size, vx, vy)
        data[X, part], data[Y, part] = pose.placed(*places.T)
        pace = _between(layer.launch.speed, speed**layer.launch.power)
        inherit = layer.launch.inherit if parents is None else parents.inherit
        dx, dy = pose.turned(*self._directions(places, normals, angle).T)
        for row, out, passed in ((VX, dx, pose.vx), (VY, dy, pose.vy)):
            data[row, part] = np.minimum(np.maximum(out * pace + passed * inherit, -_MOST), _MOST)
        data[LIFE, part] = np.maximum(_between(layer.life, life), _SHORTEST)
        data[SIZE, part] = _between(look.size, size**look.power)
        data[U, part] = u
        data[LUCK, part] = luck
        if self._turns:
            data[SPIN, part] = np.radians(_between(look.spin, spin)) * np.where(way < 0.5, -1, 1)
            data[ANGLE, part] = angle * np.pi * 2
        if layer.follow:
            self._follow(particles, part, places, at, by_sub=parents is not None)

    def _directions(self, places: Doubles, normals: Doubles, chance: Doubles) -> Doubles:
        launch = self._layer.launch
        match launch.kind:
            case "still":
                return np.zeros_like(places)
            case "cone":
                angles = np.radians(launch.angle + (chance - 0.5) * launch.spread)
                return np.column_stack([np.cos(angles), np.sin(angles)])
            case "normal":
                return normals
            case _:
                # Those right at the place go anywhere, by the chance that a cone would use.
                anywhere = chance * np.pi * 2
                far = np.hypot(places[:, 0], places[:, 1])[:, None]
                out = np.where(
                    far > 1e-6,
                    places / np.maximum(far, 1e-6),
                    np.column_stack([np.cos(anywhere), np.sin(anywhere)]),
                )
                return out if launch.kind == "out" else np.column_stack([-out[:, 1], out[:, 0]])

    def _follow(
        self, particles: Particles, part: slice, places: Doubles, at: Doubles, *, by_sub: bool
    ) -> None:
        if not by_sub:
            particles.row("local_x")[part], particles.row("local_y")[part] = places[:, 0], places[:, 1]
            return
        # Born elsewhere it belongs nowhere in the shape: it comes along with the place, no more.
        pose = self._standing.at(at)
        particles.row("off_x")[part] = particles.data[X, part] - pose.x
        particles.row("off_y")[part] = particles.data[Y, part] - pose.y


def _between(span: tuple[float, float], share: Doubles) -> Doubles:
    return span[0] + (span[1] - span[0]) * share
