"""The order of rows by one column, kept so that a few changes cost a few steps."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MERGE_SHARE: Final = 20
"""More than one changed row in this many, and sorting anew is quicker than merging."""
FEW_SHARE: Final = 10
"""Strings that occur so often each are sorted once, and their rows by the ranks of them."""


class Order:
    """Sort keys and the ascending order that they give, made when first asked for.

    Rows with equal keys stand in the order of their places. Numbers are sorted by numpy, strings by
    Python; a few changed rows are merged into the order that stands.
    """

    def __init__(self, key: Callable[[Any], float | str]) -> None:
        self._key = key
        self._keys: list[Any] = []
        self._order: NDArray[np.intp] | None = None
        self._moved: set[int] = set()

    def clear(self) -> None:
        """Forget everything: the rows were replaced."""
        self._keys = []
        self._order = None
        self._moved.clear()

    def put(self, place: int, row: object) -> bool:
        """Take note of a new or replaced row; tell whether the order may have changed."""
        if self._order is None:
            return False
        key = self._sortable(row)
        if place == len(self._keys):
            self._keys.append(key)
        elif self._keys[place] == key:
            return False
        else:
            self._keys[place] = key
        self._moved.add(place)
        return True

    def of(self, rows: Sequence[object]) -> NDArray[np.intp]:
        """Return the places of `rows` in ascending order."""
        if self._order is None:
            self._keys = list(map(self._key, rows))
            if self._keys and isinstance(self._keys[0], str):
                self._keys = list(map(str.casefold, self._keys))
            self._order = self._sort()
        elif len(self._moved) * MERGE_SHARE > len(self._keys):
            self._order = self._sort()
        elif self._moved:
            self._order = self._merge(self._order)
        self._moved.clear()
        return self._order

    def _sort(self) -> NDArray[np.intp]:
        keys = self._keys
        if keys and isinstance(keys[0], str):
            words = set(keys)
            if len(words) * FEW_SHARE > len(keys):
                return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)
            ranks = {word: rank for rank, word in enumerate(sorted(words))}
            keys = list(map(ranks.__getitem__, keys))
        return np.argsort(np.array(keys, dtype=np.float64), kind="stable")

    def _merge(self, order: NDArray[np.intp]) -> NDArray[np.intp]:
        def rank(place: int) -> tuple[Any, int]:
            return self._keys[place], place

        still = np.ones(len(self._keys), dtype=np.bool_)
        still[list(self._moved)] = False
        standing = order[still[order]]
        coming = sorted(self._moved, key=rank)
        at = [bisect(standing, rank(place), key=rank) for place in coming]
        return np.insert(standing, at, coming)

    def _sortable(self, row: object) -> float | str:
        key = self._key(row)
        return key.casefold() if isinstance(key, str) else key
