"""The one source of the current time, so that leases and deadlines can be tested without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _source()


class Held:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> datetime:
        """Move forward (or back, with a negative `by`) and return the new instant."""
        self.at += by
        return self.at


@contextmanager
def held(at: datetime | None = None) -> Iterator[Held]:
    """Hold the clock for the whole process within the block (tests only)."""
    global _source
    before, clock = _source, Held(at or _system())
    _source = clock
    try:
        yield clock
    finally:
        _source = before
