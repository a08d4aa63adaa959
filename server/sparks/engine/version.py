"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "e6a88184768e98cbde44427f12dcf09722438b3186047a960d1c587b9425992b"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
