from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from studio.theme import style
from studio.video import playhead
from studio.video.playhead import Course, Lane, Range
from studio.video.timeline import GUTTER, TimeAxis, Timeline, _describe
from tests.studio.video.test_playhead import HEAD


@pytest.fixture
def bar(qtbot: QtBot) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.set_playhead(HEAD)
    made.resize(GUTTER + 1000 + 10, made.sizeHint().height())
    made.show()
    return made


@given(st.integers(200, 3000), st.integers(1, 10_000_000), st.floats(0, 1))
def test_time_to_x_and_back(width: int, duration: int, share: float) -> None:
    axis = TimeAxis(width, duration)
    ms = share * duration
    assert axis.ms(axis.x(ms)) == pytest.approx(ms, abs=duration * 1e-6 + 1e-6)
    assert axis.ms(-50) == 0
    assert axis.ms(width + 50) == duration


def test_click_and_drag_scrub(bar: Timeline, qtbot: QtBot) -> None:
    wanted: list[int] = []
    bar.scrubbed.connect(wanted.append)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(bar, left, pos=QPoint(GUTTER + 500, 20))
    qtbot.mouseMove(bar, QPoint(GUTTER + 600, 20))
    qtbot.mouseMove(bar, QPoint(GUTTER + 5000, 20))
    qtbot.mouseRelease(bar, left, pos=QPoint(GUTTER + 600, 20))
    qtbot.mouseMove(bar, QPoint(GUTTER + 100, 20))
    assert wanted[0] == HEAD.table.at_ms(HEAD.table.duration_ms / 2)
    assert wanted[-1] == HEAD.count - 1
    assert len(wanted) == 3


def test_a_click_on_a_flagged_range_goes_to_its_start(bar: Timeline, qtbot: QtBot) -> None:
    wanted: list[int] = []
    bar.scrubbed.connect(wanted.append)
    x = bar.axis().x(890)
    point = QPoint(round(x), 10 + 22 + 6 + 8)
    flagged = bar.range_at(QPointF(point))
    assert flagged is not None
    assert flagged.label == "weapon"
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=point)
    assert wanted == [HEAD.table.at_ms(500)]


def test_keys_step(bar: Timeline, qtbot: QtBot) -> None:
    wanted: list[int] = []
    bar.scrubbed.connect(wanted.append)
    bar.set_playhead(playhead.seek(HEAD, 50))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(bar, key)
        bar.set_playhead(playhead.seek(HEAD, wanted[-1]))
    assert wanted == [51, 50, 60, 0, 99]


def test_following_the_playhead_scrubs_nothing(bar: Timeline) -> None:
    wanted: list[int] = []
    bar.scrubbed.connect(wanted.append)
    bar.set_playhead(playhead.seek(HEAD, 42))
    assert wanted == []
    assert bar.value() == 42


def test_assistive_technology_reads_the_frame(bar: Timeline) -> None:
    bar.set_playhead(playhead.seek(HEAD, 42))
    interface = QAccessible.queryAccessibleInterface(bar)
    assert interface.text(QAccessible.Text.Name) == "Time bar"
    assert interface.role() == QAccessible.Role.Slider
    assert interface.valueInterface().currentValue() == 42
    assert bar.accessibleDescription() == "0:01.400 of 0:03.334"


def test_each_part_of_the_state_is_painted(bar: Timeline) -> None:
    seen = [bar.grab().toImage()]
    for head in (
        replace(HEAD, cached=((0, 50),)),
        playhead.mark_out(playhead.mark_in(HEAD, 10), 30),
        playhead.add_mark(playhead.seek(HEAD, 60), "x"),
        playhead.seek(HEAD, 60),
        replace(HEAD, lanes=(HEAD.lanes[0], Lane("Own", (Range(0, 900, "y", 100),)))),
    ):
        bar.set_playhead(head)
        image = bar.grab().toImage()
        assert image not in seen
        seen.append(image)


def test_without_a_video_it_is_disabled(bar: Timeline, qtbot: QtBot) -> None:
    bar.set_playhead(None)
    assert not bar.isEnabled()
    bar.grab()


def test_the_course_of_a_score_is_as_high_as_the_score(bar: Timeline) -> None:
    course = Course(0, 1_000, (9_500, None, 1_000))
    head = replace(HEAD, lanes=(Lane("Scores", (), course=course),))
    bar.set_playhead(head)
    image = bar.grab().toImage()
    axis = bar.axis()
    inked = []
    for second in range(3):
        x = round(axis.x(second * 1_000 + 400))
        tops = [image.pixelColor(x, y).name() for y in range(bar.height())]
        inked.append(sum(name in (style.tokens().critical, style.tokens().low) for name in tops))
    high, none, low = inked
    assert high > low > none == 0


def test_a_range_is_as_high_as_its_score_and_a_screen_reader_is_told_of_it(bar: Timeline) -> None:
    ranges = (Range(0, 900, "Face", 9_500), Range(1_000, 1_900, "Voice", 1_050))
    bar.set_playhead(replace(HEAD, lanes=(Lane("Found", ranges),)))
    image, axis = bar.grab().toImage(), bar.axis()
    inked = []
    for at in (450, 1_450):
        tops = [image.pixelColor(round(axis.x(at)), y).name() for y in range(bar.height())]
        inked.append(sum(name in (style.tokens().critical, style.tokens().low) for name in tops))
    assert inked[0] > inked[1] > 0
    assert bar.accessibleDescription().endswith(". Face, score 95 %")
    assert "score 11 %" in _describe(ranges[1])  # as in the panel beside it


def test_while_it_plays_the_lanes_are_not_drawn_anew(bar: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(bar, "_paint_lanes", lambda *_: drawn.append(1))
    head = replace(HEAD, lanes=(Lane("Found", (Range(0, 900, "Face", 9_500),)),))
    for frame in range(5):
        bar.set_playhead(replace(head, frame=frame))
        bar.grab()
    assert len(drawn) == 1
    bar.set_playhead(replace(head, lanes=()))
    bar.grab()
    assert len(drawn) == 2
