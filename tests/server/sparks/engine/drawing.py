"""Scenes for the tests of the renderer, made without a simulation."""

from __future__ import annotations

from typing import Any

import numpy as np

from server.sparks.engine.scene import Drawn, Floats


def drawn(n: int = 1, seed: int = 3, **given: Any) -> Drawn:
    """`n` particles anywhere on the stage; arrays and numbers in `given` go in their place."""
    rng = np.random.Generator(np.random.PCG64(seed))
    arrays: dict[str, Any] = {
        "x": rng.random(n) * 720,
        "y": rng.random(n) * 1280,
        "vx": rng.normal(0, 300, n),
        "vy": rng.normal(0, 300, n),
        "size": 2 + 6 * rng.random(n),
        "colour": rng.random((n, 3)),
        "alpha": np.ones(n),
        "angle": rng.random(n) * 6,
        "side": np.ones(n),
    }
    for name in arrays.keys() & given.keys():
        arrays[name] = np.broadcast_to(given.pop(name), np.shape(arrays[name]))
    return Drawn(**{name: floats(of) for name, of in arrays.items()}, **given)


def floats(of: Any) -> Floats:
    return np.array(of, np.float32)
