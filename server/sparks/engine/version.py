"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "f0c3b8a782250ddd757ab2c7de02429437300d310be627b1c181ad7582a4dab3"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
