"""How much a video is darkened below sparks, so that light is seen over snow, too; free of Qt."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FROM: Final = 0.35
"""The brightness from which on it is darkened at all."""
MOST: Final = 0.38
"""How much of a white picture is taken away."""
RAMP_S: Final = 0.5
"""From nothing to the most, and back: slower than anything that counts as a flash."""
_GRID: Final = 32


def brightness(pixels: NDArray[Any]) -> float:
    """Of the brighter half of a picture, 0 to 1: uint8 `(height, width, 4)` as BGRX or `(height, width)`."""
    height, width = pixels.shape[:2]
    some = pixels[:: max(1, height // _GRID), :: max(1, width // _GRID)].astype(np.float32) / 255
    luma = some if some.ndim == 2 else some[..., :3] @ np.array([0.0722, 0.7152, 0.2126], np.float32)
    ordered = np.sort(luma, axis=None)
    return float(ordered[len(ordered) // 2 :].mean())


def scrim(behind: float) -> float:
    """How much of so bright a picture is taken away, 0 to `MOST`."""
    return MOST * min(max((behind - FROM) / (1.0 - FROM), 0.0), 1.0)


class Backdrop:
    """Goes towards what is wanted, never faster than the whole way in `RAMP_S`. Moments in s of any clock
    that never goes back."""

    def __init__(self) -> None:
        self.scrim = 0.0
        self._at: float | None = None

    def advance(self, wanted: float, now: float) -> bool:
        """Be as near as it can be by now; whether that is something else than before."""
        passed, self._at = (0.0 if self._at is None else now - self._at), now
        step, before = MOST * passed / RAMP_S, self.scrim
        self.scrim = min(max(wanted, before - step), before + step)
        return self.scrim != before

    def clear(self) -> None:
        """There is nothing to be seen any more."""
        self.scrim, self._at = 0.0, None
