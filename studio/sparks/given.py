"""A spark that is to be seen: which one, by whom, by which seed; free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.sparks.engine.format.spark import Tier
from server.sparks.engine.giving import LARGE

SEED: Final = 1
"""Of what is rehearsed and shown in grids: films of one seed are baked once."""


@dataclass(frozen=True, slots=True)
class Known:
    """What playing has to know of a version of a spark; `sha256` is that of its content."""

    id: UUID
    number: int
    sha256: str
    name: str
    tier: Tier
    duration_s: float

    @property
    def large(self) -> bool:
        """Whether it fills the picture."""
        return self.tier in LARGE


@dataclass(frozen=True, slots=True)
class Given:
    """One spark by somebody. `rehearsal`: nobody else sees it, and nothing is paid."""

    spark: Known
    sender: str
    seed: int = SEED
    rehearsal: bool = True
