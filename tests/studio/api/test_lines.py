"""Lines come out the same however the bytes were cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.api.lines import LineSplitter, LineTooLong


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200)))
def test_chunking_does_not_matter(data: bytes, cuts: list[int]) -> None:
    splitter = LineSplitter(max_bytes=1000)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    lines: list[bytes] = []
    for start, end in pairwise(edges):
        lines += splitter.feed(data[start:end])
    *expected, rest = data.split(b"\n")
    assert lines == [line.removesuffix(b"\r") for line in expected]
    assert splitter.rest() == rest


def test_only_lf_ends_a_line() -> None:
    text = "a\u2028b\x85c\x0bd\n".encode()
    assert LineSplitter(max_bytes=100).feed(text) == [text[:-1]]


def test_endless_line_is_refused() -> None:
    splitter = LineSplitter(max_bytes=10)
    with pytest.raises(LineTooLong):
        splitter.feed(b"x" * 11)
