"""Which picture is due, at any rate of the screen, and how a person turns at it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sparks import still
from studio.sparks.player import Length, Playback, due
from tests.studio.sparks.ovens import Clock


@given(rate=st.floats(10, 360), fps=st.sampled_from([15, 24, 30, 60]), count=st.integers(1, 360))
def test_the_picture_follows_from_the_time_alone(rate: float, fps: int, count: int) -> None:
    seen = [due(turn / rate, fps=fps, count=count) for turn in range(int(count / fps * rate) + 3)]
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == count - 1
    if rate >= fps:
        assert set(seen) == set(range(count))  # a faster screen leaves none out


@given(picture=st.integers(0, 359), fps=st.sampled_from([15, 24, 30, 60]))
def test_a_picture_is_due_at_its_very_time(picture: int, fps: int) -> None:
    assert due(picture / fps, fps=fps, count=360) == picture


def test_before_and_after() -> None:
    assert due(-1.0, fps=30, count=10) == 0
    assert due(99.0, fps=30, count=10) == 9


def playback() -> tuple[Playback, Clock]:
    clock = Clock()
    return Playback(clock, Length(60, 30)), clock


def test_round_and_round() -> None:
    player, clock = playback()
    player.play()
    clock.at += 2.5
    assert player.picture() == 15


def test_from_the_end_it_goes_on_at_the_beginning() -> None:
    player, _clock = playback()
    player.seek(5)
    assert player.seconds() == 2.0
    player.play()
    assert player.seconds() == 0.0


def test_slower_and_faster_go_on_from_where_it_is() -> None:
    player, clock = playback()
    player.play()
    clock.at += 1.0
    player.set_speed(0.25)
    assert player.seconds() == pytest.approx(1.0)
    clock.at += 1.0
    assert player.seconds() == pytest.approx(1.25)
    with pytest.raises(ValueError, match="cannot be"):
        player.set_speed(0)


def test_scrubbing_stands_still() -> None:
    player, clock = playback()
    player.pause()
    player.seek(1.5)
    clock.at += 9
    assert player.picture() == 45
    player.seek(99)
    assert player.seconds() == 2.0


def test_nothing_to_play() -> None:
    player = Playback(Clock())
    player.play()
    assert player.picture() is None
    assert not player.playing


def test_a_still_comes_stays_and_goes() -> None:
    assert still.opacity(0.0) == 0.0
    assert still.opacity(still.FADE_S) == 1.0
    assert still.opacity(still.LASTS_S / 2) == 1.0
    assert still.opacity(still.LASTS_S) == 0.0
    assert still.opacity(1_000.0, None) == 1.0
