"""How long to wait before trying again: exponential backoff with full jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    `base_s` and `cap_s` are seconds; attempt 0 waits at most `base_s`, each later one at most
    twice as long as the one before, never more than `cap_s`.
    """

    base_s: float
    cap_s: float
    rng: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def delay_s(self, attempt: int, *, at_least_s: float | None = None) -> float:
        """Return the seconds to wait before retry number `attempt` (0 is the first retry).

        `at_least_s` is the server's Retry-After. The jitter comes on top of it, so that clients
        which were told the same second do not all come back in that second.
        """
        # 2.0**1024 overflows a float, and no cap is anywhere near 2**64 times its base.
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(attempt, 64))
        return (at_least_s or 0.0) + self.rng.uniform(0.0, ceiling)
