from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from benchmarks.coded_clips import read_number
from studio.video.frames import FrameTable
from studio.video.index import build_index
from studio.video.playhead import Playhead, seek
from studio.video.shield import Shield
from studio.video.storyboard import STILLS, Still, Storyboard, still_frames, stills
from tests.studio.video.test_frames import tables

Clip = Callable[[str], Path]


@given(tables(), st.integers(1, 20))
def test_stills_are_in_order_and_all_different(table: FrameTable, count: int) -> None:
    chosen = still_frames(table, count)
    assert chosen == sorted(set(chosen))
    assert 1 <= len(chosen) <= count
    assert chosen[-1] < len(table)


@pytest.mark.parametrize("name", ["bframes", "long_gop", "rotated"])
def test_stills_show_their_frames(clip: Clip, name: str) -> None:
    made = list(stills(clip(name), build_index(clip(name))))
    assert len(made) == STILLS
    assert all(still.pixels.shape == (90, 160, 4) for still in made)
    assert [read_number(still.pixels) for still in made] == [still.frame for still in made]


def test_damaged_stills_are_left_out(damaged: Path) -> None:
    made = list(stills(damaged, build_index(damaged), count=30))
    assert 5 < len(made) < 30


@pytest.fixture
def strip(qtbot: QtBot) -> Storyboard:
    made = Storyboard()
    qtbot.addWidget(made)
    made.resize(600, 60)
    colours = np.zeros((90, 160, 4), np.uint8)
    colours[:, :, 2], colours[:, :, 3] = 250, 255
    made.set_stills([Still(frame, colours) for frame in (0, 30, 60)])
    return made


def colourful(image: QImage) -> bool:
    pixel = image.pixelColor(40, 30)
    return pixel.red() > pixel.green() + 100


def test_colour_only_while_revealed(strip: Storyboard) -> None:
    for shield in (Shield(), Shield(blur=False), Shield(grey=True)):
        strip.set_shield(shield)
        assert not colourful(strip.grab().toImage())
    strip.set_revealed(True)
    assert colourful(strip.grab().toImage())
    strip.set_revealed(False)
    assert not colourful(strip.grab().toImage())
    strip.set_revealed(True)
    strip.set_blank(True)
    assert not colourful(strip.grab().toImage())


def test_click_and_keys_choose(strip: Storyboard, qtbot: QtBot) -> None:
    chosen: list[int] = []
    strip.chosen.connect(chosen.append)
    strip.set_playhead(Playhead(FrameTable(tuple(range(90)), (0,), Fraction(1, 30), 90)))
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip._cell(1).center()))
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert chosen == [30, 60]
    assert strip.accessibleDescription().startswith("Still 3 of 3, at")


def test_the_still_under_the_playhead_is_marked(strip: Storyboard) -> None:
    table = FrameTable(tuple(range(90)), (0,), Fraction(1, 30), 90)
    strip.set_playhead(Playhead(table))
    first = strip.grab().toImage()
    strip.set_playhead(seek(Playhead(table), 14))
    assert strip.grab().toImage() == first
    strip.set_playhead(seek(Playhead(table), 16))
    assert strip.grab().toImage() != first


def test_a_damaged_file_gives_no_stills_and_no_error(qtbot: QtBot, clip: Clip) -> None:
    strip = Storyboard()
    qtbot.addWidget(strip)
    with qtbot.waitSignal(strip._worker.finished, timeout=20_000) as ended:
        strip.load(b"nonsense", build_index(clip("cfr")))
    assert ended.args == [None]
    assert strip._stills == []
