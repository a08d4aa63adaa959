"""Birds: Reynolds, "Flocks, herds and schools", SIGGRAPH 1987."""

from __future__ import annotations

from typing import Final

import numpy as np

from server.sparks.engine.arrays import Floats
from server.sparks.engine.format.forces import Flock

MOST: Final = 600
"""Birds that see each other: the first so many of a layer, since each looks at all. Others fly on."""
EVERY: Final = 8
"""Steps from one look around to the next, 1/15 s: in each step one in so many birds looks, so that no step
costs more than another."""
EASE: Final = 2.0
"""Per s: how soon each comes to the speed of its kind."""

_KEEN: Final = 4
"""A quarter of the most that could urge a bird is enough for all of its strength."""


def steer(flock: Flock, birds: Floats, who: slice) -> tuple[Floats, Floats]:
    """Accelerations in px/s², (m,) each, of the m birds in `who`, of up to `MOST` in (x, y, vx, vy) by (n,):
    each of the three urges at most its own."""
    x, y, vx, vy = birds
    dx, dy = x[None, :] - x[who, None], y[None, :] - y[who, None]
    far = dx * dx + dy * dy
    near = far < flock.radius**2
    near[np.arange(len(near)), np.arange(who.start, who.stop)] = False
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
        (np.einsum("ij,j->i", seen, vx) / mates - vx[who]) * social * (_KEEN / flock.speed),
        (np.einsum("ij,j->i", seen, vy) / mates - vy[who]) * social * (_KEEN / flock.speed),
    )
    together = _limited(
        np.einsum("ij,ij->i", seen, dx) / mates / flock.radius,
        np.einsum("ij,ij->i", seen, dy) / mates / flock.radius,
    )
    urges = ((flock.apart, apart), (flock.along, along), (flock.together, together))
    accelerations: Floats = np.zeros((2, len(dx)), np.float32)
    for much, urge in urges:
        np.add(accelerations, much * np.stack(urge), out=accelerations)
    return accelerations[0], accelerations[1]


def _limited(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most 1 long."""
    longer: Floats = np.maximum(np.hypot(x, y), 1).astype(np.float32)
    return x / longer, y / longer
