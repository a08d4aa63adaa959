"""The order of rows by one column, kept so that a few changes cost a few steps."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MERGE_SHARE: Final = 20
"""More than one changed row in this many, and sorting anew is quicker than merging."""
HEAD: Final = 16
"""So many bytes of each string are compared by numpy, and the whole of it only where these are equal."""


class Order:
    """Sort keys and the ascending order that they give, made when first asked for.

    Rows with equal keys stand in the order of their places. Numbers are sorted by numpy, strings by their
    first bytes as well, because Python reads each of them wherever it lies in memory; a few changed rows are
    merged into the order that stands.
    """

    def __init__(self, key: Callable[[Any], float | str]) -> None:
        self._key = key
        self._keys: list[Any] = []
        self._heads: list[NDArray[np.uint64]] = []
        self._order: NDArray[np.intp] | None = None
        self._moved: set[int] = set()

    def clear(self) -> None:
        """Forget everything: the rows were replaced."""
        self._keys = []
        self._heads = []
        self._order = None
        self._moved.clear()

    def put(self, place: int, row: object) -> bool:
        """Take note of a new or replaced row; tell whether the order may have changed."""
        if self._order is None and place >= len(self._keys):
            return False
        key = self._sortable(row)
        if place == len(self._keys):
            self._keys.append(key)
        elif self._keys[place] == key:
            return False
        else:
            self._keys[place] = key
        if self._order is None:
            self._heads = []
            return False
        self._moved.add(place)
        return True

    def prepare(self, rows: Sequence[object], most: int) -> bool:
        """Read the keys of at most `most` further rows; tell whether there are more."""
        if self._order is not None:
            return False
        self._read(rows, most)
        return len(self._keys) < len(rows)

    def of(self, rows: Sequence[object]) -> NDArray[np.intp]:
        """Return the places of `rows` in ascending order."""
        if self._order is None:
            self._read(rows, len(rows))
            self._order = self._sort()
        elif len(self._moved) * MERGE_SHARE > len(self._keys):
            self._order = self._sort()
        elif self._moved:
            self._order = self._merge(self._order)
        self._moved.clear()
        return self._order

    def _read(self, rows: Sequence[object], most: int) -> None:
        begun = len(self._keys)
        keys = list(map(self._key, rows[begun : begun + most]))
        if not _are_words(keys):
            self._keys += keys
            return
        folded = [str(key).casefold() for key in keys]
        self._keys += folded
        if sum(map(len, self._heads)) == begun:
            self._heads.append(_heads(folded))

    def _sort(self) -> NDArray[np.intp]:
        keys = self._keys
        if not _are_words(keys):
            return np.argsort(np.array(keys, dtype=np.float64), kind="stable")
        heads = self._heads if sum(map(len, self._heads)) == len(keys) else [_heads(keys)]
        self._heads = []
        head = np.concatenate(heads)
        order = np.lexsort(head.T[::-1])
        same = np.zeros(len(order) + 1, dtype=np.bool_)
        same[1:-1] = (head[order[1:]] == head[order[:-1]]).all(axis=1)
        tied = same[1:] | same[:-1]
        order[tied] = sorted(order[tied].tolist(), key=keys.__getitem__)
        return order

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


def _are_words(keys: Sequence[object]) -> bool:
    return bool(keys) and isinstance(keys[0], str)


def _heads(words: Sequence[str]) -> NDArray[np.uint64]:
    """The first bytes as numbers in the order of the words: UTF-8 has the order of the characters."""
    encoded = [word.encode(errors="surrogatepass") for word in words]
    return np.array(encoded, dtype=f"S{HEAD}").view(">u8").reshape(len(words), -1).astype(np.uint64)
