"""Which rows pass the typed words and a predicate, kept so that a few changes cost a few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row")


class RowFilter(Generic[Row]):
    """A row passes when its searched text holds every word, in any case, and the predicate agrees."""

    def __init__(self, search: Callable[[Row], str]) -> None:
        self._search = search
        self._words: tuple[str, ...] = ()
        self._keep: Callable[[Row], bool] | None = None
        self._texts: list[str] | None = None
        self._passed: NDArray[np.bool_] | None = None

    def set(self, text: str, keep: Callable[[Row], bool] | None) -> None:
        """Filter by other words and another predicate."""
        self._words = tuple(text.casefold().split())
        self._keep = keep
        self._passed = None

    def clear(self) -> None:
        """Forget what is known of the rows: they were replaced."""
        self._texts = None
        self._passed = None

    def put(self, place: int, row: Row) -> bool:
        """Take note of a new or replaced row; tell whether what passes has changed."""
        if self._texts is not None:
            text = self._search(row).casefold()
            if place == len(self._texts):
                self._texts.append(text)
            else:
                self._texts[place] = text
        if self._passed is None:
            return False
        passes = self._passes(place, row)
        if place == len(self._passed):
            self._passed = np.append(self._passed, passes)
            return passes
        changed = bool(self._passed[place]) != passes
        self._passed[place] = passes
        return changed

    def mask(self, rows: Sequence[Row]) -> NDArray[np.bool_] | None:
        """Return for each place whether its row passes; None when all do."""
        if not self._words and self._keep is None:
            return None
        if self._passed is None:
            self._passed = self._pass_all(rows)
        return self._passed

    def _passes(self, place: int, row: Row) -> bool:
        text = self._texts[place] if self._texts is not None else ""
        if not all(word in text for word in self._words):
            return False
        return self._keep is None or self._keep(row)

    def _pass_all(self, rows: Sequence[Row]) -> NDArray[np.bool_]:
        count = len(rows)
        mask = np.ones(count, dtype=np.bool_)
        if self._keep is not None:
            mask &= np.fromiter(map(self._keep, rows), np.bool_, count)
        if self._words and self._texts is None:
            self._texts = [self._search(row).casefold() for row in rows]
        for word in self._words:
            mask &= np.fromiter((word in text for text in self._texts or ()), np.bool_, count)
        return mask
