"""Filters in words, what passes them, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from studio.tabs.moderation import queue_state, rows, snapshot
from studio.tabs.moderation.queue_state import (
    QueueCounts,
    QueueFilter,
    headline,
    nothing_found,
    parse,
    toggled,
)
from studio.tabs.moderation.snapshot import QueueRow
from studio.widgets.table import RowModel
from tests.studio.tabs.moderation.world import ME, NOW, TITLES, item

NOW_MS = int(NOW.timestamp() * 1000)
ROWS = [snapshot.row_of(item(n)) for n in range(120)]


def passing(text: str, *toggles: str) -> list[QueueRow]:
    checks = parse(text, toggles).checks(now=NOW_MS, me=ME)
    return [row for row in ROWS if all(check(row) for check in checks)]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("severity:critical", lambda r: r.severity == "critical"),
        ("severity:critical,low", lambda r: r.severity in ("critical", "low")),
        ("severity:low severity:high", lambda r: r.severity in ("low", "high")),
        ("severity:CRIT", lambda r: r.severity == "critical"),
        ("type:text", lambda r: r.content_type in ("comment", "caption", "profile")),
        ("type:video", lambda r: r.content_type == "video"),
        ("state:held", lambda r: r.state == "on_hold"),
        ("state:waiting,claimed", lambda r: r.state in ("pending", "claimed")),
        ("policy:adult", lambda r: r.policy.startswith("adult")),
        ("score>70", lambda r: (r.score_bp or 0) >= 7000),
        ("score<30%", lambda r: r.score_bp is not None and r.score_bp < 3000),
        ("score>30 score<70", lambda r: r.score_bp is not None and 3000 <= r.score_bp < 7000),
        ("due<1h", lambda r: r.due < NOW_MS + 3_600_000),
        ("due<3h severity:high", lambda r: r.due < NOW_MS + 10_800_000 and r.severity == "high"),
        ("due>3h", lambda r: r.due >= NOW_MS + 10_800_000),
        ("due>1h due<3h", lambda r: NOW_MS + 3_600_000 <= r.due < NOW_MS + 10_800_000),
        ("type:video state:claimed", lambda r: r.content_type == "video" and r.state == "claimed"),
    ],
)
def test_each_word_narrows_as_it_says(text: str, holds: Any) -> None:
    expected = [row for row in ROWS if holds(row)]
    assert passing(text) == expected
    assert 0 < len(expected) < len(ROWS)


def test_toggles_narrow_too() -> None:
    assert passing("", queue_state.MINE) == [row for row in ROWS if row.claimed_by == ME]
    assert passing("", queue_state.OVER) == [row for row in ROWS if row.due < NOW_MS]
    assert passing("severity:low", queue_state.OVER) == [
        row for row in passing("", queue_state.OVER) if row.severity == "low"
    ]


@pytest.mark.parametrize("text", ["", "mara video", "score>170", "due<", "colour:red", "severity:", "a:b:c"])
def test_what_is_no_choice_is_looked_for_as_words(text: str) -> None:
    assert parse(text) == QueueFilter(words=text)


def test_a_value_that_does_not_exist_lets_nothing_pass() -> None:
    assert passing("severity:purple") == []


@given(st.text(max_size=40))
def test_any_line_can_be_typed(text: str) -> None:
    wanted = parse(text)
    assert parse(text) == wanted
    assert all(isinstance(check(ROWS[0]), bool) for check in wanted.checks(now=NOW_MS, me=ME))


def test_what_looks_like_a_filter_and_is_none_is_named_when_nothing_is_found() -> None:
    assert nothing_found(parse("mara video 12:30")) == "Try fewer words."
    said = nothing_found(parse("mara colour:red due<1h"))
    assert "“colour:red”" in said
    assert "severity:high,critical" in said
    assert "“age>3d”" in nothing_found(parse("age>3d"))


def test_a_choice_is_added_and_taken_out() -> None:
    line = toggled("mara  ", "severity:low")
    assert line == "mara severity:low"
    assert toggled(line, "severity:low") == "mara"


def test_only_due_times_make_a_filter_pass_with_time() -> None:
    assert parse("due<1h").passing
    assert parse("due>1h").passing
    assert parse("", {queue_state.OVER}).passing
    assert not parse("severity:low score>1 words", {queue_state.MINE}).passing


# Order

ORDERS: dict[str, Any] = {
    "priority": lambda r: (-r.priority, r.due // 1000),
    "due": lambda r: r.due,
    "severity": lambda r: -("low", "medium", "high", "critical").index(r.severity),
    "title": lambda r: r.title.casefold(),
    "score": lambda r: -1 if r.score_bp is None else r.score_bp,
    "age": lambda r: -r.created,
    "policy": lambda r: TITLES[r.policy].casefold(),
    "creator": lambda r: r.creator.casefold(),
    "holder": lambda r: (r.claimed_by or "").casefold(),
}

choices = st.sampled_from(
    ["severity:high", "type:text", "score>40", "due<4h", "state:claimed", "policy:spam", "mara", "take 1"]
)
queue_rows = st.lists(
    st.builds(
        lambda n, priority, due: ROWS[n]._replace(id=f"{n}.{priority}.{due}", priority=priority, due=due),
        st.integers(0, 119),
        st.sampled_from([1000, 1001, 4120, 9999]),
        st.integers(NOW_MS - 10**7, NOW_MS + 10**8),
    ),
    unique_by=lambda row: row.id,
    max_size=60,
)


@given(queue_rows, st.lists(choices, max_size=3), st.sampled_from(sorted(ORDERS)), st.booleans())
def test_the_table_shows_what_the_plain_definition_says(
    qapp: QApplication, held: list[QueueRow], terms: list[str], order: str, descending: bool
) -> None:
    search = rows.search_text(TITLES.__getitem__)
    model = RowModel[QueueRow](
        rows.columns(now=lambda: NOW_MS, titles=TITLES.__getitem__, me=ME),
        row_id=lambda row: row.id,
        search=search,
    )
    wanted = parse(" ".join(terms))
    checks = wanted.checks(now=NOW_MS, me=ME)
    model.set_filter(wanted.words, *checks)
    model.set_rows(held[: len(held) // 2])
    model.sort_by(order, descending=descending)
    model.upsert(held[len(held) // 2 :])
    model.flush()
    words = wanted.words.split()
    expected = [
        row
        for row in held
        if all(check(row) for check in checks) and all(word in search(row).casefold() for word in words)
    ]
    shown = [model.row(n) for n in range(model.rowCount())]
    key = ORDERS[order]
    assert sorted(shown) == sorted(expected)
    assert [key(row) for row in shown] == sorted(map(key, expected), reverse=descending)


def test_the_queue_order_is_that_of_the_server() -> None:
    picked = sorted(ROWS, key=lambda row: (-row.priority, row.due // 1000))
    assert [rows.queue_order(row) for row in picked] == sorted(map(rows.queue_order, ROWS))
    urgent = ROWS[0]._replace(priority=9_999, due=NOW_MS + 10**12)
    late = ROWS[0]._replace(priority=9_998, due=0)
    assert rows.queue_order(urgent) < rows.queue_order(late)


# Counts


@given(queue_rows)
def test_counts_at_any_moment(held: list[QueueRow]) -> None:
    counts = QueueCounts()
    counts.count(held, ME)
    assert counts.open == len(held)
    assert counts.mine == sum(row.claimed_by == ME for row in held)
    for moment in (0, NOW_MS, NOW_MS + 10**7, 2**60):
        assert counts.due_before(moment) == sum(row.due < moment for row in held)


@given(queue_rows, queue_rows, st.data())
def test_counts_follow_what_changes(held: list[QueueRow], come: list[QueueRow], data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(range(len(held))), unique=True)) if held else []
    kept = [row for n, row in enumerate(held) if n not in gone]
    counts, anew = QueueCounts(), QueueCounts()
    counts.count(held, ME)
    counts.change([held[n] for n in gone], come, ME)
    anew.count(kept + come, ME)
    assert (counts.open, counts.mine) == (anew.open, anew.mine)
    for moment in {row.due + more for row in held + come for more in (0, 1)}:
        assert counts.due_before(moment) == anew.due_before(moment)


def test_the_headline() -> None:
    counts = QueueCounts()
    assert headline(counts, NOW_MS) == "0 open · 0 over SLA"
    counts.count([ROWS[0]._replace(due=n, claimed_by=ME if n < 2 else None) for n in range(1284)], ME)
    assert headline(counts, 37) == "1,284 open · 37 over SLA · 2 with you"
    assert headline(counts, 37, 3) == "3 of 1,284 shown · 37 over SLA · 2 with you"


def test_filters_are_values() -> None:
    assert replace(parse("severity:low"), words="x") == parse("x severity:low")
