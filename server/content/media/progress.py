"""How far the task of a media worker has come: the task tells it, whoever started the worker hears it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

WHOLE = 10_000
STEP = 100
"""In basis points of the whole: what is told at least lies so far apart."""
ItemT = TypeVar("ItemT")


class Progress:
    """Tells `heard` how much of the whole is done, in basis points, never less than before."""

    def __init__(self, heard: Callable[[int], None]) -> None:
        self._heard = heard
        self._told = 0

    def tell(self, done_bp: int) -> None:
        """So much is done."""
        now = min(max(done_bp, 0), WHOLE)
        if now >= self._told + STEP:
            self._told = now
            self._heard(now)

    def over(self, items: Iterable[ItemT], count: int, first_bp: int, last_bp: int) -> Iterator[ItemT]:
        """The items, some `count` of them, telling the way from `first_bp` to `last_bp` as they go by."""
        for done, item in enumerate(items):
            yield item
            self.tell(first_bp + (last_bp - first_bp) * min(done + 1, count) // max(count, 1))


silent = Progress(lambda done_bp: None)
"""Of a task that nobody listens to."""
