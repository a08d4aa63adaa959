"""What counts as watched and as a view, by the rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.content.counting import Beat, counted, enough_ms, watched_ms

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STAYS = [(UUID(int=n), UUID(int=100 + n // 2)) for n in range(4)]


def at(ms: int) -> datetime:
    return BEGIN + timedelta(milliseconds=ms)


def beat(n: int, began: int, wall: int, played: int, stay: int = 0) -> Beat:
    return Beat(UUID(int=n), STAYS[stay], at(began), at(began + wall), played)


beats = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 60), st.integers(0, 90), st.integers(0, 3)), max_size=12
).map(lambda drawn: [beat(n, *one) for n, one in enumerate(drawn)])


@given(beats, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(drawn: list[Beat], random: Random) -> None:
    shuffled = drawn[:]
    random.shuffle(shuffled)
    assert watched_ms(shuffled) == watched_ms(drawn)


@given(beats)
def test_nobody_watches_faster_than_time_goes_by(drawn: list[Beat]) -> None:
    lived = {ms for b in drawn for ms in range((b.began - BEGIN) // MS, (b.ended - BEGIN) // MS)}
    spent = watched_ms(drawn)
    assert sum(spent.values()) <= len(lived)
    for stay, ms in spent.items():
        assert 0 <= ms <= sum(b.played_ms for b in drawn if b.playback == stay)


MS = timedelta(milliseconds=1)


def test_what_was_played_counts_and_a_pause_does_not() -> None:
    assert watched_ms([beat(1, 0, 5_000, 5_000), beat(2, 5_000, 5_000, 1_200)]) == {STAYS[0]: 6_200}


def test_the_same_time_is_not_spent_twice() -> None:
    drawn = [beat(1, 0, 1_000, 1_000, 0), beat(2, 500, 1_000, 1_000, 1), beat(3, 100, 200, 200, 2)]
    assert watched_ms(drawn) == {STAYS[0]: 1_000, STAYS[1]: 500, STAYS[2]: 0}


@pytest.mark.parametrize(
    ("duration_ms", "enough"), [(None, 3_000), (60_000, 3_000), (6_000, 3_000), (4_000, 2_000), (1, 1)]
)
def test_three_seconds_are_a_view_or_half_of_a_short_video(duration_ms: int | None, enough: int) -> None:
    assert enough_ms(duration_ms) == enough


@pytest.mark.parametrize(
    ("minutes", "views"),
    [
        ([], []),
        ([0], [0]),
        ([0, 29], [0]),
        ([0, 30], [0, 1]),
        ([0, 20, 40, 60], [0, 2]),
        ([40, 0, 20], [0, 1]),
    ],
)
def test_a_view_is_counted_once_in_half_an_hour(minutes: Sequence[int], views: list[int]) -> None:
    times = [(BEGIN + timedelta(minutes=m), UUID(int=n)) for n, m in enumerate(minutes)]
    assert counted(times) == {UUID(int=n) for n in views}
