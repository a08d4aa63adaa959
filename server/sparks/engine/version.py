"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "882cfe7d8e9c9b3de34c4a9c8c77cb2ae51858a3699b05ee2ce7a1d7e288362b"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
