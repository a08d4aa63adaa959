"""Chance that comes out the same each time."""

from __future__ import annotations

import zlib
from typing import Final

from numpy.random import PCG64, Generator, SeedSequence

CAMERA: Final = "Camera"
"""The camera's own stream: no layer is called so, for their ids have no capitals."""


def stream(seed: int, owner: str, *part: int) -> Generator:
    """A stream of its own for the layer with the id `owner`, or for a `part` of it, e.g. 1 + force.

    By the id and not by the index, so that a layer that is added, moved or taken out changes nothing of what
    chance dealt to the others. A part must not be 0: SeedSequence takes that for the whole.
    """
    return Generator(PCG64(SeedSequence([seed, zlib.crc32(owner.encode()), *part])))
