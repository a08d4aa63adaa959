"""Which layers of a spark a flash is of, for its author: each is drawn alone, small, and how much it changes
there is added up. It judges nothing; what layers do together may flash where none does alone.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.film import one_thread
from server.sparks.engine.flash import Region
from server.sparks.engine.format.base import HEIGHT, WIDTH
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.motion import RATE
from server.sparks.engine.renderer import Renderer
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.staging import Staging

_SIZE: Final = (90, 160)
_FPS: Final = 15
"""Twice as fast as what is called a flash here comes and goes; each layer is a picture of its own."""
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LEAST: Final = 0.01
"""Of white, from picture to picture: what nobody sees."""
_NAMED: Final = 0.15
"""Of all changes, what is worth being named."""


class Layers:
    """A spark played once, layer by layer."""

    def __init__(self, spark: Spark, seed: int, sender: str = "") -> None:
        self._ids = [layer.id for layer in spark.layers]
        simulation, renderer = Simulation(spark, seed, sender), Renderer(*_SIZE)
        staging, every = Staging(simulation), RATE // _FPS
        pictures = math.floor(spark.duration * RATE) // every
        self._seen = np.zeros((pictures + 1, len(self._ids), *_SIZE[::-1]), np.float16)
        """How bright, and how much covered, each is in each picture; dark before the first."""
        with one_thread():
            for picture in range(1, pictures + 1):
                simulation.advance_to(picture * every)
                for layer, scene in staging.apart():
                    light, cover = renderer.draw(scene)
                    seen = cv2.transform(np.minimum(light, 1), _LUMINANCE[None])
                    self._seen[picture, self._ids.index(layer)] = seen if cover is None else seen + cover

    def changing(self, region: Region, begin: float, end: float) -> list[tuple[str, float]]:
        """Those that change most within a part of the stage from `begin` to `end` in s, the most first, each
        with its share of all changes there, 0 to 1; none where nothing changes."""
        rows, columns = _cells(region.y, region.height, HEIGHT, 1), _cells(region.x, region.width, WIDTH, 0)
        first = max(math.floor(begin * _FPS), 0)
        last = math.ceil(min(end, len(self._seen)) * _FPS) + 1
        seen = self._seen[first:last, :, rows, columns].astype(np.float32)
        steps: NDArray[np.float32] = np.abs(np.diff(seen, axis=0))
        changes = steps.sum(axis=(0, 2, 3), where=steps >= _LEAST)
        whole = float(changes.sum())
        if whole <= 0:
            return []
        found = [(layer, float(much) / whole) for layer, much in zip(self._ids, changes, strict=True)]
        return sorted((each for each in found if each[1] >= _NAMED), key=lambda each: -each[1])


def _cells(begin: float, length: float, stage: int, axis: int) -> slice:
    scale = _SIZE[axis] / stage
    return slice(math.floor(begin * scale), math.ceil((begin + length) * scale))
