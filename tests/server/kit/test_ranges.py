"""Any range that a client may ask for gives just those bytes, and nonsense gives the whole file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import RangeNotSatisfiable
from server.kit.ranges import asked_for

DATA = bytes(range(256)) * 4
TAG = '"abc"'


def sent(header: str | None, *, size: int = len(DATA), if_range: str | None = None) -> bytes | None:
    span = asked_for(header, size=size, if_range=if_range, etag=TAG)
    return None if span is None else DATA[span.start : span.end]


@given(st.integers(0, len(DATA) - 1), st.integers(0, 3 * len(DATA)))
def test_first_and_last_byte(first: int, more: int) -> None:
    assert sent(f"bytes={first}-{first + more}") == DATA[first : first + more + 1]


@given(st.integers(0, len(DATA) - 1))
def test_from_a_byte_to_the_end(first: int) -> None:
    assert sent(f"bytes={first}-") == DATA[first:]


@given(st.integers(1, 3 * len(DATA)))
def test_the_last_bytes(count: int) -> None:
    assert sent(f"bytes=-{count}") == DATA[-count:]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "lines=1-2",
        "bytes=0-1,4-5",
        "bytes=٣-٤",
    ],
)
def test_what_the_rfc_lets_a_server_ignore_gives_the_whole_file(header: str | None) -> None:
    assert sent(header) is None


@pytest.mark.parametrize("header", [f"bytes={len(DATA)}-", f"bytes={10**17}-{10**17}", "bytes=-0"])
def test_a_range_outside_the_file_is_refused_and_told_the_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        sent(header)
    assert refused.value.headers["Content-Range"] == f"bytes */{len(DATA)}"


def test_an_empty_file_has_no_range() -> None:
    with pytest.raises(RangeNotSatisfiable):
        sent("bytes=0-", size=0)


def test_a_range_of_another_version_gives_the_whole_file() -> None:
    assert sent("bytes=0-1", if_range=TAG) == DATA[:2]
    assert sent("bytes=0-1", if_range='"other"') is None
    assert sent("bytes=0-1", if_range=f"W/{TAG}") is None


@given(st.text(max_size=40))
def test_no_header_is_a_fault(header: str) -> None:
    try:
        found = sent(header)
    except RangeNotSatisfiable:
        return
    assert found is None or found in DATA
