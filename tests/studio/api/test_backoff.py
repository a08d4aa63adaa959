"""Backoff grows, is bounded, and never undercuts the server's wish."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.api.backoff import Backoff


@given(attempt=st.integers(0, 10_000), wish=st.none() | st.floats(0, 3600))
def test_delay_lies_between_the_wish_and_the_ceiling(attempt: int, wish: float | None) -> None:
    backoff = Backoff(base_s=0.5, cap_s=30.0)
    delay = backoff.delay_s(attempt, at_least_s=wish)
    floor = wish or 0.0
    assert floor <= delay <= floor + min(30.0, 0.5 * 2.0 ** min(attempt, 64))


def test_jitter_spreads_clients() -> None:
    backoff = Backoff(base_s=1.0, cap_s=30.0)
    assert len({backoff.delay_s(3, at_least_s=5) for _ in range(20)}) == 20
