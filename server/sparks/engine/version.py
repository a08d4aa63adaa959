"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "5846734310c7bbd165ee51f826102f00bb62811cb77862ab0403fd061546737b"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
