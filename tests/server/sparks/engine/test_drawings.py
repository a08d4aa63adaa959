"""Path data against known points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sparks.engine.drawings import FURTHEST, TooManyPoints, flattened


@pytest.mark.parametrize(
    ("path", "points"),
    [
        ("M 10 20 L 30 40", [[10, 20], [30, 40]]),
        ("m10,20l20,20", [[10, 20], [30, 40]]),
        ("M10 20 30 40 50 20", [[10, 20], [30, 40], [50, 20]]),
        ("m10 20 5 5 5-5", [[10, 20], [15, 25], [20, 20]]),
        ("M1 2H9V8h-1v-2", [[1, 2], [9, 2], [9, 8], [8, 8], [8, 6]]),
        ("M0 0 10 0 10 10Z", [[0, 0], [10, 0], [10, 10], [0, 0]]),
        ("M0 0L10 0L0 0Z", [[0, 0], [10, 0], [0, 0]]),
        ("M.5.5-1e1+2", [[0.5, 0.5], [-10, 2]]),
    ],
)
def test_lines_go_through_their_points(path: str, points: list[list[float]]) -> None:
    (stroke,) = flattened(path)
    assert stroke == pytest.approx(np.array(points))


def test_after_closing_the_next_stroke_starts_where_that_did() -> None:
    first, second, third = flattened("M5 5l10 0 0 10z l-3 -3 M100 100h1")
    assert first[-1] == pytest.approx([5, 5])
    assert second == pytest.approx(np.array([[5, 5], [2, 2]]))
    assert third == pytest.approx(np.array([[100, 100], [101, 100]]))


def test_curves_lie_on_their_formulas() -> None:
    (cubic,) = flattened("M0 0C0 100 100 100 100 0")
    u = np.linspace(0, 1, len(cubic))
    assert cubic[:, 0] == pytest.approx(100 * (3 * u**2 - 2 * u**3))
    assert cubic[:, 1] == pytest.approx(300 * u * (1 - u))
    (quadratic,) = flattened("M0 0q50 100 100 0")
    u = np.linspace(0, 1, len(quadratic))
    assert quadratic[:, 1] == pytest.approx(200 * u * (1 - u))


def test_smooth_curves_go_on_as_the_one_before_ended() -> None:
    (smooth,), (spelt) = (
        flattened("M0 0C0 50 50 50 50 0S100-50 100 0"),
        flattened("M0 0C0 50 50 50 50 0C50-50 100-50 100 0"),
    )
    assert smooth == pytest.approx(spelt[0])
    (smooth,), (spelt) = (
        flattened("M0 0Q25 50 50 0T100 0t50 0"),
        flattened("M0 0Q25 50 50 0Q75-50 100 0Q125 50 150 0"),
    )
    assert smooth == pytest.approx(spelt[0])
    # After anything else there is nothing to go on from.
    (straight,) = flattened("M0 0L50 0T100 0")
    assert np.abs(straight[:, 1]).max() == 0


@pytest.mark.parametrize(("large", "sweep", "reach"), [(0, 1, -20), (1, 1, -80), (0, 0, 20), (1, 0, 80)])
def test_arcs_are_of_a_circle(large: int, sweep: int, reach: float) -> None:
    """Ends 80 apart on a circle of 50, whose middle is 30 off the line between them: it goes 20 or 80 px from
    that line; clockwise (sweep) from left to right is over the top."""
    (arc,) = flattened(f"M-40 0A50 50 0 {large} {sweep} 40 0")
    middle = reach + (50 if sweep else -50)
    assert np.hypot(arc[:, 0], arc[:, 1] - middle) == pytest.approx(np.full(len(arc), 50))
    assert (arc[:, 1].min() if sweep else arc[:, 1].max()) == pytest.approx(reach, abs=0.2)
    assert arc[-1] == pytest.approx([40, 0])


def test_arcs_turn_grow_and_degenerate_as_the_standard_says() -> None:
    (turned,) = flattened("M0 0A20 40 90 0 1 80 0")
    assert turned[:, 1].min() == pytest.approx(-20, abs=0.1)
    (grown,) = flattened("M0 0a1 1 0 0 1 100 0")
    assert grown[:, 1].min() == pytest.approx(-50, abs=0.1)
    (line,) = flattened("M0 0a0 9 0 0 1 100 0")
    assert line == pytest.approx(np.array([[0, 0], [100, 0]]))
    (compact,) = flattened("M0 0a50 50 0 01100 0")
    assert compact[:, 1].min() == pytest.approx(-50, abs=0.1)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "draws nothing"),
        ("M5 5", "draws nothing"),
        ("M5 5 M6 6", "draws nothing"),
        ("L1 1", "begins with M"),
        ("5 5", "a command must come next"),
        ("M1", "a number must come next"),
        ("M0 0L1", "a number must come next"),
        ("M0 0Z5 5", "a command must come next"),
        ("M0 0B1 1", "B is not one of"),
        ("M0 0L1 nan", "a number must come next"),
        ("M0 0L1e99 1", "is too much"),
        ("M0 0A5 5 0 2 0 9 9", "0 or 1 must come next"),
        ("M20000 0l20000 0", "farther than"),
        ("M0 0L1 1é", "must come next"),
    ],
)
def test_garbage_is_refused_with_where_it_is(path: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        flattened(path)


@given(st.text("MmLlHhVvCcSsQqTtAaZz 0123456789.,-+eE", max_size=80) | st.text(max_size=40))
def test_any_text_is_strokes_or_a_value_error(text: str) -> None:
    try:
        strokes = flattened("M0 0" + text)
    except ValueError:
        return
    for stroke in strokes:
        assert stroke.shape[1] == 2
        assert len(stroke) >= 2
        assert np.abs(stroke).max() <= FURTHEST + 20_000


def test_points_are_counted_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four characters of a path may be a curve of 48 points."""
    long = "M0 0q9999 0 0 0t" + "0 0 " * 990
    cut: list[int] = []
    arange = np.arange

    def counted(*given: int) -> object:
        cut.append(given[-1] - 1)
        return arange(*given)

    monkeypatch.setattr(np, "arange", counted)
    with pytest.raises(TooManyPoints, match="at character"):
        flattened(long, 1_000)
    assert 0 < sum(cut) <= 1_000
    assert sum(map(len, flattened("M0 0H9V9Z", 4))) == 4
    with pytest.raises(TooManyPoints):
        flattened("M0 0H9V9Z", 3)
