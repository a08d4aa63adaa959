"""The page of matches: judging, what there is to judge, any two videos, blanking."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from studio import gallery_matches as made
from studio.tabs.forensics.tab import ScoresTab
from tests.studio.tabs.forensics import test_tab
from tests.studio.tabs.forensics.test_tab import MATCHES, matches_of, page, query, run
from tests.studio.tabs.office import Office, Routes, button, words

routes = test_tab.routes


def test_a_match_is_judged_and_taken_back(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    sure, altered = made.matches()[:2]

    async def story(office: Office, tab: ScoresTab) -> None:
        matches = matches_of(tab)
        assert matches.pane.match == sure
        column = matches.model.column_number("verdict")
        button(matches.pane, "False positive").click()
        assert matches.model.cell(0, column) == "False positive"
        assert not matches.pane.wrong.isEnabled()
        button(matches.pane, "Undo").click()
        assert not matches.pane.undo.isVisible()
        assert matches.model.cell(0, column) == "Not judged"
        await office.tasks.after_writes(lambda: None)
        assert office.context.outbox.entries() == []
        button(matches.pane, "False positive").click()
        await tab.leave()  # what was said is kept, whatever is closed
        await office.tasks.after_writes(lambda: None)
        (entry,) = office.context.outbox.entries()
        assert entry.edit.path == f"/v1/forensics/matches/{sure.id}/verdict"
        assert entry.edit.body == {"verdict": "false_positive"}
        assert matches.model.cell(0, column) == "False positive"
        matches.table.select([altered.id], altered.id)
        assert matches.pane.match == altered
        await office.settle()
        assert "The original is not here" in matches.pane.compare.right.view.accessibleDescription()

    run(qapp, tmp_path, routes, story, "forensics.read")


def test_nothing_to_judge_says_so(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[MATCHES] = page()

    async def story(office: Office, tab: ScoresTab) -> None:
        assert "Nothing to judge" in words(tab)
        button(tab, "Show all").click()
        await office.settle()
        assert "state" not in query(routes.asked(MATCHES)[-1])

    run(qapp, tmp_path, routes, story, "forensics.read")


def test_any_two_videos_are_compared(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        button(tab, "Compare two videos…").click()
        left, right = (each for each in tab.window().findChildren(QLineEdit) if each.isVisible())
        left.setText("nonsense")
        right.setText(str(made.ORIGINAL))
        button(tab.window(), "Compare").click()
        assert "32 hexadecimal digits" in words(tab.window())
        left.setText(str(made.VIDEO))
        button(tab.window(), "Compare").click()
        await office.settle()
        assert matches_of(tab).beside.page is matches_of(tab).pair
        assert "First video" in words(tab)
        assert not matches_of(tab).pair.confirm.isVisible()
        tab.open(left=made.ORIGINAL, right=made.VIDEO)
        await office.settle()
        assert matches_of(tab).beside.page is matches_of(tab).pair
        with pytest.raises(TypeError):
            tab.open(nothing=1)

    run(qapp, tmp_path, routes, story)


def test_both_videos_are_blanked_by_one_key_wherever_the_focus_is(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        page = matches_of(tab)
        page.table.setFocus()
        for blank in (True, False):
            page.blank()
            assert page.pane.compare.blank is blank
            assert page.pane.compare.right.player.blank is blank
        page.pane.compare.button("panic").click()
        assert page.pane.compare.blank

    run(qapp, tmp_path, routes, story, "forensics.read")
