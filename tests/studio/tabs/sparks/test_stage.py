"""What is painted behind a spark that is looked at."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from studio.sparks.backdrop import MOST, scrim
from studio.tabs.sparks.ground_video import covering
from studio.tabs.sparks.stage import Ground, PreviewStage


def test_the_preview_is_as_dark_behind_as_the_feed_would_be(qapp: QApplication) -> None:
    def grey(ground: Ground) -> int:
        stage.ground = ground
        return stage.grab().toImage().pixelColor(stage.picture_rect.center()).red()

    stage = PreviewStage()
    stage.resize(180, 320)
    stage.image = QImage(8, 8, QImage.Format.Format_ARGB32_Premultiplied)
    stage.image.fill(Qt.GlobalColor.transparent)
    stage.video = QImage(90, 160, QImage.Format.Format_RGB32)
    stage.video.fill(Qt.GlobalColor.white)
    assert grey(Ground.BLACK) == 0
    assert grey(Ground.WHITE) == pytest.approx(255 * (1 - MOST), abs=2)
    assert grey(Ground.VIDEO) == pytest.approx(255 * (1 - MOST), abs=2)
    stage.video.fill(QColor(100, 100, 100))
    assert grey(Ground.VIDEO) == pytest.approx(100 * (1 - MOST), abs=2)  # as bright as it was at the start
    stage.image = None
    assert grey(Ground.VIDEO) == 100
    stage.image = QImage(8, 8, QImage.Format.Format_ARGB32_Premultiplied)
    stage.image.fill(Qt.GlobalColor.transparent)
    assert grey(Ground.VIDEO) == pytest.approx(100 * (1 - scrim(100 / 255)), abs=2)


@pytest.mark.parametrize(
    ("size", "box", "fit"),
    [((1920, 1080), (90, 160), (284, 160)), ((720, 1280), (100, 160), (100, 178)), ((0, 0), (9, 16), (1, 1))],
)
def test_a_video_fills_the_stage_in_its_own_shape(
    size: tuple[int, int], box: tuple[int, int], fit: tuple[int, int]
) -> None:
    assert covering(size, box) == fit
