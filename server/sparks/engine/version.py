"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "66fa80947025c81497ecadefa20f8aef079d15b62ca8862a82349bb5ed3e2603"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
