"""The order of rows by one column, kept so that sorting again after a few changes is cheap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Order:
    """Sort keys and the order that they give, made when first asked for.

    Numbers go through numpy. Strings go through Python's sort, started from the last order: on
    nearly sorted input that is one pass.
    """

    def __init__(self, key: Callable[[Any], float | str]) -> None:
        self._key = key
        self._keys: list[Any] = []
        self._order: NDArray[np.intp] | None = None
        self._sorted = False

    def clear(self) -> None:
        """Forget everything: the rows were replaced."""
        self._keys = []
        self._order = None

    def put(self, place: int, row: object) -> bool:
        """Take note of a new or replaced row; tell whether the order may have changed."""
        if not self._keys:
            return False
        key = self._sortable(row)
        if place == len(self._keys):
            self._keys.append(key)
            if self._order is not None:
                self._order = np.append(self._order, place)
        elif self._keys[place] == key:
            return False
        else:
            self._keys[place] = key
        self._sorted = False
        return True

    def of(self, rows: Sequence[object]) -> NDArray[np.intp]:
        """Return the places of `rows` in ascending order; equal keys stay as they were."""
        if len(self._keys) != len(rows):
            self._keys = [self._sortable(row) for row in rows]
            self._order = None
        if self._order is None or not self._sorted:
            self._order = self._sort()
            self._sorted = True
        return self._order

    def _sort(self) -> NDArray[np.intp]:
        keys = self._keys
        if keys and isinstance(keys[0], str):
            start = range(len(keys)) if self._order is None else self._order.tolist()
            return np.array(sorted(start, key=keys.__getitem__), dtype=np.intp)
        return np.argsort(np.array(keys, dtype=np.float64), kind="stable")

    def _sortable(self, row: object) -> float | str:
        key = self._key(row)
        return key.casefold() if isinstance(key, str) else key
