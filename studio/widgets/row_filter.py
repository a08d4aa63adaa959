"""Which rows pass the typed words and some checks, kept so that a few changes cost a few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row")


class RowFilter(Generic[Row]):
    """A row passes when its searched text holds every word, in any case, and every check agrees."""

    def __init__(self, search: Callable[[Row], str]) -> None:
        self._search = search
        self._words: tuple[str, ...] = ()
        self._checks: Sequence[Callable[[Row], bool]] = ()
        self._texts: list[str] = []
        self._passed: NDArray[np.bool_] | None = None

    def set(self, text: str, checks: Sequence[Callable[[Row], bool]]) -> None:
        """Filter by other words and other checks."""
        self._words = tuple(text.casefold().split())
        self._checks = checks
        self._passed = None

    def clear(self) -> None:
        """Forget what is known of the rows: they were replaced."""
        self._texts = []
        self._passed = None

    def prepare(self, rows: Sequence[Row], most: int) -> bool:
        """Read the searched text of at most `most` further rows; tell whether there are more."""
        begun = len(self._texts)
        self._texts += [text.casefold() for text in map(self._search, rows[begun : begun + most])]
        return len(self._texts) < len(rows)

    def put(self, place: int, row: Row) -> bool:
        """Take note of a new or replaced row; tell whether what passes has changed."""
        if place < len(self._texts):
            self._texts[place] = self._search(row).casefold()
        elif place == len(self._texts):
            self._texts.append(self._search(row).casefold())
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
        if not self._words and not self._checks:
            return None
        if self._passed is None:
            self._passed = self._pass_all(rows)
        return self._passed

    def _passes(self, place: int, row: Row) -> bool:
        return all(word in self._texts[place] for word in self._words) and all(
            check(row) for check in self._checks
        )

    def _pass_all(self, rows: Sequence[Row]) -> NDArray[np.bool_]:
        places: Sequence[int] = range(len(rows))
        for check in self._checks:
            places = [place for place in places if check(rows[place])]
        if self._words:
            self.prepare(rows, len(rows))
        for word in self._words:
            places = [place for place in places if word in self._texts[place]]
        mask = np.zeros(len(rows), dtype=np.bool_)
        mask[places] = True
        return mask
