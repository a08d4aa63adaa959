"""Soft light keeps its amount at every level, and nothing jumps where a particle grows past one."""

from __future__ import annotations

import numpy as np
import pytest

from server.sparks.engine.splat import LARGEST, LEVELS, Glows, Pyramid, light_of
from server.sparks.engine.strokes import streaks
from tests.server.sparks.engine.drawing import floats

# Large enough that at the coarsest level, too, light stays away from the edges.
SIDE = 4_096


@pytest.mark.parametrize("level", range(LEVELS - 2))
@pytest.mark.parametrize("between", [0.0, 0.4])
def test_light_is_conserved_at_every_level(level: int, between: float) -> None:
    pyramid = Pyramid(SIDE // 2, SIDE // 2)
    rng = np.random.Generator(np.random.PCG64(level))
    at = floats(SIDE / 4 + rng.normal(0, 40, (2, 200)))
    radius = floats(np.full(200, 2.0 ** (level + between)))
    light = floats(rng.random((200, 4)))
    picture = pyramid.collapse(pyramid.put([Glows(at[0], at[1], radius, light)]))
    assert picture is not None
    assert picture.sum((0, 1), dtype=np.float64) == pytest.approx(light[:, :3].sum(0), rel=1e-4)


def peak_and_width(radius: float, x: float = 512.3) -> tuple[float, float]:
    """The brightest pixel of one glow of light 1, and the standard deviation of it along x."""
    pyramid = Pyramid(1_024, 1_024)
    one = pyramid.put([Glows(floats([x]), floats([512.3]), floats([radius]), floats([[1, 1, 1, 0]]))])
    picture = pyramid.collapse(one)
    assert picture is not None
    along = picture[..., 0].sum(0, dtype=np.float64)
    places = np.arange(along.size) + 0.5
    mean = (along * places).sum() / along.sum()
    return float(picture.max()), float(np.sqrt((along * (places - mean) ** 2).sum() / along.sum()))


@pytest.mark.parametrize("edge", [2, 4, 8, 16])
def test_a_particle_that_grows_past_a_level_does_not_jump(edge: float) -> None:
    below, above = peak_and_width(edge * 0.9999), peak_and_width(edge * 1.0001)
    assert above[0] == pytest.approx(below[0], rel=0.01)
    assert above[1] == pytest.approx(below[1], rel=0.01)


def test_width_grows_steadily_with_the_radius() -> None:
    radii = np.geomspace(1.5, 24, 30)
    widths = np.array([peak_and_width(float(r))[1] for r in radii])
    assert (np.diff(widths) > 0).all()
    assert np.ptp(widths / radii) < 0.5 * np.median(widths / radii)


def test_a_glow_that_moves_by_parts_of_a_pixel_keeps_its_place() -> None:
    pyramid = Pyramid(64, 64)
    places = np.arange(64) + 0.5
    for x in np.linspace(30, 31, 11):
        one = pyramid.put([Glows(floats([x]), floats([32]), floats([1]), floats([[1, 1, 1, 0]]))])
        picture = pyramid.collapse(one)
        assert picture is not None
        assert (picture[..., 0].sum(0) * places).sum() == pytest.approx(x, abs=1e-3)


def test_light_comes_in_from_beyond_the_edge() -> None:
    pyramid = Pyramid(64, 64)
    one = pyramid.put([Glows(floats([-4]), floats([32]), floats([8]), floats([[100, 100, 100, 0]]))])
    picture = pyramid.collapse(one)
    assert picture is not None
    assert picture[:, 0].max() > 0.05


def test_what_is_larger_than_the_coarsest_level_gives_no_more_light() -> None:
    light = light_of(floats([[1, 1, 1]] * 2), floats([LARGEST, 1e9]))
    assert light[0] == pytest.approx(light[1])


@pytest.mark.parametrize("speed", [0.0, 3.0, 20.0, 90.0])
def test_a_streak_has_no_dots(speed: float) -> None:
    pyramid = Pyramid(160, 64)
    one = streaks(
        floats([140]),
        floats([32.4]),
        floats([speed]),
        floats([0]),
        floats([1.4]),
        floats([[1, 1, 1]]),
        most=24,
    )
    picture = pyramid.collapse(pyramid.put(one))
    assert picture is not None
    line = picture[..., 0].sum(0)
    seen = line[line > 0.1 * line.max()]
    # From its brightest on towards the tail it only gets dimmer, but for what a row of pixels makes of it.
    tail = seen[: seen.argmax()]
    assert (np.diff(tail) > -0.05 * line.max()).all()


def given(glows: Glows) -> float:
    """The light of all, of which the glows of a row take their shares."""
    if glows.taps is None or glows.share is None:
        return float(glows.light.sum())
    return float((np.repeat(glows.light, glows.taps, axis=0) * glows.share[:, None]).sum())


def test_a_faster_streak_has_as_much_light_and_more_glows() -> None:
    def made(speed: float) -> tuple[int, float]:
        one = streaks(
            floats([50]),
            floats([32]),
            floats([speed]),
            floats([0]),
            floats([2]),
            floats([[1, 1, 1]]),
            most=24,
        )
        return sum(part.x.size for part in one), sum(given(part) for part in one)

    slow, fast = made(6), made(30)
    assert fast[0] > slow[0]
    assert fast[1] == pytest.approx(slow[1], rel=0.25)
