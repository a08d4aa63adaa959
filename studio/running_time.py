"""How long something runs, as one reads a clock."""

from __future__ import annotations


def length(milliseconds: int) -> str:
    """A running time: `0:07`, `12:30`, `1:02:03`."""
    seconds = milliseconds // 1000
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"
