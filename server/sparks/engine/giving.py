"""How fast sparks may follow each other on a screen: what the client does, and what the gates judge by. Loads
no numpy, since the client needs it before its first window."""

from __future__ import annotations

from typing import Final

from server.sparks.engine.format.spark import Tier

STAGGER_S: Final = 0.2
"""Between copies of a spark by several people: as fast as they can give."""
AGAIN_S: Final = 0.35
"""A small spark begins anew with each of a combo, but not faster than that: it must not flicker."""
LARGE: Final = frozenset({Tier.EPIC, Tier.LEGENDARY})
"""Tiers that fill the picture: at most two of them fly at once, and none begins anew in a combo."""
