from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given
from hypothesis import strategies as st

from studio.video import shield as shield_module
from studio.video.shield import OPEN, Pixels, Shield, shield_pixels, treat
from studio.video.view import image_over

shields = st.builds(Shield, st.booleans(), st.integers(0, 100), st.booleans())


def checkerboard(width: int, height: int, cell: int) -> Pixels:
    y, x = np.mgrid[0:height, 0:width] // cell
    odd = (x + y) % 2 == 1
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[odd] = (255, 0, 0)
    rgb[~odd] = (0, 255, 0)
    return rgb


def decoded(rgb: Pixels) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv444p")


def steepest(pixels: Pixels) -> int:
    """The largest step between neighbouring pixels."""
    values = pixels[..., :3].astype(int) if pixels.ndim == 3 else pixels.astype(int)
    return int(max(np.abs(np.diff(values, axis=axis)).max() for axis in (0, 1)))


@given(shields, shields, shields)
def test_covering_is_an_order(first: Shield, second: Shield, third: Shield) -> None:
    assert first.covers(first)
    assert first.covers(OPEN)
    if first.covers(second) and second.covers(third):
        assert first.covers(third)


@given(shields)
def test_raw_covers_only_what_hides_nothing(required: Shield) -> None:
    assert OPEN.covers(required) == (not required.blur and not required.grey)


@pytest.mark.parametrize("strength", [0, 50, 100])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(1280, 720), (160, 90), (90, 160), (64, 64)])
def test_blur_leaves_nothing_steep(strength: int, grey: bool, size: tuple[int, int]) -> None:
    frame = decoded(checkerboard(*size, cell=4))
    assert steepest(treat(frame, size, 0, OPEN)) > 100
    pixels = treat(frame, size, 0, Shield(True, strength, grey))
    assert steepest(pixels) < 25
    assert pixels.ndim == (2 if grey else 3)


@pytest.mark.parametrize("strength", [0, 50, 100])
def test_what_is_left_fits_into_the_cells(strength: int) -> None:
    """The blurred picture of pure noise has no more independent lines than cells."""
    noise = np.random.default_rng(1).integers(0, 256, (270, 480, 3), dtype=np.uint8)
    shield = Shield(True, strength)
    plane = treat(decoded(noise), (480, 270), 0, shield)[:, :, 0].astype(float)
    spectrum = np.linalg.svd(plane, compute_uv=False)
    # Rounding to whole grey levels adds noise of about 1/sqrt(12) to each of 320 x 180 pixels.
    floor = 3 * (np.sqrt(320) + np.sqrt(180)) / np.sqrt(12)
    assert (spectrum > floor).sum() <= round(shield.cells * 9 / 16)


def test_strength_goes_from_a_floor_to_few_cells() -> None:
    cells = [Shield(True, strength).cells for strength in range(101)]
    assert cells == sorted(cells, reverse=True)
    assert (cells[0], cells[100]) == (32, 12)
    with pytest.raises(ValueError, match=r"0\.\.100"):
        Shield(True, 101)


def test_blur_is_true_to_the_average_colour() -> None:
    half = np.zeros((90, 160, 3), np.uint8)
    half[:, 80:] = (10, 200, 60)
    pixels = treat(decoded(half), (160, 90), 0, Shield())
    width = pixels.shape[1]
    assert pixels[:, : width // 4, :3].max() < 8
    right = pixels[:, -width // 4 :, :3].reshape(-1, 3).mean(axis=0)
    assert np.abs(right - (60, 200, 10)).max() < 8


def test_rotation_turns_counter_clockwise() -> None:
    rgb = np.zeros((40, 80, 3), np.uint8)
    rgb[:, 60:] = 255  # right edge white: on top after a counter-clockwise turn
    pixels = treat(decoded(rgb), (40, 80), 90, OPEN)
    assert pixels.shape == (80, 40, 4)
    assert pixels[:15, :, :3].min() > 200
    assert pixels[30:, :, :3].max() < 50
    assert treat(decoded(rgb), (40, 80), 90, Shield()).shape[:2] == (320, 160)


def test_grey_alone_keeps_the_detail() -> None:
    pixels = treat(decoded(checkerboard(160, 90, 10)), (160, 90), 0, Shield(False, 0, True))
    assert pixels.shape == (90, 160)
    assert steepest(pixels) > 50


def test_stills_are_shielded_the_same_way() -> None:
    rgb = checkerboard(160, 90, 4)
    still = np.dstack([rgb[:, :, ::-1], np.full((90, 160), 255, np.uint8)])
    assert shield_pixels(still, OPEN) is still
    assert shield_pixels(still, Shield(False, 0, True)).shape == (90, 160)
    assert steepest(shield_pixels(still, Shield())) < 25


@pytest.mark.parametrize("kind", ["yuv420p10le", "yuvj422p", "nv12", "gray", "rgb24"])
def test_any_pixel_format_is_converted(kind: str) -> None:
    frame = decoded(checkerboard(64, 36, 6)).reformat(format=kind)
    for shield in (OPEN, Shield(), Shield(False, 0, True)):
        assert treat(frame, (64, 36), 0, shield).dtype == np.uint8


class Counted:
    """What converts; those that are still there are known."""

    alive: weakref.WeakSet[Counted] = weakref.WeakSet()

    def __init__(self) -> None:
        self.alive.add(self)
        self._real = VideoReformatter()

    def reformat(self, frame: av.VideoFrame, **how: Any) -> av.VideoFrame:
        return self._real.reformat(frame, **how)


def test_what_converts_is_bounded_and_goes_with_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = decoded(checkerboard(64, 64, 4))
    most: list[int] = []
    monkeypatch.setattr(shield_module, "VideoReformatter", Counted)

    def convert() -> None:
        for side in range(40, 60):
            treat(frame, (side, side), 0, OPEN)
        most.append(len(Counted.alive))

    thread = threading.Thread(target=convert)
    thread.start()
    thread.join()
    gc.collect()
    assert 0 < most[0] <= 8
    assert not Counted.alive


def test_an_image_over_pixels_whose_rows_lie_apart_shows_them() -> None:
    frame = decoded(checkerboard(67, 31, 5))
    pixels = treat(frame, (67, 31), 0, OPEN)
    image = image_over(pixels)
    for x, y in ((0, 0), (66, 30), (5, 0), (33, 17)):
        blue, green, red, _ = (int(each) for each in pixels[y, x])
        assert image.pixelColor(x, y).getRgb()[:3] == (red, green, blue)
