"""Whether what a spark draws by SVG path data can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from server.sparks.engine.format.forces import Gather
from server.sparks.engine.format.layers import Particles
from server.sparks.engine.format.problems import Problem
from server.sparks.engine.format.shapes import Drawing, Shape
from server.sparks.engine.format.spark import Spark

MOST_IN_PACK: Final = 400_000
"""Points of all drawings of a pack together: who takes one in waits for all of them."""


@dataclass(slots=True)
class Left:
    """How many points the sparks of a pack may still have."""

    points: int = MOST_IN_PACK


def faults(spark: Spark, left: Left | None = None) -> list[Problem]:
    """A problem for each stroke that is none, and for the one with which there are too many points, in this
    spark or in what is `left` of its pack. After that one no more is read."""
    from server.sparks.engine.drawings import MOST_POINTS, TooManyPoints, flattened

    # There: numpy, which a start that only reads files does not need.
    pack = left or Left()
    found: list[Problem] = []
    own = MOST_POINTS
    for where, drawing in _drawings(spark):
        for number, stroke in enumerate(drawing.paths):
            at = f"{where}.paths[{number}]"
            try:
                points = sum(map(len, flattened(stroke, min(own, pack.points))))
            except TooManyPoints as fault:
                whose, most = ("spark", MOST_POINTS) if own <= pack.points else ("pack", MOST_IN_PACK)
                said = f"all drawings of a {whose} have {most:,} points at most, and each curve 4 to 48"
                pack.points -= min(own, pack.points)
                return [*found, Problem(path=at, message=f"{fault}: {said}")]
            except ValueError as fault:
                found.append(Problem(path=at, message=str(fault)))
                continue
            own -= points
            pack.points = max(pack.points - points, 0)
    return found


def _drawings(spark: Spark) -> Iterator[tuple[str, Drawing]]:
    for number, layer in enumerate(spark.layers):
        if not isinstance(layer, Particles):
            continue
        shapes: list[tuple[str, Shape]] = [(f"layers[{number}].shape", layer.shape)]
        shapes += [
            (f"layers[{number}].forces[{at}].shape", force.shape)
            for at, force in enumerate(layer.forces)
            if isinstance(force, Gather)
        ]
        yield from ((where, shape) for where, shape in shapes if isinstance(shape, Drawing))
