"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "1eb024f7f6886e031896df221830edeee44f0d54e544936f8fe122b5e7988adf"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
