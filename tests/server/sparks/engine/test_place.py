"""Places over time, and curves and colours over a life."""

from __future__ import annotations

import numpy as np
import pytest

from server.sparks.engine.curves import Palette, Table, linear, value
from server.sparks.engine.format.base import Curve, Path
from server.sparks.engine.format.layers import Place
from server.sparks.engine.place import Standing, Track

POINTS = [(0, 100, 100), (1, 300, 100), (1.5, 300, 400), (3, 0, 0)]


@pytest.mark.parametrize("closed", [False, True])
def test_a_path_goes_through_its_points_without_a_jerk(closed: bool) -> None:
    track = Track(Path(points=POINTS, closed=closed))
    places, _ = track.at(np.array([point[0] for point in POINTS]))
    assert places == pytest.approx(np.array([point[1:] for point in POINTS]))
    times = np.linspace(0, 7 if closed else 3, 7_001)
    places, velocities = track.at(times)
    step = times[1]
    assert np.diff(places, axis=0) / step == pytest.approx((velocities[1:] + velocities[:-1]) / 2, abs=2)
    assert np.abs(np.diff(velocities, axis=0)).max() < 25


def test_an_open_path_rests_at_its_ends_and_a_closed_one_comes_round() -> None:
    places, velocities = Track(Path(points=POINTS)).at(np.array([-1.0, 9.0]))
    assert places == pytest.approx(np.array([[100, 100], [0, 0]]))
    assert (velocities == 0).all()
    closed = Track(Path(points=POINTS, closed=True))
    # 3 s of its own and their mean, 1 s, back to the first.
    assert closed.at(np.array([0.7]))[0] == pytest.approx(closed.at(np.array([4.7]))[0])
    square = [(0, 0, 0), (1, 9, 0), (2, 9, 9), (3, 0, 0)]
    around = Track(Path(points=square, closed=True))
    assert around.at(np.array([0.5]))[0] == pytest.approx(around.at(np.array([3.5]))[0])


def test_along_its_way_right_is_forward() -> None:
    place = Place(path=Path(points=[(0, 0, 0), (2, 0, 200)]), along=True)
    pose = Standing(place, 1).at(np.array([2.0]))
    assert np.ravel(pose.placed(np.array([10.0]), np.array([0.0]))) == pytest.approx([0, 110])
    assert pose.vy == pytest.approx([100])


def test_a_mirror_stands_at_the_vertical_of_the_place() -> None:
    pose = Standing(Place(at=(300, 500))).at(np.zeros(1))
    x, y = np.array([310.0]), np.array([507.0])
    assert np.ravel(pose.mirrored(x, y)) == pytest.approx([290, 507])
    assert np.ravel(pose.flipped(x, y)) == pytest.approx([-310, 507])
    turned = Standing(Place(at=(300, 500), turn=Curve(keys=[(0, 90)]))).at(np.zeros(1))
    assert np.ravel(turned.mirrored(x, y)) == pytest.approx([310, 493])


@pytest.mark.parametrize(("ease", "at_quarter"), [("linear", 2.5), ("smooth", 10 * 0.15625), ("step", 0)])
def test_curves_ease_from_key_to_key_and_go_on(ease: str, at_quarter: float) -> None:
    curve = Curve.model_validate({"keys": [[1, 0], [3, 10]], "ease": ease})
    assert value(curve, np.array([0, 1.5, 3, 9])) == pytest.approx([0, at_quarter, 10, 10])


def test_a_table_is_as_exact_as_it_says() -> None:
    curve = Curve(keys=[(0, 0), (0.1, 5), (1, -3)])
    life = np.linspace(0, 1, 9_999, dtype=np.float32)
    assert np.abs(Table(curve).at(life) - value(curve, life)).max() <= 50 / 2_046 + 1e-5
    assert (Table(None).at(life) == 1).all()


def test_colours_mix_in_linear_light() -> None:
    assert linear("#ff8000") == pytest.approx([1, 0.21586, 0], abs=1e-5)
    palette = Palette(["#ff0000", "#00ff00", "#0000ff"])
    ends = palette.at(np.array([-9, 0, 0.25, 0.5, 1, 9], np.float32))
    assert ends.dtype == np.float32
    assert ends == pytest.approx(
        np.array([[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]), abs=0.01
    )
    assert Palette(["#ffffff"]).at(np.array([0.3], np.float32)) == pytest.approx(np.ones((1, 3)))


def test_a_colour_by_birth_is_kept_and_one_by_life_is_not() -> None:
    palette = Palette(["#ff0000", "#00ff00", "#0000ff"])
    u = np.array([0.1, 0.5, 0.9], np.float32)
    young, old = np.zeros(3, np.float32), np.ones(3, np.float32)
    assert palette.of("birth", young, u, 0) == pytest.approx(np.eye(3), abs=0.01)
    assert (palette.of("birth", young, u, 0.4) == palette.of("birth", old, u, 0.4)).all()
    assert palette.of("life", old, u, 0) == pytest.approx(np.array([[0, 0, 1]] * 3))
    assert palette.of("life", young + 0.5, u, 1)[0, 0] > 0.5
