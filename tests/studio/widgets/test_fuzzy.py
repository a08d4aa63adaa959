"""Which names a few letters find, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.widgets.fuzzy import match, rank

NAMES = [
    "Refresh",
    "Restrict",
    "Hold to reveal",
    "Review the selected item",
    "Greyscale on or off",
    "Export as CSV",
]


def best(typed: str) -> str:
    return rank(typed, NAMES, str)[0][0]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ref", "Refresh"),
        ("restrict", "Restrict"),
        ("RSTRI", "Restrict"),
        ("csv", "Export as CSV"),
        ("rsi", "Review the selected item"),
        ("hold rev", "Hold to reveal"),
    ],
)
def test_the_meant_name_comes_first(typed: str, name: str) -> None:
    assert best(typed) == name


def test_places_are_the_letters_that_match() -> None:
    hit = match("rev", "Hold to reveal")
    assert hit is not None
    assert hit.places == (8, 9, 10)


def test_nothing_typed_keeps_the_order() -> None:
    assert [name for name, _hit in rank("  ", NAMES, str)] == NAMES


def test_a_missing_letter_is_no_match() -> None:
    assert match("xyz", "Refresh") is None


@given(st.text(max_size=8), st.text(max_size=30))
def test_places_spell_what_was_typed(typed: str, name: str) -> None:
    hit = match(typed, name)
    if hit is not None:
        assert list(hit.places) == sorted(set(hit.places))
        assert all(0 <= place < len(name) for place in hit.places)


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=20))
def test_every_name_is_found_by_itself(name: str) -> None:
    assert match(name, name) is not None
