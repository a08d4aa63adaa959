"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "b6081cfcc20ddb960cd16f91d193b0ddf276eb9ef4a4d243eda4015ae410b88a"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
