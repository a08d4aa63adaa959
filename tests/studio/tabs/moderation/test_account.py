"""The account page: what it tells, and its failures."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from server.moderation.rules import Measure, Outcome, Scope
from server.moderation.schemas import ActionRow, CreatorPage, DecisionRow
from studio.tabs.moderation import account_state
from studio.tabs.moderation.account_page import MOST_FLAGS, AccountPage
from studio.tabs.moderation.count_bar import CountBar
from studio.widgets.empty_state import ErrorState
from tests.studio.tabs.moderation.conftest import Play, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.world import NOW, TITLES, World, decision, problem, record

MARA = UUID(int=100)
TITLE = TITLES.__getitem__


def other(original: DecisionRow, **changes: object) -> DecisionRow:
    return DecisionRow(**dict(original) | changes)


def test_the_history_is_newest_first_and_whole() -> None:
    page = record(MARA)
    moments = account_state.history(page, TITLE)
    assert len(moments) == len(page.decisions) + len(page.strikes) + 1
    assert [m.at for m in moments] == sorted((m.at for m in moments), reverse=True)
    assert moments[-1].text == "The account was opened"


@pytest.mark.parametrize(
    ("outcome", "policy", "text"),
    [
        (Outcome.ALLOW, None, "Video allowed"),
        (Outcome.REMOVE, "adult.nudity", "Video removed: Adult nudity"),
        (Outcome.RESTRICT, "spam.repetitive", "Video restricted: Repetitive spam"),
        (Outcome.ESCALATE, None, "Video escalated"),
    ],
)
def test_a_decision_in_words(outcome: Outcome, policy: str | None, text: str) -> None:
    made = other(decision(0), outcome=outcome, policy=policy)
    assert account_state.outcome_text(made, TITLE) == text
    assert outcome in account_state.OUTCOME_TONES


def test_what_no_longer_stands_says_so() -> None:
    assert account_state.standing(decision(0)) == ""
    assert account_state.standing(other(decision(0), undone_at=NOW)) == " · undone"
    assert account_state.standing(other(decision(0), reversed_by_id=MARA)) == " · reversed"


def test_measures_name_what_and_until_when() -> None:
    def measure(kind: Measure, scope: Scope, days: int | None) -> ActionRow:
        ends = NOW + timedelta(days=days) if days else None
        return ActionRow(type=kind, scope=scope, interim=False, starts_at=NOW, ends_at=ends, ended_at=None)

    both = [measure(Measure.REMOVE, Scope.ITEM, None), measure(Measure.RESTRICT, Scope.ACCOUNT, 7)]
    assert account_state.measures_text(both) == "remove item, restrict account until 2026-03-09"


def test_flags_by_policy_are_shares_of_the_most_frequent() -> None:
    shares = account_state.flag_shares(record(MARA).flags)
    assert shares[0].share == 1
    assert [s.count for s in shares] == sorted((s.count for s in shares), reverse=True)
    assert sum(s.count for s in shares) == len(record(MARA).flags)
    assert account_state.flag_shares([]) == []


def test_the_page_shows_the_record_and_opens_items(play: Play) -> None:
    async def story(desk: Desk) -> None:
        page = AccountPage(desk.context, TITLE)
        page.show()
        page.open(MARA)
        await until(page.decisions.rowCount)
        texts = {label.text() for label in page.findChildren(QLabel)}
        assert {"Mara Velasquez", "3", "2", "12", "4", "Strike points"} <= texts
        assert page.open_items.rowCount() == 4
        shares = account_state.flag_shares(record(MARA).flags)
        assert len(page.findChildren(CountBar)) == min(len(shares), MOST_FLAGS)
        wanted: list[str] = []
        page.item_wanted.connect(wanted.append)
        page.item_table.opened.emit(page.open_items.id_at(0))
        page.decision_table.opened.emit(page.decisions.id_at(0))
        assert wanted == [page.open_items.id_at(0), str(decision(0).item_id)]
        left: list[None] = []
        page.left.connect(lambda: left.append(None))
        QTest.keyClick(page, Qt.Key.Key_Escape)
        assert left == [None]
        page.deleteLater()

    play(World(), story)


def test_each_list_is_as_high_as_its_rows(play: Play) -> None:
    async def story(desk: Desk) -> None:
        page = AccountPage(desk.context, TITLE)
        page.resize(1064, 760)
        page.show()
        page.open(MARA)
        await until(page.decisions.rowCount)
        whole = record(MARA)
        few = CreatorPage(**dict(whole) | {"decisions": whole.decisions[:1]})
        page.show_record(few)
        await until(lambda: page.decisions.rowCount() == 1)
        await until(lambda: not page.item_table.verticalScrollBar().isVisible())
        row = page.decision_table.rowHeight(0)
        assert page.decision_table.height() < 3 * row
        assert page.item_table.viewport().height() >= 4 * row
        page.show_record(CreatorPage(**dict(whole) | {"decisions": []}))
        assert page.decision_table.isHidden()
        assert "No decision has been made yet." in {label.text() for label in page.findChildren(QLabel)}
        page.deleteLater()

    play(World(), story)


def test_a_late_answer_about_somebody_else_is_not_shown(play: Play) -> None:
    async def story(desk: Desk) -> None:
        page = AccountPage(desk.context, TITLE)
        page.open(UUID(int=5))
        page.show_record(record(MARA))
        assert page.decisions.rowCount() == 0
        page.deleteLater()

    play(World(), story)


def test_an_unknown_account_says_so_and_can_be_tried_again(play: Play) -> None:
    async def story(desk: Desk) -> None:
        desk.world.broken = problem(404, "not_found", "There is no such person.")
        page = AccountPage(desk.context, TITLE)
        page.open(MARA)
        await until(lambda: isinstance(page.states.shown(), ErrorState))
        desk.world.broken = None
        page.states.retried.emit()
        await until(page.decisions.rowCount)
        page.deleteLater()

    play(World(), story)
