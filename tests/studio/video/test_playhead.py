from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.video import playhead
from studio.video.frames import FrameTable
from studio.video.playhead import Lane, Playhead, Range, Region

TABLE = FrameTable(tuple(range(0, 3000, 30)), (0, 40, 80), Fraction(1, 900), 3000)
LANES = (
    Lane("Users", (Range(500, 900, "weapon"), Range(2000, 2100, "weapon"))),
    Lane("Classifier", (Range(500, 700, "blood", 9100), Range(3000, 3300, "blood", 4000))),
)
HEAD = Playhead(TABLE, lanes=LANES)

moves = st.one_of(
    st.builds(lambda n: lambda head: playhead.seek(head, n), st.integers(-500, 500)),
    st.builds(lambda n: lambda head: playhead.step(head, n), st.integers(-20, 20)),
    st.builds(lambda n: lambda head: playhead.step_ms(head, n), st.sampled_from([-1000, 1000])),
    st.builds(lambda d: lambda head: playhead.shuttle(head, d), st.sampled_from([-1, 0, 1])),
    st.builds(lambda t: lambda head: playhead.advance(head, t), st.floats(-500, 9000)),
    st.builds(lambda d: lambda head: playhead.step_keyframe(head, d), st.sampled_from([-1, 1])),
    st.builds(lambda n: lambda head: playhead.add_mark(head, n), st.text(max_size=5)),
    st.sampled_from(
        [
            playhead.play_pause,
            playhead.next_marker,
            playhead.previous_marker,
            lambda head: playhead.mark_in(head, head.frame),
            lambda head: playhead.mark_out(head, head.frame),
            lambda head: playhead.remove_mark(head, head.frame),
        ]
    ),
)


@given(st.lists(moves, max_size=40))
def test_no_sequence_of_moves_leaves_the_video(sequence: list[playhead.Move]) -> None:
    head = HEAD
    for move in sequence:
        head = move(head)
        assert 0 <= head.frame < head.count
        assert head.rate == 0 or 0.25 <= abs(head.rate) <= 4
        assert [mark.frame for mark in head.marks] == sorted({mark.frame for mark in head.marks})
        if head.mark_in is not None and head.mark_out is not None:
            assert head.mark_in <= head.mark_out
            assert head.selection_ms is not None
            assert head.selection_ms[0] < head.selection_ms[1]


@given(st.integers(0, 99))
def test_next_and_previous_marker_are_the_nearest_ones(frame: int) -> None:
    head = playhead.seek(HEAD, frame)
    ahead = [marker for marker in head.markers if marker > frame]
    behind = [marker for marker in head.markers if marker < frame]
    assert playhead.next_marker(head).frame == (min(ahead) if ahead else frame)
    assert playhead.previous_marker(head).frame == (max(behind) if behind else frame)


@given(st.integers(0, 99), st.integers(1, 30))
def test_steps_there_and_back_meet(frame: int, distance: int) -> None:
    head = playhead.seek(HEAD, frame)
    there = playhead.step(head, distance)
    assert there.frame == min(frame + distance, 99)
    assert playhead.step(there, head.frame - there.frame).frame == frame


def test_shuttle_climbs_and_descends_the_ladder() -> None:
    def press(keys: str) -> list[float]:
        head, rates = HEAD, []
        for key in keys:
            head = playhead.shuttle(head, {"J": -1, "K": 0, "L": 1}[key])
            rates.append(head.rate)
        return rates

    assert press("LLLL") == [1, 2, 4, 4]
    assert press("JJJJ") == [-1, -2, -4, -4]
    assert press("LJJJJ") == [1, 0.5, 0.25, 0, -1]
    assert press("JLLLL") == [-1, -0.5, -0.25, 0, 1]
    assert press("LLK") == [1, 2, 0]


def test_markers_gather_ranges_marks_and_in_out_once_each() -> None:
    head = playhead.add_mark(playhead.seek(HEAD, 7), "look")
    head = playhead.mark_in(head, 7)
    head = playhead.mark_out(head, 50)
    starts = {TABLE.at_ms(500), TABLE.at_ms(2000), TABLE.at_ms(3000)}
    assert head.markers == tuple(sorted(starts | {7, 50}))


def test_an_in_mark_after_the_out_mark_clears_it_and_the_other_way_round() -> None:
    head = playhead.mark_out(playhead.mark_in(HEAD, 10), 20)
    assert playhead.mark_in(head, 21).mark_out is None
    assert playhead.mark_out(head, 9).mark_in is None
    assert playhead.mark_in(head, None).mark_out == 20


def test_a_later_note_replaces_the_earlier_one() -> None:
    head = playhead.add_mark(playhead.add_mark(HEAD, "first"), "second")
    assert [mark.note for mark in head.marks] == ["second"]


def test_playing_stops_at_both_ends() -> None:
    forward = playhead.advance(replace(HEAD, rate=1.0), TABLE.duration_ms + 5)
    assert (forward.frame, forward.rate) == (99, 0)
    back = playhead.advance(replace(HEAD, frame=50, rate=-2.0), -5)
    assert (back.frame, back.rate) == (0, 0)
    assert playhead.play_pause(forward).frame == 0


def test_keyframe_steps_go_to_the_neighbours() -> None:
    head = playhead.seek(HEAD, 45)
    assert playhead.step_keyframe(head, 1).frame == 80
    assert playhead.step_keyframe(head, -1).frame == 40
    assert playhead.step_keyframe(playhead.seek(HEAD, 40), -1).frame == 0
    assert playhead.step_keyframe(playhead.seek(HEAD, 90), 1).frame == 99


def test_regions_show_only_in_their_time() -> None:
    head = replace(HEAD, regions=(Region(1000, 1100, 0, 0, 5000, 5000, "face"),))
    assert playhead.seek_ms(head, 1000).regions_here()
    assert not playhead.seek_ms(head, 1100).regions_here()


@pytest.mark.parametrize(("ms", "text"), [(0, "0:00.000"), (61_005, "1:01.005"), (3_600_000, "1:00:00.000")])
def test_timecode(ms: int, text: str) -> None:
    assert playhead.timecode(ms) == text


def test_the_state_needs_neither_qt_nor_ffmpeg() -> None:
    code = "import sys, studio.video.playhead; sys.exit('PySide6' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
