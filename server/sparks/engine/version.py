"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "2ee1f0031998e24f3d2a20fef40b113af3ffe1ed39706896d874dafc6ba3dc51"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
