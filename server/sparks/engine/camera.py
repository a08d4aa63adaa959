"""Where the camera looks, as a function of time alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.curves import value
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.place import Track
from server.sparks.engine.streams import CAMERA, stream

_SHAKES: Final = np.array([0.9, 1.7, 2.6])
"""Hz, all slower than 3: faster ones are unpleasant, and a bright stage that shakes is a flash."""


@dataclass(frozen=True)
class View:
    """The stage is shown `zoom` times as large around its middle, moved by (x, y) px of the stage."""

    zoom: float = 1
    x: float = 0
    y: float = 0


def view(spark: Spark, seed: int, time: float) -> View:
    """At a time of the spark, in s. The drift is a path of offsets from where the camera looks at rest."""
    camera, at = spark.camera, np.array([time])
    zoom = 1.0 if camera.zoom is None else float(value(camera.zoom, at)[0])
    x, y = (0.0, 0.0) if camera.drift is None else Track(camera.drift).at(at)[0][0].tolist()
    if camera.shake is not None:
        much = float(value(camera.shake, at)[0])
        waves = np.sin(np.pi * 2 * _SHAKES * time + _phases(seed)).mean(axis=1)
        x, y = x + much * float(waves[0]), y + much * float(waves[1])
    return View(max(zoom, 0.01), x, y)


@lru_cache(maxsize=64)
def _phases(seed: int) -> Doubles:
    """(2, waves) of its own, so that the camera changes nothing else."""
    return stream(seed, CAMERA).random((2, len(_SHAKES))) * np.pi * 2
