"""Chance that comes out the same each time."""

from __future__ import annotations

from typing import Final

from numpy.random import PCG64, Generator, SeedSequence

CAMERA: Final = 1_000
"""No layer has this index: the camera's own stream."""


def stream(seed: int, *key: int) -> Generator:
    """A stream of its own for what `key` names, e.g. (index of the layer,) or (index, 1 + force).

    Layers share none, so that one more does not change what chance dealt to the others. A longer key must
    not end in 0: SeedSequence takes that for the shorter one.
    """
    return Generator(PCG64(SeedSequence([seed, *key])))
