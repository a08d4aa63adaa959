"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "eb39b6d7c4e618f0fe25a8420cf9126a4fe62aa6c3ac262151f0a0cf577dfc46"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
