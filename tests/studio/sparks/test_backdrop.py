"""The video is darkened below sparks by how bright it is: softly, once for each, and never as a flash."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from studio.sparks.backdrop import FROM, MOST, RAMP_S, Backdrop, brightness, scrim
from studio.sparks.flights import DRIVEN_MS, FRAME_MS
from studio.theme import style
from tests.studio.sparks.sky import Sky, fly
from tests.studio.sparks.test_flights import ready, rehearsal
from tests.studio.sparks.test_growing import take_off


@pytest.fixture
def moving(qapp: QApplication) -> QApplication:
    style.apply(qapp, "dark", reduced_motion=False)
    return qapp


@pytest.mark.parametrize("shape", [(640, 360, 4), (5, 7, 4), (640, 360)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_brightness_of_a_plain_picture(shape: tuple[int, ...], level: int) -> None:
    assert brightness(np.full(shape, level, np.uint8)) == pytest.approx(level / 255, abs=0.001)


def test_a_bright_half_counts() -> None:
    picture = np.zeros((640, 360, 4), np.uint8)
    picture[:320] = 255
    assert brightness(picture) == pytest.approx(1.0)


def test_dark_video_is_left_as_it_is_and_white_darkened_most() -> None:
    assert scrim(0.0) == scrim(FROM) == 0.0
    assert 0.0 < scrim(0.6) < scrim(0.9) < MOST == scrim(1.0)


def test_it_never_changes_fast() -> None:
    backdrop, seen = Backdrop(), [0.0]
    for frame in range(240):
        backdrop.advance(MOST if frame // 6 % 2 == 0 else 0.0, frame / 60)  # somebody gives ten a second
        seen.append(backdrop.scrim)
    steps = [abs(after - before) for before, after in pairwise(seen)]
    assert max(steps) <= MOST / RAMP_S / 59


def corner(sky: Sky) -> int:
    """The lightness of white video where no spark is, 0 to 255."""
    image = QImage(sky.window.size(), QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    sky.overlay.render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    return QColor(image.pixel(2, 2)).lightness()


@pytest.mark.parametrize("bright", [0.2, 1.0])
def test_white_video_is_darkened_while_a_spark_flies(
    moving: QApplication, tmp_path: Path, bright: float
) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        sky.oven.seconds = 2.0
        await ready(sky, given)
        sky.bright = bright
        sky.flights.fly(given)
        shares = []
        while sky.flights.busy:
            sky.turn(1 / 60)
            shares.append(sky.flights.backdrop.scrim)
        assert sky.measured == 1
        assert max(shares) == pytest.approx(scrim(bright))
        assert shares[-2] == pytest.approx(0.0, abs=0.03)  # the light is back when it ends
        assert shares[-1] == 0.0

    fly(moving, tmp_path, story)


def test_the_light_comes_back_as_softly_where_a_film_breaks(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.bright = 1.0
        sky.oven.breaks, sky.oven.seconds = 2, 3.0
        await take_off(sky, each_s=0.1, parts=2)
        sky.turn(0.6)
        assert sky.flights.backdrop.scrim == pytest.approx(MOST)
        await sky.part()
        shares = [sky.flights.backdrop.scrim]
        while sky.flights.busy:
            sky.turn(1 / 60)
            shares.append(sky.flights.backdrop.scrim)
        assert max(before - after for before, after in pairwise(shares)) <= MOST / RAMP_S / 59

    fly(moving, tmp_path, story)


def test_it_is_painted_over_the_whole_picture(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        sky.oven.seconds = 2.0
        await ready(sky, given)
        sky.window.resize(900, 640)
        sky.overlay.place(sky.window.rect())
        sky.bright = 1.0
        sky.flights.fly(given)
        sky.turn(1.0)
        assert corner(sky) == pytest.approx(255 * (1 - MOST), abs=2)

    fly(moving, tmp_path, story)


def test_what_is_seen_changes_with_the_video_while_that_moves(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        clock = sky.flights._clock
        sky.flights.drive()
        assert not clock.isActive()  # nothing flies
        sky.flights.fly(given)
        assert clock.interval() == FRAME_MS
        sky.clock.at += 0.5
        sky.flights.drive()
        assert sky.flights.seen[0].number == 15
        assert clock.interval() == DRIVEN_MS
        sky.flights._alone()  # the video stands
        assert clock.interval() == FRAME_MS

    fly(moving, tmp_path, story)
