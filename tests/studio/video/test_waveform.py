from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.video.index import build_index
from studio.video.playhead import Playhead
from studio.video.waveform import Waveform, peaks
from tests.studio.video.conftest import FRAMES

Clip = Callable[[str], Path]


def test_a_tone_has_its_level_all_the_way(clip: Clip) -> None:
    *_, found = peaks(clip("tone"), 0.0, FRAMES / 30, buckets=100)
    assert found.shape == (100, 2)
    middle = found[5:95]
    assert np.allclose(middle[:, 1], 12_000 / 32_768, atol=0.05)
    assert np.allclose(middle[:, 0], -12_000 / 32_768, atol=0.05)


def test_sound_outside_the_video_is_left_out(clip: Clip) -> None:
    *_, found = peaks(clip("tone"), 4.0, 4.0, buckets=40)
    assert found[:8, 1].min() > 0.3
    assert np.abs(found[12:]).max() < 0.05


def test_no_sound_yields_nothing(clip: Clip) -> None:
    assert list(peaks(clip("cfr"), 0.0, 5.0)) == []


def test_the_widget_reads_paints_and_scrubs(clip: Clip, qtbot: QtBot) -> None:
    head = Playhead(build_index(clip("tone")).table)
    wave = Waveform()
    qtbot.addWidget(wave)
    wave.resize(600, 40)
    wave.set_playhead(head)
    empty = wave.grab().toImage()
    with qtbot.waitSignal(wave._worker.finished, timeout=20_000):
        wave.load(clip("tone"), head, 0.0)
    assert wave.grab().toImage() != empty
    with qtbot.waitSignal(wave.scrubbed) as scrubbed:
        qtbot.mousePress(wave, Qt.MouseButton.LeftButton, pos=QPoint(590, 20))
    assert scrubbed.args == [FRAMES - 1]
    wave.clear()
    assert wave.grab().toImage() == empty
