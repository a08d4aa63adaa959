"""Beside the scores: what a video was recognised as, what a model said, and evidence as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from server.forensics.banks.rules import MatchVerdict
from server.forensics.opinion.rules import OpinionState
from studio import gallery_matches as made
from studio import gallery_scores
from studio.messages import Message
from studio.offline.changes import Changes
from studio.tabs.forensics.match_pane import MatchDialog
from studio.tabs.forensics.match_section import MatchSection
from studio.tabs.forensics.panel import ScoresPanel, path_of
from studio.widgets.panel import Subject
from tests.studio.tabs.office import Office, Routes, button, nameless, person_me, play, problem, until, words

VIDEO = made.VIDEO
GET = f"GET {path_of(VIDEO)}"
MATCHES, OPINION, ASK = f"{GET}/matches", f"{GET}/opinion", f"POST {path_of(VIDEO)}/opinion"


def page(*items: Any) -> dict[str, Any]:
    return {"items": [each.model_dump(mode="json") for each in items], "next_cursor": None}


@pytest.fixture
def routes() -> Routes:
    return Routes({GET: gallery_scores.found(), MATCHES: page(*made.matches()), OPINION: made.opinion()})


class At:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.panel = ScoresPanel(office.context)
        self.sought: list[int] = []
        self.lanes: list[tuple[str, ...]] = []
        self.blanked: list[bool] = []
        self.panel.blank_wanted.connect(lambda: self.blanked.append(True))
        self.panel.seek_wanted.connect(self.sought.append)
        self.panel.lanes_changed.connect(lambda lanes: self.lanes.append(tuple(x.name for x in lanes)))

    async def show(self) -> At:
        self.panel.show_subject(Subject("video", VIDEO))
        await self.office.show(self.panel, 362, 1_600)
        return self

    async def hear(self, topic: str) -> None:
        self.office.changes.send(Changes(kinds=frozenset({topic}), ids=frozenset({str(VIDEO)})))
        await self.office.settle()


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any, *permissions: str) -> None:
    async def told(office: Office) -> None:
        await story(At(office))

    me = person_me(permissions=permissions or ("forensics.read", "forensics.analyse"))
    play(qapp, folder, routes, told, me=me)


def test_matches_come_first_and_are_on_the_time_bar(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        said = words(at.panel.view.matches)
        assert "22 of 256 bits differ, mirrored, cropped by 5 % a side, 1.10 times as fast." in said
        assert at.lanes[-1] == ("Matches", "Scores", "Face", "Lip sync", "Hate speech")
        button(at.panel.view.matches, "0:04").click()
        assert at.sought == [4_000]
        assert nameless(at.panel) == []
        routes.answers[MATCHES] = page()
        await at.hear("forensics.match")
        assert at.panel.view.matches.isHidden()
        assert at.lanes[-1] == ("Scores", "Face", "Lip sync", "Hate speech")

    run(qapp, tmp_path, routes, story)


def test_what_was_recognised_is_shown_though_nothing_was_analysed(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    routes.answers[GET] = gallery_scores.never()

    async def story(at: At) -> None:
        await at.show()
        assert "Not analysed yet" not in words(at.panel)
        assert "Removed here" in words(at.panel)
        routes.answers[MATCHES] = page()
        await at.hear("forensics.restricted_match")
        assert "Not analysed yet" in words(at.panel)

    run(qapp, tmp_path, routes, story)


def test_the_opinion_stands_apart_with_its_sentence(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        section = at.panel.view.opinion
        said = words(section)
        assert "It is in no score and no verdict." in said
        assert "The lips lose their edge in these stills." in said
        assert "The model said “medium”; scores or flags say more." in said
        button(section, "0:06").click()
        assert at.sought == [6_400]
        routes.answers[OPINION] = made.opinion(OpinionState.REFUSED, reason="The model would not answer.")
        await at.hear("forensics.opinion")
        assert "The model would not answer." in words(section)
        assert "smeared" not in words(section)

    run(qapp, tmp_path, routes, story)


def test_what_could_not_be_read_is_said_beside_what_is_shown(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        before = routes.answers[MATCHES]
        routes.answers[MATCHES] = problem(500, "broken", "It broke.")
        await at.hear("forensics.match")
        assert "Not refreshed: what it was recognised as. It broke." in words(at.panel)
        assert "Recognised" in words(at.panel)
        routes.answers[MATCHES] = before
        button(at.panel, "Try again").click()
        await at.office.settle()
        assert "Not refreshed" not in words(at.panel)

    run(qapp, tmp_path, routes, story)


def test_of_two_reads_of_the_same_the_later_one_counts(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        beside = at.panel._beside
        beside.read_matches()
        first = beside._reading["matches"]
        beside.read_matches()
        await at.office.settle()
        assert first.cancelled()
        assert not beside._reading["matches"].cancelled()

    run(qapp, tmp_path, routes, story)


def test_of_many_matches_the_first_are_shown_until_all_are_asked_for(qtbot: QtBot) -> None:
    section = MatchSection()
    qtbot.addWidget(section)
    section.show()
    section.show_matches([made.match(number) for number in range(1, 31)])
    compare = "Compare with"

    def shown() -> int:
        buttons = [each for each in section.findChildren(QAbstractButton) if each.isVisible()]
        return sum(each.accessibleName().startswith(compare) for each in buttons)

    assert shown() == 10
    button(section, "Show all 30").click()
    assert shown() == 30


def test_a_model_is_asked_after_a_second_press(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[OPINION] = made.opinion(OpinionState.NOT_ASKED)
    routes.answers[ASK] = made.opinion(OpinionState.WAITING)

    async def story(at: At) -> None:
        await at.show()
        section = at.panel.view.opinion
        button(section, "Ask a model").click()
        assert routes.asked(ASK) == []
        assert "sends stills and words of the video to a provider" in words(section)
        button(section, "Ask").click()
        await at.office.settle()
        (asked,) = routes.asked(ASK)
        assert asked.headers["Idempotency-Key"]
        assert "Ask a model" not in words(section)

    run(qapp, tmp_path, routes, story)


def test_an_answer_for_another_video_is_not_shown(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[OPINION] = made.opinion(OpinionState.NOT_ASKED)
    routes.answers[ASK] = made.opinion(OpinionState.REFUSED, reason="Of the first video.")
    other = UUID(int=77)
    for name in ("", "/matches", "/opinion"):
        routes.answers[f"GET {path_of(other)}{name}"] = problem(404, "not_found")

    async def story(at: At) -> None:
        await at.show()
        at.panel.ask_model()
        at.panel.show_subject(Subject("video", other))
        await at.office.settle()
        assert len(routes.asked(ASK)) == 1
        assert at.panel.view.opinion._known is None

    run(qapp, tmp_path, routes, story)


def test_a_moderator_reads_the_opinion_and_cannot_ask(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        assert "Ask the model again" not in words(at.panel.view.opinion)

    run(qapp, tmp_path, routes, story, "forensics.read")


def test_a_server_that_knows_neither_is_no_trouble(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    routes.answers[MATCHES] = routes.answers[OPINION] = problem(404, "not_found")

    async def story(at: At) -> None:
        await at.show()
        assert at.panel.view.opinion.isHidden()
        assert at.panel.view.matches.isHidden()
        assert at.office.reports == []

    run(qapp, tmp_path, routes, story)


def test_comparing_opens_over_the_review_and_a_verdict_can_be_taken_back_after_it_is_closed(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    sure = made.match(1)
    for video in (made.VIDEO, made.ORIGINAL):
        routes.answers[f"GET /v1/content/videos/{video}"] = problem(404, "not_found")
        routes.answers[f"HEAD /v1/content/videos/{video}/file"] = problem(404, "not_found")

    async def story(at: At) -> None:
        await at.show()
        at.panel.compare(sure)
        (dialog,) = at.panel.findChildren(MatchDialog)
        await at.office.settle()
        assert dialog.pane.compare.left.view.accessibleDescription().startswith("The video is not there")
        assert "6 of 256 bits differ" in words(dialog)
        assert nameless(dialog) == []
        button(dialog, "Confirm").click()
        assert button(dialog, "Undo").isVisible()
        dialog.reject()
        assert at.panel._judging.holds(sure.id)
        await at.office.tasks.after_writes(lambda: None)
        assert len(at.office.context.outbox.entries()) == 1
        said = {match.id: match.verdict for match in at.panel.view.matches._shown}
        assert said[sure.id] is MatchVerdict.CONFIRMED  # before the server has heard of it
        assert at.blanked == []
        (offer,) = [each for each in at.office.reports if isinstance(each, Message) and each.undo]
        assert offer.undo is not None
        offer.undo()
        await at.office.tasks.after_writes(lambda: None)
        assert at.office.context.outbox.entries() == []
        said = {match.id: match.verdict for match in at.panel.view.matches._shown}
        assert said[sure.id] is MatchVerdict.PENDING
        await at.office.settle()

    run(qapp, tmp_path, routes, story)


def test_blanking_the_comparison_blanks_the_review_below_it(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    for video in (made.VIDEO, made.ORIGINAL):
        routes.answers[f"GET /v1/content/videos/{video}"] = problem(404, "not_found")
        routes.answers[f"HEAD /v1/content/videos/{video}/file"] = problem(404, "not_found")

    async def story(at: At) -> None:
        await at.show()
        at.panel.compare(made.match(1))
        (dialog,) = at.panel.findChildren(MatchDialog)
        dialog.activateWindow()
        await until(dialog.isActiveWindow)
        dialog.pane.compare.left.view.setFocus()
        QTest.keyClick(dialog.pane.compare.left.view, Qt.Key.Key_X)
        assert at.blanked == [True]
        assert dialog.pane.compare.blank
        assert not dialog.isVisible()
        await at.office.settle()

    run(qapp, tmp_path, routes, story)
