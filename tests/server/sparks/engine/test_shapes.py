"""Shapes: where their places are, how evenly, and which way is out."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.format.shapes import Shape
from server.sparks.engine.outlines import bright
from server.sparks.engine.shapes import sampler
from server.sparks.engine.streams import stream

SHAPES: TypeAdapter[Any] = TypeAdapter(Shape)


def drawn(n: int = 4_000, sender: str = "", **said: Any) -> tuple[Doubles, Doubles]:
    places, normals = sampler(SHAPES.validate_python(said), sender)(n, stream(7, "a"))
    assert places.shape == normals.shape == (n, 2)
    assert np.hypot(*normals.T) == pytest.approx(np.ones(n))
    return places, normals


def test_a_disc_is_even_over_its_area() -> None:
    places, normals = drawn(kind="disc", radius=100, hole=0.5)
    far = np.hypot(*places.T)
    assert 50 <= far.min() < far.max() <= 100
    assert (far < np.sqrt((2_500 + 10_000) / 2)).mean() == pytest.approx(0.5, abs=0.03)
    assert normals == pytest.approx(places / far[:, None])


def test_a_ring_is_a_circle_whose_normals_go_out() -> None:
    places, normals = drawn(kind="ring", radius=200)
    assert np.hypot(*places.T) == pytest.approx(np.full(4_000, 200), abs=0.004)
    assert (places * normals).sum(axis=1) == pytest.approx(np.full(4_000, 200), abs=0.01)


@pytest.mark.parametrize("span", [(-90, 90), (90, -90)])
def test_an_arc_has_its_normals_out_whichever_way_it_goes(span: tuple[float, float]) -> None:
    places, normals = drawn(kind="ring", radius=100, from_angle=span[0], to_angle=span[1])
    assert places[:, 0].min() >= -0.01
    assert (places * normals).sum(axis=1).min() > 99.9


def test_edges_are_even_by_their_length() -> None:
    places, normals = drawn(kind="polygon", points=[[0, 0], [300, 0], [300, 100], [0, 100]])
    assert ((places[:, 1] == 0) & (places[:, 0] < 300)).mean() == pytest.approx(3 / 8, abs=0.03)
    assert (normals[(places[:, 1] == 0) & (places[:, 0] < 299)] == [0, -1]).all()
    turned, outward = drawn(kind="polygon", points=[[0, 100], [300, 100], [300, 0], [0, 0]])
    assert (outward[(turned[:, 1] == 0) & (turned[:, 0] < 299)] == [0, -1]).all()


def test_a_fill_leaves_out_the_hole() -> None:
    squares = ["M-100-100H100V100H-100Z M-50-50H50V50H-50Z"]
    places, _ = drawn(kind="drawing", paths=squares, where="fill")
    reach = np.abs(places).max(axis=1)
    assert 49.5 < reach.min() < reach.max() < 100.5
    scaled, _ = drawn(kind="drawing", paths=squares, where="fill", scale=2)
    assert np.abs(scaled).max() == pytest.approx(200, abs=1)


def test_a_heart_is_as_wide_as_it_says_and_upright() -> None:
    places, _ = drawn(kind="heart", size=160, where="fill")
    assert np.ptp(places[:, 0]) == pytest.approx(160, abs=3)
    assert places[:, 1][np.abs(places[:, 0]) < 5].max() > 60


def test_the_bright_cells_of_a_mask() -> None:
    places, _ = drawn(kind="mask", rows=["# ", " :"], cell=10)
    left = places[:, 0] < 0
    assert ((places[:, 1] < 0) == left).all()
    assert left.mean() == pytest.approx(5 / 7, abs=0.03)
    assert np.abs(places).max() <= 10


@pytest.mark.parametrize("where", ["fill", "edge"])
def test_letters_are_around_the_place_at_their_size(where: str) -> None:
    places, _ = drawn(kind="glyphs", text="H", size=160, where=where)
    assert np.abs(places.min(axis=0) + places.max(axis=0)).max() < 2
    # Capitals of Inter are 0.727 of its size.
    assert np.ptp(places[:, 1]) == pytest.approx(160 * 0.727, abs=3)


def test_letters_of_the_sender() -> None:
    said = {"kind": "glyphs", "text": "?", "size": 300}
    text, _ = drawn(**said)
    assert (drawn(sender="Ada", **said)[0] == text).all()
    assert (drawn(says="sender", **said)[0] == text).all()
    assert (drawn(sender="\x00 \n", says="initial", **said)[0] == text).all()
    initial, _ = drawn(sender="ada", says="initial", **said)
    assert (initial == drawn(kind="glyphs", text="A", size=300)[0]).all()
    longest, _ = drawn(sender="W" * 90, says="sender", **said)
    assert np.ptp(longest[:, 0]) <= 720 * 0.9


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "glyphs", "text": "\ufe0f"},
        {"kind": "mask", "rows": ["  "]},
        {"kind": "line", "start": [0, 0], "end": [0, 0]},
        {"kind": "star", "points": 2, "outer": 0, "inner": 0, "where": "fill"},
        {"kind": "disc", "radius": 0},
        {"kind": "spiral", "radius": 0, "inner": 0, "spread": 0},
    ],
)
def test_what_has_no_extent_is_one_place(said: dict[str, Any]) -> None:
    places, _ = drawn(10, **said)
    assert np.abs(places).max() < 1


def test_a_drawing_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with M"):
        drawn(kind="drawing", paths=["L1 1"])


def test_a_fill_is_drawn_from_the_cells_that_it_has_evenly_by_their_weight() -> None:
    """Against the plain way: a list of all cells, and the sum of their weights up to each."""
    weights = stream(3, "w").integers(0, 4, (60, 90)).astype(np.uint8) * 80
    low, cell = np.array([-9.0, 4.0]), 1.7
    found = np.argwhere(weights > 0)
    upto = np.cumsum(weights[weights > 0], dtype=np.float64)
    own = stream(7, "a")
    chosen = np.searchsorted(upto, own.random(5_000) * upto[-1], side="right")
    expected = low + found[chosen, ::-1] * cell + (own.random((5_000, 2)) - 0.5) * cell
    places, _ = bright(weights, cell, low)(5_000, stream(7, "a"))
    assert (places == expected).all()


def test_two_hundred_fills_are_kept_in_a_few_megabytes() -> None:
    """A file of 25 KB may have 24 layers, each with nine shapes of its own."""
    tracemalloc.start()
    try:
        made = [
            sampler(SHAPES.validate_python({"kind": "polygon", "points": points, "where": "fill"}))
            for points in ([[0, 0], [99, size], [99, 99], [size, 99]] for size in range(1, 25))
        ]
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 24
    assert kept < 24 * 64 * 1024


def test_equal_shapes_share_what_draws_them() -> None:
    said = {"kind": "polygon", "points": [[0, 0], [99, 0], [99, 99]], "where": "fill"}
    one, other = (sampler(SHAPES.validate_python(said)) for _ in range(2))
    assert one is other
    assert sampler(SHAPES.validate_python(said | {"spread": 2})) is not one
    name = SHAPES.validate_python({"kind": "glyphs", "text": "?", "says": "sender"})
    assert sampler(name, "Ada") is not sampler(name, "Bea")
