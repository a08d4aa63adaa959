"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "0e7a53c29842fc4aac4f974b9ade1a247ae8f06d0730581225a9d7eec49105fd"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
