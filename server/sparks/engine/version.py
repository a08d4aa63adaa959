"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "d5e2889ebeafc618781178c638d2f87292ab9722ac91c551a3ed378a2a72a14a"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
