"""Finds the files shipped with the product, in a checkout, a wheel and a frozen application."""

from __future__ import annotations

import sys
from pathlib import Path


def path(name: str) -> Path:
    """Return the file or folder `name` ("fonts/Inter-Regular.ttf") inside the resources.

    Raises FileNotFoundError when there is no such resource, so that a packaging mistake is
    named where it happens and not later as a missing picture.
    """
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) / "resources" if bundle else Path(__file__).parent
    found = root / name
    if not found.exists():
        raise FileNotFoundError(f"no resource named {name!r}")
    return found
