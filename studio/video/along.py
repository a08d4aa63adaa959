"""Which times of two videos belong together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Along:
    """A stretch of the leading video that runs along a stretch of the other, in ms; the default is from the
    beginning of both, at one speed."""

    start_ms: int = 0
    end_ms: int = 0
    other_start_ms: int = 0
    other_end_ms: int = 0

    def there(self, ms: float) -> float:
        """The time of the other video that belongs to a time of the leading one, also outside the stretch."""
        length, other = self.end_ms - self.start_ms, self.other_end_ms - self.other_start_ms
        pace = other / length if length > 0 and other > 0 else 1.0
        return self.other_start_ms + (ms - self.start_ms) * pace
