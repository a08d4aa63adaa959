"""Sprites and soft things that cover, against the plainest way to draw the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sparks.engine import canvas
from server.sparks.engine.buffers import Buffers
from server.sparks.engine.canvas import Canvas, Windows
from server.sparks.engine.format.layers import Blend, Sprite
from server.sparks.engine.scene import Floats
from server.sparks.engine.spans import Boxes, spans
from server.sparks.engine.splat import Glows
from server.sparks.engine.sprites import Laid, Spots, Sprites, draw

WIDTH, HEIGHT = 60, 80
px = st.floats(-40, 120, width=32)
turns = st.one_of(st.sampled_from([0.0, np.pi / 2, np.pi, 3 * np.pi / 2]), st.floats(-7, 7))


@given(x=px, y=px, angle=turns, long=st.floats(0.5, 40), wide=st.floats(0.1, 20))
def test_spans_are_the_pixels_whose_middle_is_in_the_box(
    x: float, y: float, angle: float, long: float, wide: float
) -> None:
    values = [x, y, np.cos(angle), np.sin(angle), -long, long * 0.7, -wide, wide]
    found = spans(Boxes(*np.array(values, np.float32)[:, None]), WIDTH, HEIGHT)
    got = np.zeros((HEIGHT, WIDTH), int)
    for row, column, length in zip(found.row, found.column, found.length, strict=True):
        got[row, column : column + length] += 1
    assert got.max(initial=0) <= 1
    across, down = np.meshgrid(np.arange(WIDTH) + 0.5 - x, np.arange(HEIGHT) + 0.5 - y)
    u = across * np.cos(angle) + down * np.sin(angle)
    v = down * np.cos(angle) - across * np.sin(angle)
    # How far within the box each middle is; at its very edge rounding decides.
    within = np.minimum.reduce([u + long, long * 0.7 - u, v + wide, wide - v])
    assert (got[within > 0.01] == 1).all()
    assert (got[within < -0.01] == 0).all()


def many(n: int = 40) -> Sprites:
    rng = np.random.Generator(np.random.PCG64(5))
    low = np.array([-5, -5, 1, 0, 0.2, 0.3])
    high = np.array([WIDTH + 5, HEIGHT + 5, 14, 7, 1, 1])
    x, y, radius, angle, side, alpha = rng.uniform(low, high, (n, 6)).astype(np.float32).T
    colour = rng.uniform(0, 2, (n, 3)).astype(np.float32)
    return Sprites(x, y, radius, angle, side, colour, alpha)


def one_by_one(of: Sprites) -> list[Sprites]:
    return [Sprites(*(one[at : at + 1] for one in of)) for at in range(of.x.size)]


@pytest.mark.parametrize("sprite", [Sprite.PETAL, Sprite.DISC, Sprite.RING])
def test_what_covers_is_as_if_each_were_laid_over_those_before(sprite: Sprite) -> None:
    light, left = np.zeros((HEIGHT * WIDTH, 3)), np.ones(HEIGHT * WIDTH)
    for one in one_by_one(many()):
        laid = draw(sprite, one, WIDTH, HEIGHT, covers=True)
        if laid is None:
            continue
        assert isinstance(laid, Spots)
        assert len(set(laid.pixel.tolist())) == laid.pixel.size
        light[laid.pixel] = light[laid.pixel] * laid.left[:, None] + laid.light
        left[laid.pixel] *= laid.left
    together = draw(sprite, many(), WIDTH, HEIGHT, covers=True)
    assert isinstance(together, Spots)
    assert together.light == pytest.approx(light[together.pixel], abs=2e-4)
    assert together.left == pytest.approx(left[together.pixel], abs=2e-4)
    elsewhere = np.ones(left.size, bool)
    elsewhere[together.pixel] = False
    assert (left[elsewhere] == 1).all()


@pytest.mark.parametrize("sprite", [Sprite.STAR, Sprite.SHARD])
def test_light_of_sprites_adds_up(sprite: Sprite) -> None:
    light = np.zeros((HEIGHT, WIDTH, 3))
    for one in one_by_one(many()):
        laid = draw(sprite, one, WIDTH, HEIGHT, covers=False)
        if laid is not None:
            assert isinstance(laid, Laid)
            light[laid.area] += laid.light
    together = draw(sprite, many(), WIDTH, HEIGHT, covers=False)
    assert isinstance(together, Laid)
    whole = np.zeros_like(light)
    whole[together.area] = together.light
    assert whole == pytest.approx(light, abs=1e-4)


def test_a_sprite_is_as_large_as_its_radius_says_at_every_size() -> None:
    for radius in (1.5, 4.0, 9.0, 23.0, 60.0, 150.0):
        of = np.array([[200, 200, radius, 0.3, 1, 1]], np.float32).T
        disc = Sprites(*of[:5], np.ones((1, 3), np.float32), of[5])
        laid = draw(Sprite.DISC, disc, 400, 400, covers=True)
        assert isinstance(laid, Spots)
        assert float((1 - laid.left).sum()) == pytest.approx(np.pi * radius**2, rel=0.06)


def test_what_is_faint_adds_up() -> None:
    n = 333
    of = np.tile(np.array([[30, 40, 12, 0, 1, 0.003]], np.float32), (n, 1)).T
    laid = draw(Sprite.DISC, Sprites(*of[:5], np.ones((n, 3), np.float32), of[5]), WIDTH, HEIGHT, covers=True)
    assert isinstance(laid, Spots)
    assert laid.left.min() == pytest.approx(0.997**n, rel=0.01)


def middle(picture: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Of its light, column and row."""
    across, down = picture.sum(axis=(0, 2)), picture.sum(axis=(1, 2))
    return (
        float((across * (np.arange(across.size) + 0.5)).sum() / across.sum()),
        float((down * (np.arange(down.size) + 0.5)).sum() / down.sum()),
    )


@pytest.mark.parametrize("covers", [True, False])
def test_smoke_stays_in_its_place_however_coarsely_it_is_drawn(covers: bool) -> None:
    places = []
    for radius in (11.0, 13.0, 23.0, 25.0, 47.0, 49.0, 90.0, 100.0):
        of = np.array([[250, 500, radius, 0, 1, 1]], np.float32).T
        puff = Sprites(*of[:5], np.ones((1, 3), np.float32), of[5])
        laid = draw(Sprite.SMOKE, puff, 363, 641, covers=covers)
        whole = np.zeros((641, 363, 3), np.float32)
        if isinstance(laid, Spots):
            whole.reshape(-1, 3)[laid.pixel] = laid.light
        else:
            assert laid is not None
            whole[laid.area] = laid.light
        x, y = middle(whole)
        # Its puff is not even: where its middle is, by its radius, is the same at all sizes.
        places.append(((x - 250) / radius, (y - 500) / radius))
    assert np.ptp(np.array(places), axis=0).max() < 0.03


def fog(radius: Floats, mote: bool) -> list[Glows]:
    rng = np.random.Generator(np.random.PCG64(9))
    n = radius.size
    x, y = rng.uniform(60, 300, n).astype(np.float32), rng.uniform(60, 300, n).astype(np.float32)
    light = (rng.uniform(0.1, 0.6, (n, 4)) * radius[:, None] ** 2).astype(np.float32)
    if not mote:
        return [Glows(x, y, radius, light)]
    ends = [np.append(one, last).astype(np.float32) for one, last in ((x, 180), (y, 620), (radius, 1.5))]
    return [Glows(*ends, np.vstack([light, np.full((1, 4), 1e-3, np.float32)]))]


def laid_alone(glows: list[Glows]) -> tuple[Floats, Floats]:
    one = Canvas(Windows(360, 640), Buffers())
    one.glow(glows, Blend.ALPHA)
    one.flush()
    assert one.behind is not None
    return one.light.copy(), one.behind.copy()


@pytest.mark.parametrize("radius", [4.5, 9, 17, 18, 31, 40, 70, 130])
def test_soft_things_that_cover_are_the_same_worked_out_coarsely(
    monkeypatch: pytest.MonkeyPatch, radius: float
) -> None:
    glows = fog(np.full(20, radius, np.float32), mote=False)
    light, left = laid_alone(glows)
    monkeypatch.setattr(canvas, "_COARSE", 0)
    exact, passed = laid_alone(glows)
    assert np.abs(light - exact).max() < 0.02 * float(exact.max())
    assert np.abs(left - passed).max() < 0.02
    assert passed.min() < 0.95


def test_a_mote_changes_nothing_of_a_fog_far_away() -> None:
    radius = np.linspace(17, 40, 20).astype(np.float32)
    (light, left), (others, passed) = (laid_alone(fog(radius, mote=one)) for one in (False, True))
    upper = slice(0, 450)
    assert np.abs(light[upper] - others[upper]).max() < 0.02 * float(light.max())
    assert np.abs(left[upper] - passed[upper]).max() < 0.02
