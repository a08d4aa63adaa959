"""Bars go, honest darkness stays."""

from __future__ import annotations

import numpy as np
import pytest

from server.forensics.hashing.trim import Bars, Trimmer, bars, without
from tests.server.forensics.hashing.pictures import Picture, Random, picture

SHOWN = picture(1)[:90, :160]


def boxed(
    inner: Picture, *, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0, level: int = 0
) -> Picture:
    return np.pad(inner, ((top, bottom), (left, right), (0, 0)), constant_values=level)


def grained(picture: Picture, levels: int) -> Picture:
    grain = Random(1).randint(-levels, levels + 1, picture.shape)
    return np.clip(picture.astype(int) + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
@pytest.mark.parametrize(
    "sides",
    [{"top": 20, "bottom": 20}, {"left": 30, "right": 31}, {"top": 9, "bottom": 8, "left": 5, "right": 5}],
)
def test_bars_of_any_colour_are_found(level: int, sides: dict[str, int]) -> None:
    found = bars(grained(boxed(SHOWN, level=level, **sides), 5))
    for side in ("top", "bottom", "left", "right"):
        wanted = sides.get(side, 0)
        assert wanted <= getattr(found, side) <= (wanted + 2 if wanted else 0)


@pytest.mark.parametrize("number", range(0, 64, 3))
def test_a_picture_without_bars_is_left_alone(number: int) -> None:
    assert not bars(picture(number)[:200, :300])


def dark(*, light: tuple[int, int, int, int]) -> Picture:
    """A black scene with something bright between rows and columns."""
    found = np.zeros((90, 160, 3), np.uint8)
    top, bottom, left, right = light
    found[top:bottom, left:right] = 200
    return grained(found, 3)


@pytest.mark.parametrize(
    "scene",
    [
        dark(light=(30, 60, 60, 100)),
        dark(light=(45, 90, 0, 160)),
        dark(light=(44, 46, 0, 160)),
        dark(light=(0, 90, 70, 90)),
        dark(light=(0, 0, 0, 0)),
        np.full((90, 160, 3), 255, np.uint8),
    ],
    ids=["a lamp", "ground under a night sky", "a horizon", "a door ajar", "black", "white"],
)
def test_an_honest_dark_scene_keeps_its_picture(scene: Picture) -> None:
    assert not bars(scene)


def test_a_night_scene_behind_known_bars_is_trimmed_alike() -> None:
    trimmer = Trimmer()
    day = trimmer.trim(boxed(SHOWN, top=20, bottom=20))
    night = trimmer.trim(boxed(dark(light=(30, 60, 60, 100)), top=20, bottom=20))
    assert night.shape == day.shape


def test_bars_that_end_are_forgotten() -> None:
    trimmer = Trimmer()
    trimmer.trim(boxed(SHOWN, top=20, bottom=20))
    assert trimmer.trim(picture(1)[:130, :160]).shape == (130, 160, 3)
    assert trimmer.trim(dark(light=(30, 60, 60, 100))).shape == (90, 160, 3)


def test_what_is_left_is_a_view() -> None:
    framed = boxed(SHOWN, top=5, bottom=5, left=7, right=7)
    left = without(framed, Bars(5, 5, 7, 7))
    assert np.shares_memory(left, framed)
    assert np.array_equal(left, SHOWN)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (7, 7)])
def test_tiny_pictures_do_no_harm(shape: tuple[int, int]) -> None:
    tiny = Random(3).randint(0, 256, (*shape, 3)).astype(np.uint8)
    assert Trimmer().trim(tiny).size
