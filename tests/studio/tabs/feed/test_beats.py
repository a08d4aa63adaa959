"""What is told of watching never exceeds what was watched."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.content.rules import BEATS_A_MINUTE
from studio.tabs.feed.beats import LONGEST_MS, ROUNDS_A_MINUTE, Allowance, Beat, Meter

VIDEO = UUID(int=7)


def meter() -> tuple[Meter, list[Beat]]:
    told: list[Beat] = []
    return Meter(VIDEO, told.append), told


def spans(told: list[Beat]) -> list[tuple[int, int, int]]:
    return [(beat.start_ms, beat.end_ms, beat.wall_ms) for beat in told]


def test_tells_every_five_seconds_and_the_rest_at_the_end() -> None:
    watching, told = meter()
    watching.play(0, 10.0)
    for step in range(1, 13):
        watching.reach(step * 1_000, 10.0 + step)
    watching.pause(12_000, 22.0)
    assert spans(told) == [(0, 5_000, 5_000), (5_000, 10_000, 5_000), (10_000, 12_000, 2_000)]


def test_a_pause_is_not_watched() -> None:
    watching, told = meter()
    watching.play(0, 10.0)
    watching.pause(1_000, 11.0)
    watching.play(1_000, 60.0)
    watching.pause(3_000, 62.0)
    assert spans(told) == [(0, 1_000, 1_000), (1_000, 3_000, 2_000)]


def test_a_loop_ends_one_stretch_and_begins_another() -> None:
    watching, told = meter()
    watching.play(0, 10.0)
    watching.jump(2_000, 0, 12.0)
    watching.pause(500, 12.5)
    assert spans(told) == [(0, 2_000, 2_000), (0, 500, 500)]


def test_a_picture_that_stood_still_was_not_watched() -> None:
    watching, told = meter()
    watching.play(0, 10.0)
    watching.reach(0, 17.0)
    watching.pause(1_000, 18.0)
    assert spans(told) == [(0, 1_000, 3_000)]


def test_each_of_several_that_are_told_at_once_says_how_long_ago_it_ended() -> None:
    watching, told = meter()
    watching.play(0, 10.0)
    watching.reach(12_000, 22.0)  # the computer was busy with something else
    watching.pause(13_000, 23.0)
    assert spans(told) == [(0, 5_000, 5_000), (5_000, 10_000, 5_000), (10_000, 13_000, 3_000)]
    assert [beat.ago_ms for beat in told] == [7_000, 2_000, 0]


def loops(watching: Meter, ms: int, began: float, seconds: float) -> float:
    """Play a file of so many ms round and round; when it was paused, in the middle of a round."""
    now = began
    watching.play(0, now)
    while now < began + seconds:
        now += ms / 1_000
        watching.jump(ms, 0, now)
    watching.pause(ms // 2, now + ms / 2_000)
    return now + ms / 2_000


@pytest.mark.parametrize("ms", [40, 200, 400, 590, 700])
def test_rounds_of_a_short_video_never_use_up_what_a_minute_holds(ms: int) -> None:
    told: list[float] = []
    now = 0.0
    watching = Meter(VIDEO, lambda _beat: told.append(now))
    watching.play(0, now)
    while now < 180:
        now += ms / 1_000
        watching.jump(ms, 0, now)
    for first in told:
        assert sum(first <= at < first + 60 for at in told) <= ROUNDS_A_MINUTE < BEATS_A_MINUTE
    assert len(told) >= min(180_000 // ms, 3 * ROUNDS_A_MINUTE) - 1, "no more is left out than has to be"


def test_seconds_at_a_short_video_are_told_in_full() -> None:
    watching, told = meter()
    loops(watching, 250, 10.0, 10.0)
    assert spans(told) == [(0, 250, 250)] * 40 + [(0, 125, 125)]


def test_the_first_round_at_the_next_video_is_told_though_the_last_one_used_up_its_rounds() -> None:
    told: list[Beat] = []
    allowance = Allowance()
    end = loops(Meter(VIDEO, told.append, allowance), 125, 10.0, 20.0)
    other = UUID(int=8)
    loops(Meter(other, told.append, allowance), 500, end, 4.0)
    assert [(beat.start_ms, beat.end_ms) for beat in told if beat.video_id == other] == [(0, 500), (0, 250)]


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["play", "reach", "pause", "jump"]),
            st.floats(0, 12, allow_nan=False),
            st.integers(0, 15_000),
        ),
        max_size=50,
    )
)
def test_beats_never_exceed_wall_time_and_tell_nothing_twice(steps: list[tuple[str, float, int]]) -> None:
    now, played, place, round_ = 100.0, 0.0, 0, 0
    told: list[Beat] = []
    ended: list[float] = []

    def tell(beat: Beat) -> None:
        told.append(beat)
        ended.append(now - beat.ago_ms / 1_000)

    watching = Meter(VIDEO, tell)
    rounds: dict[int, list[Beat]] = {0: []}
    for what, seconds, moved in steps:
        if watching.playing:
            played += seconds
            place += moved
        now += seconds
        before = len(told)
        if what == "jump" and watching.playing:
            watching.jump(place, 0, now)
            rounds[round_] += told[before:]
            place, round_ = 0, round_ + 1
            rounds[round_] = []
            continue
        if what != "jump":
            getattr(watching, what)(place, now)
        rounds[round_] += told[before:]
    assert sum(beat.wall_ms for beat in told) <= played * 1_000 + 1e-3
    for beat in told:
        assert 0 < beat.end_ms - beat.start_ms <= beat.wall_ms <= LONGEST_MS
    for (_, end), (beat, next_end) in itertools.pairwise(zip(told, ended, strict=True)):
        assert next_end - beat.wall_ms / 1_000 >= end - 0.002, "no moment belongs to two of them"
    for beats in rounds.values():
        for first, second in itertools.pairwise(beats):
            assert second.start_ms >= first.end_ms
