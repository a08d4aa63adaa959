"""Memory that is used again: measured, a new picture costs four times what is done with it, for the system
gives out each of its pages anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Buffers:
    """Arrays by name. What they hold is anyone's until asked for by the same name again."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[Any]] = {}

    def get(self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """The array of this name; a new one if it had another shape or type."""
        kept = self._kept.get(name)
        if kept is None or kept.shape != shape or kept.dtype != dtype:
            kept = self._kept[name] = np.zeros(shape, dtype)
        return kept
