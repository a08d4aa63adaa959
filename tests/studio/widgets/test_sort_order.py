"""An order after changes is the order of a fresh sort."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.widgets import sort_order
from studio.widgets.sort_order import Order

Rows = list[float | str]
SAME = "x" * (sort_order.HEAD - 1)
WORD = st.one_of(
    st.text("abAB", max_size=2),
    st.text("a\0é\ud800\ue000😀", max_size=3).map(SAME.__add__),
    st.text(st.characters(), max_size=20),
)


@given(
    st.one_of(
        st.tuples(st.lists(st.integers(0, 5)), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)))),
        st.tuples(
            st.lists(WORD),
            st.lists(st.tuples(st.integers(0, 9), WORD)),
        ),
    ),
    st.sampled_from([0, 10_000]),
)
def test_merged_is_sorted(case: tuple[Rows, list[tuple[int, float | str]]], share: int) -> None:
    rows, changes = list(case[0]), case[1]
    live = Order(lambda row: row)
    with patch.object(sort_order, "MERGE_SHARE", share):
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


@given(
    st.lists(WORD, max_size=12),
    st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 15), WORD)), max_size=12),
)
def test_what_is_prepared_in_parts_is_sorted_as_ever(
    rows: list[str], moments: list[tuple[int, str] | None]
) -> None:
    """Rows come and change between two parts, too."""
    order = Order(lambda row: row)
    for change in moments:
        if change is None:
            order.prepare(rows, 3)
        else:
            place = min(change[0], len(rows))
            rows[place : place + 1] = [change[1]]
            assert order.put(place, change[1]) is False
    got = order.of(rows).tolist()
    assert got == sorted(range(len(rows)), key=lambda place: (rows[place].casefold(), place))


@pytest.mark.parametrize("rows", [["b", "A", "c", "a"], [2.0, 1.0, 3.0, 1.0]])
def test_no_key_is_read_twice(rows: Rows) -> None:
    read: list[float | str] = []
    order = Order(lambda row: read.append(row) or row)  # type: ignore[func-returns-value]
    assert order.prepare(rows, 3)
    assert not order.prepare(rows, 3)
    assert not order.prepare(rows, 3)
    assert order.of(rows).tolist() == sorted(range(4), key=lambda place: (str(rows[place]).casefold(), place))
    assert read == rows
    assert not order.prepare(rows, 3)
