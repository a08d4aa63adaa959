"""The meter of flashes, tried on strobes of which it is known how often they flash."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from server.sparks.engine.flash import Flashes, Meter, worst

FPS = 30
SIZE = (320, 180)
Colour = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def strobe(
    hertz: float,
    dark: Colour = BLACK,
    bright: Colour = WHITE,
    *,
    area: float = 1,
    seconds: float = 3,
    fps: int = FPS,
) -> Iterator[np.ndarray]:
    """Half of each period bright, on `area` of the stage, from its upper left corner."""
    height, width = (round(side * area**0.5) for side in SIZE)
    for i in range(round(seconds * fps)):
        frame = np.full((*SIZE, 3), dark, np.uint8)
        if int(2 * hertz * i / fps) % 2:
            frame[:height, :width] = bright
        yield frame


@pytest.mark.parametrize("fps", [30, 60])
@pytest.mark.parametrize("hertz", [1, 2, 3, 5])
def test_a_strobe_flashes_as_often_as_it_does(hertz: int, fps: int) -> None:
    found = worst(strobe(hertz, fps=fps), fps)
    assert (found.general, found.red, found.worst) == (hertz, 0, hertz)
    assert found.at_s is not None
    assert 1 / hertz <= found.at_s <= 3


@pytest.mark.parametrize(
    ("dark", "bright", "flashes"),
    [
        ((100,) * 3, (108,) * 3, 0),  # 0.03 of luminance
        ((0,) * 3, (88,) * 3, 0),  # to 0.098
        ((0,) * 3, (90,) * 3, 5),  # to 0.102
        ((232,) * 3, WHITE, 0),  # the darker is at 0.807
        ((229,) * 3, WHITE, 5),  # at 0.783
    ],
)
def test_what_changes_little_or_is_bright_already_is_no_flash(
    dark: Colour, bright: Colour, flashes: int
) -> None:
    assert worst(strobe(5, dark, bright), FPS).general == flashes


@pytest.mark.parametrize(("area", "flashes"), [(0.01, 0), (0.022, 0), (0.028, 5), (0.5, 5)])
def test_what_is_small_is_no_flash(area: float, flashes: int) -> None:
    """A quarter of 341 x 256 of 720 x 1280 pixels is 2.37 %."""
    assert worst(strobe(5, area=area), FPS).general == flashes


def test_small_ones_count_together_within_a_field_but_not_across_the_stage() -> None:
    near, far = [], []
    for frame in strobe(5, area=0.016):
        lit = frame.any()
        close = frame.copy()
        close[:40, 25:48] = 255 * lit
        apart = frame.copy()
        apart[-40:, -23:] = 255 * lit
        near.append(close)
        far.append(apart)
    assert worst(near, FPS).general == 5
    assert worst(far, FPS).general == 0


def test_a_slow_swell_is_one_flash_and_a_fast_one_several() -> None:
    def swell(hertz: float) -> Iterator[np.ndarray]:
        for i in range(90):
            level = 0.5 - 0.5 * np.cos(2 * np.pi * hertz * i / FPS)
            yield np.full((*SIZE, 3), round(255 * level), np.uint8)

    assert worst(swell(0.5), FPS).general <= 1
    assert worst(swell(4), FPS).general == 4


def test_one_change_back_is_a_flash_and_one_without_is_none() -> None:
    dark, light = (np.full((*SIZE, 3), level, np.uint8) for level in (0, 255))
    assert worst([dark] * 10 + [light] * 10, FPS).general == 0
    assert worst([dark] * 10 + [light] + [dark] * 10, FPS).general == 1
    # The second pair is a second later.
    assert worst(([dark] * 40 + [light]) * 2 + [dark], FPS).general == 1


RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)


@pytest.mark.parametrize(
    ("one", "other", "red"),
    [
        (BLACK, RED, 5),
        (BLUE, RED, 5),
        (GREEN, RED, 5),
        (WHITE, RED, 5),
        (BLACK, BLUE, 0),
        (BLACK, (255, 200, 0), 0),
        (BLACK, (60, 0, 0), 0),  # too dark: 0.045 of 0.0625
        (BLACK, (1, 0, 0), 0),  # the last bit
        ((255, 0, 0), (230, 0, 0), 5),  # the same hue, 0.21 darker: Harding and Binnie count it
        ((255, 0, 0), (250, 0, 0), 0),
    ],
)
def test_red_flashes(one: Colour, other: Colour, red: int) -> None:
    assert worst(strobe(5, one, other), FPS).red == red


def test_where_and_when_it_is_worst_is_told() -> None:
    frames = []
    for i in range(120):
        frame = np.zeros((*SIZE, 3), np.uint8)
        if 60 <= i < 90 and i // 3 % 2:
            frame[200:300, 100:160] = 255
        frames.append(frame)
    found = worst(frames, FPS)
    assert found.general == 5
    assert found.at_s == pytest.approx(3, abs=0.1)
    assert found.region is not None
    # The flashing part, in logical pixels, is 400..640 x 800..1200.
    assert 150 <= found.region.x <= 400
    assert 680 <= found.region.y <= 1_000
    assert worst([np.zeros((*SIZE, 3), np.uint8)] * 9, FPS) == Flashes(general=0, red=0)
    assert Meter(FPS).flashes == Flashes(general=0, red=0)
