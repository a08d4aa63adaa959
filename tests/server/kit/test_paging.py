"""Cursors come back as they went out, and nothing else is accepted as one."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit import paging
from server.kit.errors import BadRequest

TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(
    st.integers(-(2**63), 2**63 - 1),
    TEXT,
    st.uuids(),
    st.datetimes(timezones=st.just(UTC)),
)
def test_a_cursor_comes_back_as_it_went_out(n: int, word: str, key: UUID, at: datetime) -> None:
    assert paging.decode(paging.encode(n, word, key, at), int, str, UUID, datetime) == [n, word, key, at]


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_other_text_is_a_bad_request_and_never_a_fault(text: str) -> None:
    with pytest.raises(BadRequest):
        paging.decode(text, int, UUID, datetime)


@pytest.mark.parametrize("value", [True, 1.5, 2**63, None, "1"])
def test_only_whole_numbers_that_a_database_can_hold_pass_as_int(value: int) -> None:
    with pytest.raises(BadRequest):
        paging.decode(paging.encode(value), int)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(ANYTHING, st.sampled_from([int, str, UUID, datetime]))
def test_whatever_json_a_cursor_holds_it_is_a_key_or_a_bad_request(value: object, kind: type) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode().rstrip("=")
    try:
        [key] = paging.decode(cursor, kind)
    except BadRequest:
        return
    assert isinstance(key, kind)
    str(key).encode()


@pytest.mark.parametrize(("value", "kind"), [(1, UUID), ({}, UUID), ("\ud800", str), ("a\x00", str)])
def test_what_a_database_would_choke_on_is_a_bad_request(value: object, kind: type) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode()
    with pytest.raises(BadRequest):
        paging.decode(cursor, kind)


def test_pages_put_together_are_all_rows_once_and_the_last_has_no_cursor() -> None:
    rows, found, cursor = list(range(7)), list[int](), None
    for _ in range(3):
        after = paging.key_of(cursor, int)
        more = [row for row in rows if after is None or row > after][: 3 + 1]
        shown, cursor = paging.trim(more, 3, lambda row: (row,))
        found += shown
    assert found == rows
    assert cursor is None


def test_a_page_that_is_just_full_has_no_next_one() -> None:
    assert paging.trim([1, 2, 3], 3, lambda row: (row,)) == ([1, 2, 3], None)


def test_a_key_of_two_kinds_is_a_tuple_and_an_empty_cursor_is_none_of_ours() -> None:
    key = (datetime(2026, 11, 30, tzinfo=UTC), UUID(int=7))
    assert paging.key_of(paging.encode(*key), datetime, UUID) == key
    assert paging.key_of(None, datetime, UUID) is None
    with pytest.raises(BadRequest):
        paging.key_of("", datetime, UUID)
