"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "3"
"""Raised with every change after which a spark looks or sounds different: what is kept is baked anew."""
