"""The moving window lets through exactly what it says, and forgets instead of growing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from server.kit import clock
from server.kit.limits import MovingWindow, caller, network

SECOND = timedelta(seconds=1)


def request(host: str | None, authorization: str = "") -> Request:
    client = (host, 5000) if host is not None else None
    headers = [(b"authorization", authorization.encode())] if authorization else []
    return Request({"type": "http", "headers": headers, "client": client})


@given(st.lists(st.integers(0, 15), max_size=60), st.integers(1, 4), st.integers(1, 20))
def test_no_span_holds_more_than_the_amount(gaps: list[int], amount: int, per: int) -> None:
    window = MovingWindow(amount, per * SECOND)
    passed: list[float] = []
    with clock.held() as now:
        for gap in gaps:
            now.advance(gap * SECOND)
            at = now.at.timestamp()
            recent = [p for p in passed if p > at - per]
            wait = window.hit("a")
            assert (wait == 0.0) == (len(recent) < amount)
            if wait:
                assert wait == pytest.approx(recent[-amount] + per - at)
            else:
                passed.append(at)


def test_waiting_as_told_is_enough() -> None:
    window = MovingWindow(2, timedelta(minutes=1))
    with clock.held() as now:
        assert [window.hit("a"), window.hit("a")] == [0, 0]
        now.advance(timedelta(seconds=wait) if (wait := window.hit("a")) else timedelta())
        assert window.hit("a") == 0


def test_callers_do_not_share_a_window() -> None:
    window = MovingWindow(1, SECOND)
    assert [window.hit("a"), window.hit("b")] == [0, 0]
    assert window.hit("a") > 0


def test_the_quietest_caller_is_forgotten_first() -> None:
    window = MovingWindow(1, timedelta(hours=1), callers=3)
    for key in "abc":
        assert window.hit(key) == 0
    assert window.hit("a") > 0
    assert window.hit("d") == 0
    assert window.hit("a") > 0
    assert window.hit("b") == 0


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", "local"),
        (None, "local"),
    ],
)
def test_a_network_is_coarse(host: str | None, found: str) -> None:
    assert network(request(host)) == found


@pytest.mark.parametrize("spelt", ["bearer cst_a", "BEARER cst_a", "Bearer   cst_a", "Bearer cst_a "])
def test_a_caller_who_spells_the_header_otherwise_is_the_same(spelt: str) -> None:
    usual = caller(request("203.0.113.77", "Bearer cst_a"))
    assert caller(request("198.51.100.1", spelt)) == usual
    assert caller(request("203.0.113.77", "Bearer cst_b")) != usual


@pytest.mark.parametrize("other", ["", "Basic YTpi", "Bearer", "Bearer "])
def test_who_sends_no_token_counts_by_network(other: str) -> None:
    assert caller(request("203.0.113.77", other)) == "203.0.113.0/24"


def test_a_caller_is_remembered_in_few_bytes() -> None:
    assert len(caller(request("203.0.113.77", "Bearer " + "x" * 60_000))) == 64
