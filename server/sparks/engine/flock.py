"""Birds: Reynolds, "Flocks, herds and schools", SIGGRAPH 1987."""

from __future__ import annotations

from typing import Final

import numpy as np

from server.sparks.engine.arrays import Floats
from server.sparks.engine.format.forces import Flock

MOST: Final = 600
"""Birds that see each other: the first so many of a layer, since each looks at all. Others fly on."""
EVERY: Final = 4
"""Steps from one look around to the next."""
EASE: Final = 2.0
"""Per s: how soon each comes to the speed of its kind."""

_KEEN: Final = 4
"""A quarter of the most that could urge a bird is enough for all of its strength."""


def steer(flock: Flock, x: Floats, y: Floats, vx: Floats, vy: Floats) -> tuple[Floats, Floats]:
    """Accelerations in px/s² of up to `MOST` birds, (n,) each: each of the three urges at most its own."""
    dx, dy = x[None, :] - x[:, None], y[None, :] - y[:, None]
    far = dx * dx + dy * dy
    near = far < flock.radius**2
    np.fill_diagonal(near, False)
    seen = near.astype(np.float32)
    mates = np.maximum(seen.sum(axis=1), 1)
    social: Floats = np.minimum(seen.sum(axis=1), 1)
    np.sqrt(far, out=far)
    # Away from each, the more the nearer; the mean of that.
    closeness = seen * (1 - far / flock.radius) / np.maximum(far, 1e-3)
    apart = _limited(
        np.einsum("ij,ij->i", closeness, dx) / mates * -_KEEN,
        np.einsum("ij,ij->i", closeness, dy) / mates * -_KEEN,
    )
    along = _limited(
        (np.einsum("ij,j->i", seen, vx) / mates - vx) * social * (_KEEN / flock.speed),
        (np.einsum("ij,j->i", seen, vy) / mates - vy) * social * (_KEEN / flock.speed),
    )
    together = _limited(
        np.einsum("ij,ij->i", seen, dx) / mates / flock.radius,
        np.einsum("ij,ij->i", seen, dy) / mates / flock.radius,
    )
    urges = ((flock.apart, apart), (flock.along, along), (flock.together, together))
    accelerations: Floats = np.zeros((2, len(x)), np.float32)
    for much, urge in urges:
        np.add(accelerations, much * np.stack(urge), out=accelerations)
    return accelerations[0], accelerations[1]


def _limited(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most 1 long."""
    longer: Floats = np.maximum(np.hypot(x, y), 1).astype(np.float32)
    return x / longer, y / longer
