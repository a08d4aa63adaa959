"""What the cells of the queue say."""

from __future__ import annotations

import pytest

from studio.tabs.moderation import rows, snapshot
from studio.widgets.table import ChipLook
from tests.studio.tabs.moderation.world import ME, NOW, TITLES, item

NOW_MS = int(NOW.timestamp() * 1000)
ROW = snapshot.row_of(item(0))


@pytest.mark.parametrize(
    ("left_s", "text"),
    [
        (42, "42 s"),
        (600, "10 min"),
        (3 * 3600 + 300, "3 h 05 min"),
        (26 * 3600, "1 d 2 h"),
        (-42, "42 s over"),
        (-3600 - 300, "1 h over"),
        (-30 * 3600, "1 d over"),
    ],
)
def test_due(left_s: int, text: str) -> None:
    assert rows.due_text(ROW._replace(due=NOW_MS + left_s * 1000), NOW_MS) == text


@pytest.mark.parametrize(("share", "tone"), [(0.5, "neutral"), (0.2, "warning"), (-0.1, "danger")])
def test_due_tone_by_the_share_that_is_left(share: float, tone: str) -> None:
    whole = 7_200_000
    due = NOW_MS + int(whole * share)
    assert rows.due_tone(ROW._replace(due=due, created=due - whole), NOW_MS) == tone


def test_who_has_it_and_for_how_long() -> None:
    def text(**changes: object) -> str:
        return rows.holder_text(ROW._replace(**changes), NOW_MS, ME)  # type: ignore[arg-type]

    lease = NOW_MS + 7 * 60_000
    assert text(state="pending", claimed_by=None) == ""
    assert text(state="claimed", claimed_by="samir", lease_until=lease) == "samir · 7 min"
    assert text(state="claimed", claimed_by=ME, lease_until=lease) == "You · 7 min"
    assert text(state="claimed", claimed_by="samir", lease_until=NOW_MS - 1) == "samir"
    assert text(state="on_hold", claimed_by=ME) == "You · held"
    assert text(state="escalated", claimed_by=None) == "Escalated"
    assert text(state="awaiting_second", claimed_by=None) == "Second opinion"
    waits = ROW._replace(state="awaiting_second", claimed_by=None)
    assert rows.holder_told(waits, NOW_MS, ME) == "Awaiting second opinion"


def test_colour_never_stands_alone() -> None:
    waits = ({"state": state} for state in rows.PLACES)
    for changes in (*waits, {"state": "claimed", "claimed_by": "samir"}):
        row = ROW._replace(**changes)  # type: ignore[arg-type]
        assert rows.holder_look(row, ME) is not None
        assert rows.holder_text(row, NOW_MS, ME)
    assert rows.holder_look(ROW._replace(claimed_by=None, state="pending"), ME) is None
    assert rows.holder_look(ROW._replace(claimed_by=ME, state="claimed"), ME) == ChipLook("accent")


def test_policy_with_the_other_flags() -> None:
    text = rows.policy_text
    assert text(ROW._replace(policy="adult.nudity", flag_count=1), TITLES.__getitem__) == "Adult nudity"
    assert text(ROW._replace(policy="adult.nudity", flag_count=4), TITLES.__getitem__) == "Adult nudity +3"


def test_every_column_bears_an_item_without_its_optional_facts() -> None:
    bare = ROW._replace(score_bp=None, creator=None, claimed_by=None, lease_until=None)
    for column in rows.columns(now=lambda: NOW_MS, titles=lambda code: code, me=ME):
        assert isinstance(column.text(bare), str)
        assert column.key is None or isinstance(column.key(bare), int | float | str)
        if column.chip:
            column.chip(bare)
        if column.tooltip:
            assert isinstance(column.tooltip(bare), str)


def test_what_is_searched() -> None:
    text = rows.search_text(TITLES.__getitem__)(ROW)
    for part in (ROW.title, ROW.creator, TITLES[ROW.policy], ROW.id):
        assert part
        assert part in text
