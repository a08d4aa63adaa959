"""Three copies and combos on black and on white, in the cells of the meter."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.sparks.engine import flash
from server.sparks.engine.flash import light_of
from server.sparks.engine.giving import AGAIN_S, STAGGER_S
from server.sparks.engine.showings import Cells, Combo, Copies, Showing

FPS = 30
SIZE = (320, 180)
Spied = list[tuple[float, float]]
"""Of each picture the linear light of one of its cells, on black and on white."""


def rgba(level: int, alpha: int) -> np.ndarray:
    return np.full((*SIZE, 4), (level, level, level, alpha), np.uint8)


def flicker(light: Callable[[int], np.ndarray], count: int = 30) -> list[np.ndarray]:
    return [light(i) for i in range(count)]


def found(showing: Showing, film: Iterable[np.ndarray]) -> tuple[int, int]:
    """The flashes on black and on white."""
    for frame in film:
        showing.see(Cells.of(frame))
    showing.leave()
    black, white = showing.flashes
    return black.worst, white.worst


def spied(showing: Showing, film: Iterable[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Spied:
    seen: list[float] = []
    monkeypatch.setattr(flash.Meter, "see", lambda _, light: seen.append(float(light[80, 45, 0])))
    found_nothing = found(showing, film)
    assert found_nothing == (0, 0)
    return list(zip(seen[::2], seen[1::2], strict=True))


def levels_of(seen: Spied) -> list[int]:
    """What a screen shows of them on black, 0 to 255."""
    lights = [black for black, _ in seen]
    return [
        round(255 * (light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))
        for light in lights
    ]


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=60)
def test_a_picture_over_another_is_what_the_screen_makes_of_it(level: int, alpha: int, behind: int) -> None:
    level = min(level, alpha)
    cells = Cells.of(np.full((8, 4, 4), (level, level, level, alpha), np.uint8))
    made = cells.over(np.full((160, 90, 3), behind / 255, np.float32))
    assert made[0, 0, 0] == pytest.approx((level + behind * (255 - alpha) / 255) / 255, abs=2 / 255)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_cell_is_as_bright_as_its_pixels_on_black_and_on_white(seed: int) -> None:
    """Though they are as unlike each other as can be: some are light, some cover, some do neither."""
    chance = np.random.default_rng(seed)
    frame = chance.choice(np.array([0, 60, 255], np.uint8), (640, 360, 4))
    frame[..., :3] = np.minimum(frame[..., :3], chance.choice(np.array([0, 255], np.uint8), (640, 360, 1)))
    cells = Cells.of(frame)
    for ground in (0, 255):
        clear = (255 - frame[..., 3:].astype(int)) * ground // 255
        pixels = np.minimum(frame[..., :3] + clear, 255).astype(np.uint8)
        made = cells.over(np.full((160, 90, 3), ground / 255, np.float32))
        linear = np.where(made <= 0.04045, made / 12.92, ((made + 0.055) / 1.055) ** 2.4)
        assert np.abs(linear - light_of(pixels)).max() < 0.002


def test_light_flashes_on_black_and_what_darkens_flashes_on_white() -> None:
    lights = flicker(lambda i: rgba(255 * (i // 3 % 2), 0))
    shadows = flicker(lambda i: rgba(0, 255 * (i // 3 % 2)))
    assert found(Showing(FPS), lights) == (5, 0)
    assert found(Showing(FPS), shadows) == (0, 5)


@pytest.mark.parametrize("make", [Showing, Copies])
def test_the_beginning_and_the_end_count_too(make: type[Showing]) -> None:
    """A spark that is bright from its first picture to its last is one flash on what is there without it."""
    assert found(make(FPS), [rgba(255, 0)] * 10) == (1, 0)
    assert found(make(FPS), []) == found(Combo(FPS), []) == (0, 0)


def test_three_lie_over_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(Copies(FPS, STAGGER_S), [rgba(100, 100)] * 20, monkeypatch)
    one, two, all_ = 100, 161, 198  # of 155 in 255 that each lets through
    assert levels_of(seen) == [0] + [one] * 6 + [two] * 6 + [all_] * 8 + [two] * 6 + [one] * 6 + [0]
    assert {round(white, 3) for _, white in seen} == {1}


def test_the_last_of_three_is_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    film = [rgba(0, 255)] * 6 + [rgba(200, 255)] * 12
    seen = spied(Copies(FPS, STAGGER_S), film, monkeypatch)
    assert [black > 0.1 for black, _ in seen] == [False] * 19 + [True] * 12 + [False]
    assert [white > 0.9 for _, white in seen] == [True] + [False] * 30 + [True]


@pytest.mark.parametrize("alpha", [0, 255])
def test_what_is_calm_alone_flashes_when_three_are_given(alpha: int) -> None:
    """The reviewer's pulse: of light it flashes on black; of what covers, black, on white alone."""
    level = 255 if alpha == 0 else 0
    pulse = [rgba(level, alpha)] * 3 + [rgba(0, 0)] * 30
    of_three = found(Copies(FPS, STAGGER_S), pulse)
    assert found(Showing(FPS), pulse) == ((1, 0) if alpha == 0 else (0, 1))
    assert of_three == ((3, 0) if alpha == 0 else (0, 3))


def test_what_fuses_when_given_fast_flashes_when_given_slower() -> None:
    pulse = [rgba(255, 0)] * 9 + [rgba(0, 0)] * 30
    assert found(Copies(FPS, STAGGER_S), pulse) == (1, 0)
    assert found(Copies(FPS, AGAIN_S), pulse) == (3, 0)


def test_a_steady_glow_flashes_when_a_combo_begins_it_anew() -> None:
    glow = [rgba(0, 0)] * 3 + [rgba(255, 0)] * 60
    assert found(Showing(FPS), glow) == (0, 0)  # it comes, and more than a second later it goes
    assert found(Copies(FPS, AGAIN_S), glow) == (0, 0)
    assert found(Combo(FPS), glow) == (3, 0)


@pytest.mark.parametrize("length", [5, 10, 40])
def test_a_combo_shows_the_film_from_its_beginning_and_in_the_end_all_of_it(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = [rgba(40 + 5 * n, 255) for n in range(length)]
    seen = spied(Combo(FPS, AGAIN_S), film, monkeypatch)
    whole = [40 + 5 * n for n in range(length)]
    begun = (whole + [0] * 10)[:10]
    assert levels_of(seen) == [0, *begun * 4, *whole, 0]
