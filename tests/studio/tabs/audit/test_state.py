"""Filters, payloads and verdicts of the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from server.audit.schemas import Head, Verification
from studio.tabs.audit import state
from studio.tabs.audit.state import Wanted

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CET = timezone(timedelta(hours=1))
MARA = UUID(int=7)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-03-02", datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
        (" 2026-03-02 14:05 ", datetime(2026, 3, 2, 13, 5, tzinfo=UTC)),
        ("2026-03-02T14:05:59", datetime(2026, 3, 2, 13, 5, tzinfo=UTC)),
        ("2026-02-30", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments_are_local_times(text: str, found: datetime | None) -> None:
    assert state.moment(text, CET) == found


def test_a_filter_becomes_a_query() -> None:
    wanted = Wanted(actor="@mara", action=" accounts.signed_in ", target="", period="day")
    assert wanted.params(f"person:{MARA}", now=NOW) == {
        "actor": f"person:{MARA}",
        "action": "accounts.signed_in",
        "after": "2026-03-01T10:00:00+00:00",
    }
    between = Wanted(period="between", first="2026-03-01", last="2026-03-02 12:00")
    assert between.params("", now=NOW, zone=CET) == {
        "after": "2026-02-28T23:00:00+00:00",
        "before": "2026-03-02T11:00:00+00:00",
    }
    assert Wanted().params("", now=NOW) == {}


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (Wanted(first="nonsense"), ""),
        (Wanted(period="between"), ""),
        (Wanted(period="between", first="nonsense"), "is no time"),
        (Wanted(period="between", first="2026-03-02", last="2026-03-02"), "after the end"),
        (Wanted(period="between", first="2026-03-01", last="2026-03-02"), ""),
    ],
)
def test_a_filter_that_makes_no_sense_is_not_sent(wanted: Wanted, fault: str) -> None:
    assert fault in wanted.fault(CET)
    assert bool(wanted.fault(CET)) is bool(fault)


@pytest.mark.parametrize(
    ("wanted", "narrows"),
    [(Wanted(), False), (Wanted(first="2026-01-01"), False), (Wanted(action="x"), True)],
)
def test_whether_a_filter_narrows(wanted: Wanted, narrows: bool) -> None:
    assert wanted.narrows is narrows


@pytest.mark.parametrize("broken", [{}, {"period": "aeon", "actor": 7}, {"period": ["all"]}])
def test_a_broken_filter_is_no_filter(broken: dict[str, Any]) -> None:
    assert state.wanted_of(broken) == Wanted()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("", ""),
        ("system:worker", "system:worker"),
        (f" {MARA} ", f"person:{MARA}"),
        ("@mara", None),
        ("mara.v", None),
    ],
)
def test_actors_by_name_and_by_handle(typed: str, name: str | None) -> None:
    assert state.actor_name(typed) == name


def test_a_handle_is_typed_in_any_way() -> None:
    assert state.handle_of(" @Mara.V ") == "mara.v"


def test_refs_are_shown_as_people_call_them() -> None:
    known = {MARA: "mara"}
    assert state.shown_ref(f"person:{MARA}", known) == "@mara"
    assert state.shown_ref(f"person:{UUID(int=8)}", known) == "person 00000000…"
    assert state.shown_ref("system:worker", known) == "system worker"
    assert state.shown_ref("audit:log", {}) == "audit log"
    assert state.shown_ref("system:system", {}) == "system"
    assert state.person_of("person:" + "-" * 36) is None


def test_a_payload_in_lines() -> None:
    data = {
        "changed": {"roles": [["fan"], ["fan", "lead"]], "cleared": [False, True]},
        "filter": {"actor": None, "deep": {"x": 1.5}},
        "roles": ["admin", "lead"],
        "spans": [{"a": 1}],
        "note": "",
        "whole": True,
    }
    assert state.pairs(data) == [
        ("changed.roles", "fan → fan, lead"),
        ("changed.cleared", "no → yes"),
        ("filter.actor", "none"),
        ("filter.deep.x", "1.5"),
        ("roles", "admin, lead"),
        ("spans", '[{"a": 1}]'),
        ("note", "none"),
        ("whole", "yes"),
    ]


def head(**changes: Any) -> Head:
    values: dict[str, Any] = {
        "seq": 1200,
        "hash": "a" * 64,
        "sealed_to": 1190,
        "sealed_at": NOW,
        "unsealed": 10,
        "public_key": "b" * 64,
    }
    return Head(**values | changes)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (head(), "1,200 entries · sealed to #1,190 · 10 unsealed"),
        (head(sealed_to=0, unsealed=1200), "1,200 entries · never sealed · 1,200 unsealed"),
        (head(seq=0, hash=None, sealed_to=0, unsealed=0), "The log is empty"),
    ],
)
def test_where_the_chain_stands(where: Head, words: str) -> None:
    assert state.seal_words(where) == words


def verdict(**changes: Any) -> Verification:
    values: dict[str, Any] = {
        "whole": True,
        "entries": 1200,
        "sealed_to": 1190,
        "unsealed": 10,
        "broken_at": None,
        "reason": None,
        "elapsed_ms": 1234,
    }
    return Verification(**values | changes)


def test_verdicts_in_words() -> None:
    assert state.verdict_words(verdict()) == (
        "The log is whole",
        "1,200 entries checked in 1.2 s. Signed up to #1,190; 10 after it unsealed.",
    )
    title, text = state.verdict_words(
        verdict(whole=False, entries=99, broken_at=1100, reason="entry 1100 is missing")
    )
    assert title == "Broken at #1,100"
    assert text == "Entry 1100 is missing. The 99 entries before it hold."


def test_digests_are_read_in_eights() -> None:
    assert state.in_eights("0123456789abcdef") == "01234567 89abcdef"
