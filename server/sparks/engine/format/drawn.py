"""Whether what a spark draws by SVG path data can be drawn."""

from __future__ import annotations

from collections.abc import Iterator

from server.sparks.engine.format.forces import Gather
from server.sparks.engine.format.layers import Particles
from server.sparks.engine.format.problems import Problem
from server.sparks.engine.format.shapes import Drawing, Shape
from server.sparks.engine.format.spark import Spark


def faults(spark: Spark) -> list[Problem]:
    """A problem for each stroke that is none."""
    return [
        Problem(path=f"{where}.paths[{number}]", message=str(fault))
        for where, drawing in _drawings(spark)
        for number, stroke in enumerate(drawing.paths)
        if (fault := _fault(stroke)) is not None
    ]


def _fault(stroke: str) -> ValueError | None:
    from server.sparks.engine.drawings import flattened  # numpy: a start that only reads files needs none

    try:
        flattened(stroke)
    except ValueError as fault:
        return fault
    return None


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
