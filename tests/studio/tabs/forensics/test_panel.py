"""The panel before a server that answers from a table: what is read, shown, asked for and stopped."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtWidgets import QApplication, QProgressBar

from server.forensics.rules import AnalysisKind, AnalysisState
from server.forensics.schemas import VideoAnalyses
from studio import gallery_scores as made
from studio.api.client import Api
from studio.offline.changes import Changes
from studio.tabs.forensics.meter import Bar, MeterLine
from studio.tabs.forensics.panel import ScoresPanel, path_of
from studio.tabs.forensics.view import ScoresView
from studio.video.player import Player
from studio.video.playhead import Region
from studio.widgets.panel import Subject
from studio.workplace import RESYNC
from tests.studio.tabs.office import (
    Office,
    Routes,
    body,
    button,
    nameless,
    person_me,
    play,
    problem,
    until,
    words,
)

VIDEO = made.VIDEO
GET = f"GET {path_of(VIDEO)}"
ASK = f"POST {path_of(VIDEO)}/analyses"
MATCHES, OPINION = f"{GET}/matches", f"{GET}/opinion"
MODERATOR, LEAD = ("forensics.read",), ("forensics.read", "forensics.analyse")


@pytest.fixture
def routes() -> Routes:
    return Routes(
        {
            GET: made.found(),
            ASK: made.analysis(AnalysisKind.CORE),
            MATCHES: {"items": []},
            OPINION: problem(404, "not_found"),
        }
    )


class At:
    """A panel on screen; `sought` and `lanes` are what it said."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.panel = ScoresPanel(office.context)
        self.sought: list[int] = []
        self.lanes: list[tuple[str, ...]] = []
        self.regions: list[tuple[Region, ...]] = []
        self.panel.seek_wanted.connect(self.sought.append)
        self.panel.regions_changed.connect(self.regions.append)
        self.panel.lanes_changed.connect(lambda lanes: self.lanes.append(tuple(x.name for x in lanes)))

    async def show(self, subject: Subject | None = Subject("video", VIDEO)) -> At:
        self.panel.show_subject(subject)
        await self.office.show(self.panel, 362, 1_200)
        return self

    async def hear(self, *, topic: str = "forensics.analysis", video: UUID = VIDEO) -> None:
        self.office.changes.send(Changes(kinds=frozenset({topic}), ids=frozenset({str(video)})))
        await self.office.settle()

    def words(self) -> str:
        return words(self.panel)


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any, *, as_: tuple[str, ...] = LEAD) -> None:
    async def told(office: Office) -> None:
        await story(At(office))

    play(qapp, folder, routes, told, me=person_me(permissions=as_))


def test_scores_are_read_and_a_moment_is_one_press_away(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        assert "Of 100 videos like this, about 8 are manipulated" in at.words()
        assert len(at.panel.findChildren(Bar)) == 7  # a bar for each score, and none for what has none
        assert at.lanes == [(), ("Scores", "Face", "Lip sync", "Hate speech")]
        button(at.panel, "0:06").click()
        assert at.sought == [6_400]
        assert [here.label for here in at.regions[-1] if here.start_ms <= 6_400 < here.end_ms] == ["Face 1"]
        assert nameless(at.panel) == []
        names = [line.accessibleName() for line in at.panel.findChildren(MeterLine)]
        assert "Violence: not analysed. No detector for this is installed on the server." in names

    run(qapp, tmp_path, routes, story)


def test_of_a_text_there_are_no_scores(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        await at.show(Subject("comment", VIDEO))
        assert "Only videos are analysed." in at.words()
        assert routes.requests == []

    run(qapp, tmp_path, routes, story)


def test_another_item_leaves_nothing_of_the_one_before(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        at.panel.show_subject(None)
        assert "manipulated" not in at.words()
        assert at.lanes[-1] == ()
        assert at.regions[-1] == ()
        await at.office.settle()
        assert len(routes.asked(GET)) == 1

    run(qapp, tmp_path, routes, story)


def test_a_player_that_was_lent_for_another_item_moves_nothing(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    other = UUID(int=77)
    routes.answers[f"GET {path_of(other)}"] = made.found()
    for name in ("matches", "opinion"):
        routes.answers[f"GET {path_of(other)}/{name}"] = problem(404, "not_found")

    async def story(at: At) -> None:
        await at.show()
        player: Any = SimpleNamespace(player=Player(), source=None)
        at.panel.watch(player)
        player.player.changed.emit(SimpleNamespace(ms=1_000))
        assert at.panel.view._now_ms == 1_000
        at.panel.show_subject(Subject("video", other))
        assert at.panel.view._now_ms is None
        player.player.changed.emit(SimpleNamespace(ms=2_000))
        assert at.panel.view._now_ms is None

    run(qapp, tmp_path, routes, story)


def test_progress_moves_the_bar_and_leaves_the_rest(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        routes.answers[GET] = made.running()
        await at.show()
        (first, second) = at.panel.findChildren(QProgressBar)
        assert (first.value(), second.value()) == (430, 0)
        routes.answers[GET] = _further(made.running(), 8_000)
        await at.hear(video=UUID(int=99))
        assert first.value() == 430
        await at.hear()
        assert at.panel.findChildren(QProgressBar)[0] is first
        assert first.value() == 800
        routes.answers[GET] = made.found()
        await at.hear(topic="forensics.restricted_analysis")
        assert "Of 100 videos" in at.words()

    run(qapp, tmp_path, routes, story)


def _further(known: VideoAnalyses, bp: int) -> VideoAnalyses:
    assert known.core.latest is not None
    latest = known.core.latest.model_copy(update={"progress_bp": bp})
    return known.model_copy(update={"core": known.core.model_copy(update={"latest": latest})})


def test_a_lead_stops_an_analysis_and_a_moderator_only_sees_it(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    running = made.running()
    assert running.core.latest is not None
    stop = f"POST /v1/forensics/analyses/{running.core.latest.id}/cancel"
    routes.answers |= {GET: running, stop: made.analysis(AnalysisKind.CORE, AnalysisState.CANCELLED)}

    async def story(at: At) -> None:
        await at.show()
        shown = at.panel.findChildren(ScoresView)[0]
        stops = [each for each in _stops(shown) if "Picture" in each.accessibleName()]
        if at.panel._context.me.permissions == list(MODERATOR):
            assert stops == []
            return
        stops[0].click()
        await at.office.settle()
        assert len(routes.asked(stop)) == 1
        assert len(routes.asked(GET)) == 2

    run(qapp, tmp_path, routes, story)
    run(qapp, tmp_path / "m", routes, story, as_=MODERATOR)


def _stops(view: ScoresView) -> list[Any]:
    from studio.widgets.button import IconButton

    return [each for each in view.findChildren(IconButton) if each.isVisible()]


def test_asking_again_asks_for_both_kinds_each_with_a_key_of_its_own(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        button(at.panel, "Analyse again").click()
        await at.office.settle()
        asked = routes.asked(ASK)
        assert [body(each)["kind"] for each in asked] == ["core", "text"]
        assert len({each.headers["Idempotency-Key"] for each in asked}) == 2

    run(qapp, tmp_path, routes, story)


def test_a_moderator_is_not_offered_what_they_may_not(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        assert "Analyse again" not in at.words()
        routes.answers[GET] = made.never()
        await at.hear()
        assert "Not analysed yet" in at.words()
        assert "Analyse it now" not in at.words()

    run(qapp, tmp_path, routes, story, as_=MODERATOR)


def test_what_was_never_analysed_can_be_asked_for(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        routes.answers[GET] = made.never()
        await at.show()
        routes.answers[GET] = made.running()
        button(at.panel, "Analyse it now").click()
        await at.office.settle()
        assert len(at.panel.findChildren(QProgressBar)) == 2

    run(qapp, tmp_path, routes, story)


def test_a_refusal_is_told_and_the_scores_stay(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        await at.show()
        routes.answers[ASK] = problem(409, "not_ready", "This video is not ready.")
        button(at.panel, "Analyse again").click()
        await at.office.settle()
        assert "This video is not ready." in at.office.told()
        assert "Of 100 videos" in at.words()

    run(qapp, tmp_path, routes, story)


def test_out_of_reach_keeps_what_is_shown_and_says_so_where_nothing_is(
    qapp: QApplication, tmp_path: Path, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "RETRIES", 0, raising=False)

    async def story(at: At) -> None:
        routes.answers[GET] = httpx.ConnectError("refused")
        await at.show()
        assert "Try again" in at.words()
        routes.answers[GET] = made.found()
        button(at.panel, "Try again").click()
        await at.office.settle()
        assert "Of 100 videos" in at.words()
        routes.answers[GET] = httpx.ConnectError("refused")
        at.office.changes.send(Changes(kinds=frozenset({RESYNC})))
        await at.office.settle()
        assert "Of 100 videos" in at.words()
        assert "Not refreshed: scores. The server cannot be reached." in at.words()
        routes.answers[GET] = made.found()
        button(at.panel, "Try again").click()
        await at.office.settle()
        assert "Not refreshed" not in at.words()

    run(qapp, tmp_path, routes, story)


def test_what_became_restricted_leaves_nothing_behind(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        await at.show()
        assert at.panel.view.cutter._faces
        routes.answers[GET] = problem(404, "not_found", "There is no such video.")
        await at.hear(topic="forensics.restricted_analysis")
        assert "not shown of own or restricted videos" in at.words()
        assert at.lanes[-1] == ()
        assert at.regions[-1] == ()
        assert at.panel.view.cutter._faces == ()
        assert at.panel.view._lines == []

    run(qapp, tmp_path, routes, story)


def test_the_keyboard_stays_when_an_analysis_ends(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        routes.answers[GET] = made.running_again()
        await at.show()
        at.panel.activateWindow()
        await until(at.panel.isActiveWindow)
        jump = button(at.panel, "0:06")
        jump.setFocus()
        name = jump.accessibleName()
        routes.answers[GET] = made.found()
        await at.hear()
        assert jump.hasFocus()  # its section is the same
        routes.answers[GET] = made.found().model_copy(update={"prevalence_bp": 900})
        await at.hear()
        now = QApplication.focusWidget()
        assert now is not None
        assert now is not jump
        assert now.accessibleName() == name

    run(qapp, tmp_path, routes, story)


def test_out_of_sight_the_time_bar_is_told_and_nothing_is_built(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        at.panel.show_subject(Subject("video", VIDEO))
        await at.office.settle()
        assert at.lanes[-1] == ("Scores", "Face", "Lip sync", "Hate speech")
        assert at.panel.findChildren(MeterLine) == []
        await at.office.show(at.panel, 362, 1_200)
        assert "Of 100 videos like this" in at.words()

    run(qapp, tmp_path, routes, story)


def test_what_may_not_be_seen_says_so(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        routes.answers[GET] = problem(404, "not_found", "There is no such video.")
        await at.show()
        assert "not shown of own or restricted videos" in at.words()

    run(qapp, tmp_path, routes, story)
