"""The tone map: its tables are its formula, more light is never shown darker, and no light stays no light."""

from __future__ import annotations

import numpy as np
import pytest

from server.sparks.engine import tone
from server.sparks.engine.tone import Tone, over
from tests.server.sparks.engine.drawing import floats


def formula(light: np.ndarray) -> np.ndarray:
    """What is shown of colours `(n, 3)`, 0 to 255, without the dither."""
    brightest = light.max(1, keepdims=True)
    white = tone.whiteness(brightest)
    shown = light / np.maximum(brightest, 1e-9) * (1 - white) + white
    return tone.encoded(shown * tone.shoulder(brightest)) * 255


def shown(light: np.ndarray, **given: float) -> np.ndarray:
    """Each colour on a 4 x 4 patch of its own, `(n, 4, 4, 4)`."""
    n = light.shape[0]
    picture = np.repeat(np.repeat(light[None], 4, 0), 4, 1)
    return Tone(4 * n, 4).map(floats(picture), **given).reshape(4, n, 4, 4).transpose(1, 0, 2, 3)


def test_tables_are_the_formula_within_one_step() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    light = rng.random((500, 3)) * rng.choice([0.01, 0.3, 2, 12], (500, 1))
    error = np.abs(shown(light)[..., :3] - formula(light)[:, None, None])
    assert error.max() <= 1.01


def test_the_mean_of_a_patch_is_finer_than_a_step() -> None:
    light = np.linspace(0.0005, 0.02, 60)[:, None] * [1, 0.4, 0.7]
    mean = shown(light)[..., :3].mean((1, 2))
    assert np.abs(mean - formula(light)).max() < 0.2


def test_more_light_is_never_darker() -> None:
    ramp = np.concatenate([np.linspace(0, 1, 2_000), np.geomspace(1, 200, 2_000)])
    grey = shown(np.repeat(ramp[:, None], 3, 1)).astype(int)
    assert (np.diff(grey, axis=0) >= 0).all()
    red = shown(ramp[:, None] * [1, 0.2, 0.1]).astype(int)
    assert (np.diff(red[..., 0], axis=0) >= -1).all()


def test_hot_cores_turn_white_and_the_rest_keeps_its_colour() -> None:
    hot, warm = shown(np.array([[12, 1, 0.5], [0.8, 0.1, 0.05]]))[:, 0, 0, :3].astype(int)
    assert hot.min() > 245
    assert warm[0] > 2 * warm[2]


def test_no_light_is_nothing_and_premultiplied_holds() -> None:
    assert shown(np.zeros((1, 3))).max() == 0
    rng = np.random.Generator(np.random.PCG64(2))
    picture = shown(rng.random((800, 3)) * rng.choice([0.001, 0.05, 1, 40], (800, 1)))
    assert (picture[..., :3] <= picture[..., 3:]).all()


def test_light_is_seen_on_black_on_grey_and_on_white() -> None:
    light = np.array([[0.5, 0.06, 0.2], [0.12, 0.12, 0.12]])
    picture = shown(light).reshape(8, 4, 4)
    for grey in (0, 128, 255):
        background = np.full((8, 4, 3), grey, np.uint8)
        changed = np.abs(over(picture, background).astype(int) - grey).max(2)
        assert changed.min() >= 8


def test_exposure_scales_light_and_a_scrim_darkens_what_is_behind() -> None:
    light = np.array([[0.2, 0.4, 0.1]])
    assert np.abs(shown(light * 2).astype(int) - shown(light, exposure=2)).max() <= 1
    dark = shown(np.zeros((1, 3)), scrim=0.5)
    assert dark[..., :3].max() == 0
    assert dark[..., 3].mean() == pytest.approx(127.5, abs=1)


def test_cover_is_covered() -> None:
    light = floats(np.full((8, 8, 3), 0.05))
    picture = Tone(8, 8).map(light, floats(np.ones((8, 8))))
    assert picture[..., 3].min() == 255
