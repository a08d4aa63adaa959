"""What stands for a spark where nothing may move, or until its film is here: its hero, which fades; free of
Qt."""

from __future__ import annotations

from typing import Final

FADE_S: Final = 0.3
HOLD_S: Final = 1.8
LASTS_S: Final = 2 * FADE_S + HOLD_S
QUIETER_DB: Final = -6.0
"""Of the sound where motion is reduced."""


def opacity(elapsed_s: float, lasts_s: float | None = LASTS_S) -> float:
    """How much of the still is seen after so long: it comes and goes in `FADE_S`; None = it does not go."""
    rise = elapsed_s / FADE_S
    fall = (lasts_s - elapsed_s) / FADE_S if lasts_s is not None else 1.0
    return min(1.0, max(0.0, min(rise, fall)))
