"""The types of array that the engine passes around."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
"""States of particles, light."""
Doubles: TypeAlias = NDArray[np.float64]
"""Times, outlines, what is worked out once."""
Reals: TypeAlias = NDArray[np.floating[Any]]
"""Either: the formula keeps the precision it is given."""
Indices: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]
