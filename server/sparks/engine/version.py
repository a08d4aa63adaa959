"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "fde00a3a416dc349f0578ebe05deb924db3d17c3db285605e703c80201831029"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
