"""The picture of a sound by its pitch: the tone is where it belongs, silence is dark, a click scrubs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.video.index import build_index
from studio.video.panel import ReviewPlayer
from studio.video.playhead import Lane, Playhead, Range
from studio.video.spectrogram import Spectrogram
from studio.video.spectrum import ROWS, TOP_HZ, row_of, spectrum
from tests.studio.video.conftest import FRAMES, write_sound

Clip = Callable[[str], Path]
TONE_HZ = 440


def test_a_tone_is_a_line_at_its_pitch(clip: Clip) -> None:
    *_, found = spectrum(clip("tone"), 0.0, FRAMES / 30, columns=100)
    assert found.shape == (ROWS, 100)
    loudest = found[:, 5:95].argmax(axis=0)
    assert np.abs(loudest - row_of(TONE_HZ)).max() <= 2
    assert found[:, 5:95].max(axis=0).min() > 230
    assert np.median(found) < 80


def test_silence_before_and_after_a_tone_is_dark(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "late.mp4", (1.0, 2.0))
    *_, found = spectrum(path, 0.0, 3.0, columns=60)
    loud = found.max(axis=0)
    assert loud[22:38].min() > 200
    assert loud[:18].max() < 60
    assert loud[44:].max() < 60


def test_rows_go_down_in_pitch() -> None:
    assert row_of(TOP_HZ) == 0
    assert row_of(0) == ROWS
    assert row_of(300) > row_of(3_000)


def test_no_sound_yields_nothing(clip: Clip) -> None:
    assert list(spectrum(clip("cfr"), 0.0, 5.0)) == []


def test_the_widget_paints_what_was_found_over_the_sound_and_scrubs(clip: Clip, qtbot: QtBot) -> None:
    head = Playhead(build_index(clip("tone")).table)
    shown = Spectrogram()
    qtbot.addWidget(shown)
    shown.resize(600, 92)
    shown.set_playhead(head)
    empty = shown.grab().toImage()
    with qtbot.waitSignal(shown._worker.finished, timeout=20_000):
        shown.load(clip("tone"), head, 0.0)
    read = shown.grab().toImage()
    assert read != empty
    lanes = (
        Lane("Voice", (Range(1_000, 2_000, "Voice synthesis"),), heard=True),
        Lane("Face", (Range(3_000, 4_000, "Face"),)),
    )
    shown.set_playhead(replace(head, lanes=lanes))
    assert shown.grab().toImage() != read
    assert [found.start_ms for found in shown.heard()] == [1_000]
    assert shown.accessibleDescription() == "1 stretch was found in it"
    with qtbot.waitSignal(shown.scrubbed) as scrubbed:
        qtbot.mousePress(shown, Qt.MouseButton.LeftButton, pos=QPoint(590, 20))
    assert scrubbed.args == [FRAMES - 1]


def test_the_player_shows_one_picture_of_the_sound_and_reads_it_when_it_is_asked_for(
    clip: Clip, qtbot: QtBot
) -> None:
    panel = ReviewPlayer()
    qtbot.addWidget(panel, before_close_func=ReviewPlayer.close_video)
    panel.resize(900, 700)
    panel.show()
    panel.open(clip("tone"))
    qtbot.waitUntil(lambda: panel.waveform.loaded)
    assert panel.spectrogram.isHidden()
    assert not panel.spectrogram.loaded
    panel.button("spectrum").click()
    assert panel.waveform.isHidden()
    assert panel.spectrogram.isVisible()
    qtbot.waitUntil(lambda: panel.spectrogram._levels is not None)
    panel.handlers()["review.spectrum"]()
    assert panel.waveform.isVisible()
    assert panel.spectrogram.isHidden()
    panel.open(clip("cfr"))
    qtbot.waitUntil(lambda: panel.view.picture is not None and panel.waveform.isHidden())
    panel.toggle_spectrum()
    assert panel.spectrogram.isHidden()
    assert "no sound" in panel._status.text()
