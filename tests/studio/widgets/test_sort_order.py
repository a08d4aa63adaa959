"""An order after changes is the order of a fresh sort."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.widgets import sort_order
from studio.widgets.sort_order import Order

Rows = list[float | str]


@given(
    st.one_of(
        st.tuples(st.lists(st.integers(0, 5)), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)))),
        st.tuples(
            st.lists(st.text("abAB", max_size=2)),
            st.lists(st.tuples(st.integers(0, 9), st.text("abAB", max_size=2))),
        ),
    ),
    st.sampled_from([0, 10_000]),
    st.sampled_from([0, 1, 10_000]),
)
def test_merged_is_sorted(case: tuple[Rows, list[tuple[int, float | str]]], share: int, few: int) -> None:
    rows, changes = list(case[0]), case[1]
    live = Order(lambda row: row)
    with patch.object(sort_order, "MERGE_SHARE", share), patch.object(sort_order, "FEW_SHARE", few):
        live.of(rows)
        for place, row in changes:
            place = min(place, len(rows))
            rows[place : place + 1] = [row]
            live.put(place, row)
        got = live.of(rows).tolist()
    folded = [row.casefold() if isinstance(row, str) else row for row in rows]
    assert got == sorted(range(len(rows)), key=lambda place: (folded[place], place))


@pytest.mark.parametrize(("row", "moved"), [("b", False), ("B", False), ("c", True)])
def test_only_another_key_moves_a_row(row: str, moved: bool) -> None:
    order = Order(lambda each: each)
    order.of(["a", "b"])
    assert order.put(1, row) is moved


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    asked: list[str] = []
    order = Order(lambda row: asked.append(row) or row)  # type: ignore[func-returns-value]
    assert order.put(0, "a") is False
    assert asked == []
