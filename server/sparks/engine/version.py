"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "87bfc39c3bc1bb7f8c59183f4ee1fc727a57743ccb5fb9a81d44d2fe9cac8ac4"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
