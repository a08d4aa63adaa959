"""Scenes become light: in order, the same each time, and finite whatever comes in."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.sparks.engine import strokes
from server.sparks.engine.budget import FULL, LADDER, Budget
from server.sparks.engine.buffers import Buffers
from server.sparks.engine.canvas import Canvas, Windows
from server.sparks.engine.format.layers import Blend, Sprite
from server.sparks.engine.renderer import Renderer, bloom
from server.sparks.engine.scene import Band, Drawn, Floats, Lettering, Scene, Trails, View
from tests.server.sparks.engine.drawing import drawn, floats

WILD = st.sampled_from([0.0, -1.0, 1.0, 1e-30, 1e9, 3e38, -3e38, np.nan, np.inf, -np.inf])


def light_of(*layers: Drawn | Band | Lettering, **scene: Any) -> tuple[Any, Any]:
    return Renderer(90, 160).draw(Scene(list(layers), **{"bloom": 0, **scene}))


@pytest.mark.parametrize("sprite", Sprite)
@pytest.mark.parametrize("blend", Blend)
def test_every_sprite_is_seen_in_every_blend(sprite: Sprite, blend: Blend) -> None:
    one = drawn(5, sprite=sprite, blend=blend, size=40, x=[90, 200, 360, 500, 620], y=640, colour=1)
    light, cover = light_of(one)
    assert light.max() > 0.02
    assert (cover is not None) == (blend is Blend.ALPHA)


@pytest.mark.parametrize("sprite", [Sprite.SQUARE, Sprite.GLOW, Sprite.SMOKE])
def test_what_covers_hides_what_is_behind(sprite: Sprite) -> None:
    behind = drawn(1, x=360, y=640, size=10, colour=[[0, 0, 5]])
    front = drawn(40, x=360, y=640, size=120, colour=[[1, 0, 0]], sprite=sprite, blend=Blend.ALPHA)
    light, cover = light_of(behind, front)
    seen, _ = light_of(behind)
    assert light[80, 45, 2] < 0.02 * seen[80, 45, 2]
    assert light[80, 45, 0] > 0.5
    assert cover[80, 45] > 0.97
    assert cover[2, 2] < 1e-3
    over, _ = light_of(front, behind)
    assert over[80, 45, 2] == pytest.approx(seen[80, 45, 2], rel=1e-3)


def test_the_later_sprite_is_in_front() -> None:
    colours = floats([[1, 0, 0], [0, 1, 0]])
    both = drawn(2, x=360, y=640, size=80, angle=0, colour=colours, sprite=Sprite.SQUARE, blend=Blend.ALPHA)
    light, _ = light_of(both)
    assert light[80, 45, 1] > 0.8
    assert light[80, 45, 0] < 0.01


def test_screen_is_never_brighter_than_the_brighter_or_white() -> None:
    one = drawn(30, x=360, y=640, size=60, colour=[[0.3, 0.3, 0.3]], blend=Blend.SCREEN, sprite=Sprite.DISC)
    light, _ = light_of(*[one] * 6)
    assert light.max() <= drawn_alone(one) + 1
    below = drawn(1, x=360, y=640, size=80, colour=[[4, 4, 4]], sprite=Sprite.DISC)
    assert light_of(below, one)[0][80, 45, 0] == pytest.approx(light_of(below)[0][80, 45, 0])


def drawn_alone(one: Drawn) -> float:
    return float(light_of(one)[0].max())


def test_a_flat_thing_that_turns_its_side_is_narrower() -> None:
    def lit(side: float) -> int:
        one = drawn(1, x=360, y=640, size=160, angle=0, side=side, colour=1, sprite=Sprite.SQUARE)
        return int((light_of(one)[0][..., 0] > 0.3).sum())

    assert lit(0.3) < 0.4 * lit(1)


def test_pictures_are_the_same_bit_for_bit() -> None:
    def played() -> list[bytes]:
        renderer = Renderer(90, 160)
        found = []
        for step in range(2, 12, 2):
            layers = [drawn(300, seed=step, streak=0.03), drawn(40, seed=step, sprite=Sprite.PETAL)]
            light, _ = renderer.draw(Scene(list(layers), step=step, trail=0.8))
            found.append(light.tobytes())
        return found

    assert played() == played()


def test_the_camera_moves_what_is_near_more() -> None:
    def column(near: float) -> int:
        one = drawn(1, x=360, y=640, size=8, colour=1, near=near)
        light, _ = light_of(one, view=View(1, 160, 0))
        return int(light[..., 0].sum(0).argmax())

    assert column(0) < column(0.5) < column(1)


@pytest.mark.parametrize("zoom", [0.01, 0.6, 1, 1.5])
@pytest.mark.parametrize("near", [0, 0.5, 1, 2, 3])
def test_what_is_near_is_never_turned_round_by_the_zoom(zoom: float, near: float) -> None:
    places = floats([0, 360, 720])
    x, y, scale = Renderer()._placed(places, places, View(zoom), near)
    assert scale > 0
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) > 0).all()
    assert x[1] == pytest.approx(180)
    if near in (0, 1):
        assert scale == pytest.approx(0.5 * zoom**near)


def test_what_is_near_is_seen_where_the_camera_is_far_off() -> None:
    def lit(near: float) -> float:
        one = drawn(1, x=360, y=500, size=60, colour=1, near=near)
        return float(light_of(one, view=View(0.6))[0].sum())

    assert 0 < lit(3) < lit(1) < lit(0)


def test_what_trails_fades_and_needs_as_long_at_any_rate() -> None:
    def left(every: int) -> float:
        renderer = Renderer(90, 160)
        one = drawn(1, x=360, y=640, size=40, colour=1)
        for step in range(every, 241, every):
            renderer.draw(Scene([one], step=step, trail=0.8, bloom=0))
        steady, _ = renderer.draw(Scene([one], step=240 + every, trail=0.8, bloom=0))
        before = float(steady.max())
        for step in range(240 + 2 * every, 240 + every + 25, every):
            light, _ = renderer.draw(Scene([], step=step, trail=0.8, bloom=0))
        return float(light.max()) / before

    assert left(2) == pytest.approx(0.8**12, rel=0.4)
    assert left(4) == pytest.approx(left(2), rel=0.35)


def test_a_scene_that_fades_takes_its_cover_along() -> None:
    one = drawn(4, x=360, y=640, size=100, colour=1, sprite=Sprite.DISC, blend=Blend.ALPHA)
    light, cover = light_of(one, fade=0.5)
    whole, covered = light_of(one)
    assert light == pytest.approx(whole / 2)
    assert cover == pytest.approx(covered / 2)


def test_words_are_seen_and_cover_what_is_around_them() -> None:
    words = Lettering("Somebody", (360, 640), 120, floats([[1, 1, 1]]), 1)
    light, cover = Renderer().draw(Scene([words], bloom=0))
    assert light.max() > 0.9
    assert cover.max() > 0.9
    assert (cover > 0.3).sum() > (light[..., 0] > 0.3).sum()
    wide = Lettering("W" * 24, (360, 640), 200, floats([[1, 1, 1]]), 1)
    shown, _ = Renderer().draw(Scene([wide], bloom=0))
    assert shown[:, 0].max() == shown[:, -1].max() == 0


def test_a_ribbon_is_as_bright_as_it_says() -> None:
    n = 40
    band = Band(
        floats(np.linspace(100, 600, n)), floats(np.full(n, 640)), floats(np.full(n, 120)),
        floats(np.ones((n, 3))), floats(np.ones(n)),
    )  # fmt: skip
    light, _ = Renderer().draw(Scene([band], bloom=0))
    assert 0.7 < light[320, 180, 0] < 1.2
    covering = Band(band.x, band.y, band.width, band.colour, band.alpha, Blend.ALPHA)
    _, cover = Renderer().draw(Scene([covering], bloom=0))
    assert cover is not None
    assert cover[320, 180] > 0.5


@settings(max_examples=200, deadline=None)
@example(values=[0, 0, 0, 0, math.nan, 0, 1, 0, 1], sprite=Sprite.GLOW, blend=Blend.ALPHA, zoom=0.01)
@given(
    values=st.lists(WILD, min_size=9, max_size=9),
    sprite=st.sampled_from([Sprite.GLOW, Sprite.PETAL, Sprite.SMOKE]),
    blend=st.sampled_from(Blend),
    zoom=st.sampled_from([0.01, 1, 50]),
)
def test_light_is_finite_whatever_comes_in(
    values: list[float], sprite: Sprite, blend: Blend, zoom: float
) -> None:
    names = ("x", "y", "vx", "vy", "size", "colour", "alpha", "angle", "side")
    wild = dict(zip(names, values, strict=True))
    trails = Trails(floats([[10, values[0], 30]]), floats([[10, values[1], 30]]), floats([[1, 1, 1]]), 4)
    one = drawn(3, **wild, sprite=sprite, blend=blend, streak=0.1, trails=trails)
    band = Band(
        floats([0, values[0], 600]), floats([0, values[1], 900]), floats([1, abs(values[4]), 9]),
        floats(np.ones((3, 3))), floats([1, 1, 1]),
    )  # fmt: skip
    with np.errstate(all="ignore"):
        light, cover = light_of(drawn(20), one, band, view=View(zoom), bloom=1, trail=0.9, step=4)
    assert np.isfinite(light).all()
    assert light.min() >= 0
    assert cover is None or (np.isfinite(cover).all() and cover.min() >= -1e-6 and cover.max() <= 1)


def test_the_budget_lowers_quality_step_by_step_and_raises_it_again() -> None:
    budget = Budget(30)
    seen = [budget.quality]
    for _ in range(6):
        budget.took(60)
    assert budget.quality == LADDER[1]
    assert not budget.lowered  # nothing was drawn with less yet
    seen.append(budget.quality)
    for _ in range(200):
        budget.took(60)
        if budget.quality != seen[-1]:
            seen.append(budget.quality)
    assert seen == list(LADDER)
    for before, after in pairwise(seen):
        assert (after.size, after.bloom, after.taps) <= (before.size, before.bloom, before.taps)
        assert after.every >= before.every
    for _ in range(1_000):
        budget.took(1)
    assert budget.quality == FULL
    assert budget.lowered  # once was enough: these are not the film's own pictures


def test_slow_pictures_now_and_then_lower_nothing() -> None:
    budget = Budget(30)
    for ms in [60, 60, 60, 60, 60, 5] * 50:
        budget.took(ms)
    assert budget.quality == FULL
    assert not budget.lowered


def test_less_quality_keeps_every_particle() -> None:
    one = drawn(1, x=360, y=640, vx=900, vy=0, size=3, colour=1, streak=0.1)
    lit = []
    for quality in LADDER:
        width, height = round(360 * quality.size), round(640 * quality.size)
        light, _ = Renderer(width, height, quality=quality).draw(Scene([one], bloom=0))
        lit.append(light.sum() / quality.size**2)
    assert lit == pytest.approx([lit[0]] * len(lit), rel=0.15)


def test_at_another_size_what_trails_goes_on() -> None:
    one, nothing = drawn(1, x=360, y=640, size=30, colour=1), Scene([], trail=0.9, bloom=0, step=4)
    renderer = Renderer()
    renderer.draw(Scene([one], trail=0.9, bloom=0, step=2))
    smaller = renderer.at(180, 320, LADDER[2])
    before, after = renderer.draw(nothing)[0].mean(), smaller.draw(nothing)[0].mean()
    assert before > 0
    assert after == pytest.approx(before, rel=0.02)


def test_bloom_lies_around_what_is_bright() -> None:
    light = np.zeros((640, 360, 3), np.float32)
    light[320, 192] = 1000
    around = bloom(light, 5, Buffers())[..., 0]
    near = around[320 - 40 : 320 + 41, 192 - 40 : 192 + 41]
    assert near == pytest.approx(near[::-1, ::-1], rel=1e-3, abs=1e-4)


def test_a_ribbon_that_gets_wider_does_not_jump() -> None:
    def drawn(width: float) -> Floats:
        m = 160
        x, y = np.linspace(40, 320, m).astype(np.float32), np.full(m, 320, np.float32)
        wide, ones = np.full(m, width, np.float32), np.ones(m, np.float32)
        one = Canvas(Windows(360, 640), Buffers())
        one.glow(strokes.band(x, y, wide, np.ones((m, 3), np.float32), ones), Blend.ADD)
        one.flush()
        return one.light.copy()

    for width in (26.9, 29.98, 31.3, 44.0, 59.9):
        one, other = drawn(width), drawn(width + 0.04)
        assert np.abs(one - other).max() < 0.05 * float(one.max())
