"""The Scores tab: matches to judge, analyses to stop and to ask again, banks to keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from server.forensics.banks.rules import EntryState
from server.forensics.banks.schemas import EntryEvent, ImportReceipt
from server.forensics.rules import AnalysisKind, AnalysisState
from studio import gallery_matches as made
from studio import gallery_scores
from studio.offline.changes import Changes
from studio.tabs.forensics.bank_asking import Asking
from studio.tabs.forensics.matches_page import MatchesPage
from studio.tabs.forensics.tab import ScoresTab
from tests.studio.tabs.office import Office, Routes, body, button, nameless, person_me, play, problem, words

BANKS, ANALYSES, MATCHES = (f"GET /v1/forensics/{name}" for name in ("banks", "analyses", "matches"))
ENTRIES = f"GET /v1/forensics/banks/{made.BANK}/entries"
STOPPED = "GET /v1/forensics/stopped-entries"
ALL = ("forensics.read", "forensics.analyse", "forensics.banks")
RUNS = gallery_scores.analysis(AnalysisKind.CORE, AnalysisState.RUNNING, progress_bp=4_300)
PARKED = gallery_scores.analysis(AnalysisKind.TEXT, AnalysisState.PARKED, reason="It died twice.")


def page(*items: Any) -> dict[str, Any]:
    return {"items": [json.loads(each.model_dump_json()) for each in items], "next_cursor": None}


@pytest.fixture
def routes() -> Routes:
    found = Routes(
        {
            BANKS: page(made.bank(), made.bank(1, name="Harmless", kind="negative", policy=None)),
            ENTRIES: page(made.entry(), made.entry(1, state=EntryState.PROPOSED)),
            f"GET /v1/forensics/banks/{UUID(int=made.BANK.int + 1)}/entries": page(),
            ANALYSES: page(RUNS, PARKED),
            MATCHES: page(*made.matches()[:2]),
            STOPPED: page(),
        }
    )
    for video in (made.VIDEO, made.ORIGINAL):
        found.answers[f"GET /v1/content/videos/{video}"] = problem(404, "not_found")
        found.answers[f"HEAD /v1/content/videos/{video}/file"] = problem(404, "not_found")
    return found


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any, *permissions: str) -> None:
    async def told(office: Office) -> None:
        tab = ScoresTab(office.context)
        await office.show(tab, 1_180, 740)
        await story(office, tab)

    play(qapp, folder, routes, told, me=person_me(permissions=permissions or ALL))


def matches_of(tab: ScoresTab) -> MatchesPage:
    assert tab.matches is not None
    return tab.matches


def query(request: httpx.Request) -> dict[str, str]:
    return dict(request.url.params)


def test_a_moderator_sees_matches_alone(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        assert (tab.analyses, tab.banks) == (None, None)
        assert tab.pages.count() == 1
        (asked,) = routes.asked(MATCHES)
        assert query(asked)["state"] == "pending"
        assert nameless(tab) == []

    run(qapp, tmp_path, routes, story, "forensics.read")


def test_an_administrator_keeps_analyses_and_banks_and_sees_no_match(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        assert tab.matches is None
        assert [tab.pages.tabText(n) for n in range(tab.pages.count())] == [
            "Analyses",
            "Hash banks",
            "Models",
        ]
        assert len(routes.asked(ANALYSES)) == 1
        assert routes.asked(MATCHES) == []
        with pytest.raises(TypeError):
            tab.open(left=made.VIDEO, right=made.ORIGINAL)

    run(qapp, tmp_path, routes, story, "forensics.analyse", "forensics.banks")


def test_who_has_the_tab() -> None:
    assert ScoresTab.allowed(person_me(permissions=("forensics.banks",)))
    assert not ScoresTab.allowed(person_me(permissions=("content.review",)))


def test_an_analysis_is_stopped_and_asked_for_again(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    stop, again = f"POST /v1/forensics/analyses/{RUNS.id}/cancel", "POST /v1/forensics/videos/{}/analyses"
    routes.answers[stop] = RUNS.model_copy(update={"state": AnalysisState.CANCELLED})
    routes.answers[again.format(made.VIDEO)] = gallery_scores.analysis(
        AnalysisKind.TEXT, AnalysisState.QUEUED, id=UUID(int=9)
    )

    async def story(office: Office, tab: ScoresTab) -> None:
        tab.pages.setCurrentIndex(1)
        await office.settle()
        analyses = tab.analyses
        assert analyses is not None
        assert [analyses.model.cell(n, analyses.model.column_number("done")) for n in range(2)] == [
            "43 %",
            "82 %",
        ]
        analyses.select(RUNS.id)
        assert not analyses.again.isEnabled()
        analyses.stop.click()
        await office.settle()
        shown = analyses.model.get(RUNS.id)
        assert shown is not None
        assert shown.state is AnalysisState.CANCELLED
        assert not analyses.stop.isEnabled()
        analyses.select(PARKED.id)
        analyses.again.click()
        await office.settle()
        (asked,) = routes.asked(again.format(made.VIDEO))
        assert body(asked) == {"kind": "text"}
        assert asked.headers["Idempotency-Key"]
        analyses.state.setCurrentIndex(analyses.state.findData("parked"))
        await office.settle()
        assert query(routes.asked(ANALYSES)[-1])["state"] == "parked"

    run(qapp, tmp_path, routes, story)


def test_a_page_is_read_when_it_comes_to_the_front_and_again_when_it_is_old(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        assert routes.asked(ANALYSES) == []
        tab.pages.setCurrentIndex(1)
        await office.settle()
        tab.pages.setCurrentIndex(0)
        tab.pages.setCurrentIndex(1)
        await office.settle()
        assert len(routes.asked(ANALYSES)) == 1
        for _ in range(3):
            office.changes.send(Changes(kinds=frozenset({"forensics.analysis"}), ids=frozenset({"x"})))
        await office.settle()
        assert len(routes.asked(ANALYSES)) == 1  # it is gathered
        assert tab.gathering.isActive()
        tab.gathering.timeout.emit()
        await office.settle()
        assert len(routes.asked(ANALYSES)) == 2
        office.changes.send(Changes(kinds=frozenset({"forensics.match"}), ids=frozenset({"x"})))
        await office.settle()
        assert len(routes.asked(MATCHES)) == 1

    run(qapp, tmp_path, routes, story)


async def _banks(office: Office, tab: ScoresTab) -> Any:
    tab.pages.setCurrentIndex(2)
    await office.settle()
    await office.settle()
    return tab.banks


def _fill(tab: ScoresTab, **typed: str) -> Asking:
    asking = [each for each in tab.window().findChildren(Asking) if each.isVisible()][-1]
    for field in asking.findChildren(QLineEdit):
        for name, text in typed.items():
            if field.accessibleName().lower().startswith(name):
                field.setText(text)
    return asking


def test_a_bank_shows_what_it_holds_and_what_can_be_done_with_it(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    moved = f"POST /v1/forensics/entries/{made.entry().id}/state"
    routes.answers[moved] = made.entry(state=EntryState.QUARANTINED)

    async def story(office: Office, tab: ScoresTab) -> None:
        banks = await _banks(office, tab)
        assert "Up to 31 bits may differ." in words(banks)
        assert banks.entries.rowCount() == 2
        banks.entry_table.select([made.entry().id], made.entry().id)
        assert banks.moving.buttons[EntryEvent.QUARANTINE].isEnabled()
        assert not banks.moving.buttons[EntryEvent.ACTIVATE].isEnabled()
        banks.moving.buttons[EntryEvent.QUARANTINE].click()
        asking = _fill(tab)
        asking.done.click()
        assert "Say why" in words(asking)
        _fill(tab, why="Too many matches")
        asking.done.click()
        await office.settle()
        (sent,) = routes.asked(moved)
        assert body(sent) == {"event": "quarantine", "reason": "Too many matches"}
        assert len(routes.asked(ENTRIES)) == 2
        banks.bank_table.selectRow(1)
        await office.settle()
        assert "This bank is empty" in words(banks)
        assert nameless(tab) == []

    run(qapp, tmp_path, routes, story)


def test_a_video_is_added_and_a_bank_is_made(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    added = f"POST /v1/forensics/banks/{made.BANK}/entries"
    routes.answers[added] = made.entry(2)
    routes.answers["POST /v1/forensics/banks"] = made.bank(2, name="New")

    async def story(office: Office, tab: ScoresTab) -> None:
        banks = await _banks(office, tab)
        banks.add.click()
        asking = _fill(tab, id="no id", why="Seen before")
        asking.done.click()
        assert "32 hexadecimal digits" in words(asking)
        _fill(tab, id=str(made.ORIGINAL))
        asking.done.click()
        await office.settle()
        (sent,) = routes.asked(added)
        assert body(sent) == {"video_id": str(made.ORIGINAL), "severity": "low", "reason": "Seen before"}
        assert sent.headers["Idempotency-Key"]
        banks.new_bank.click()
        asking = _fill(tab, name="New")
        asking.done.click()
        assert "under which policy" in words(asking)
        _fill(tab, policy="violence.graphic")
        asking.done.click()
        await office.settle()
        (sent,) = routes.asked("POST /v1/forensics/banks")
        assert body(sent) == {"name": "New", "kind": "harmful", "policy": "violence.graphic"}

    run(qapp, tmp_path, routes, story)


def test_what_was_typed_stays_until_the_server_has_it(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    added = f"POST /v1/forensics/banks/{made.BANK}/entries"
    routes.answers[added] = httpx.ReadError("cut")

    async def story(office: Office, tab: ScoresTab) -> None:
        banks = await _banks(office, tab)
        banks.add.click()
        asking = _fill(tab, id=str(made.ORIGINAL), why="Seen before")
        asking.done.click()
        assert not asking.done.isEnabled()
        await office.settle()
        assert asking.isVisible()
        assert "Try again when the connection is back." in words(asking)
        assert "by itself" not in words(asking)
        routes.answers[added] = made.entry(2)
        asking.done.click()
        await office.settle()
        assert [each for each in tab.window().findChildren(Asking) if each.isVisible()] == []
        keys = {each.headers["Idempotency-Key"] for each in routes.asked(added)}
        assert len(keys) == 1  # the first answer may have been lost

    run(qapp, tmp_path, routes, story)


def test_a_list_of_hashes_is_taken_in_and_given_out(
    qapp: QApplication, tmp_path: Path, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/forensics/banks/{made.BANK}"
    routes.answers[f"POST {path}/import"] = ImportReceipt(added=2, known=1, skipped=0, problems=[])
    routes.answers[f"GET {path}/export"] = httpx.Response(200, content=b"hash,type\n")
    listed, out, large = tmp_path / "list.csv", tmp_path / "out.csv", tmp_path / "large.csv"
    listed.write_text("hash,type\nabc,pdq\n", encoding="utf-8")
    large.write_bytes(bytes((2 << 20) + 1))

    async def story(office: Office, tab: ScoresTab) -> None:
        banks = await _banks(office, tab)
        banks.take_in(listed)
        await office.settle()
        (sent,) = routes.asked(f"POST {path}/import")
        assert body(sent)["content"] == "hash,type\nabc,pdq\n"
        assert body(sent)["format"] == "csv"
        assert "2 entries imported 1 known already" in office.told()
        for bad, why in ((large, "cut it into parts"), (tmp_path / "none.csv", "No such file")):
            banks.take_in(bad)
            await office.settle()
            assert why in office.told()
        assert len(routes.asked(f"POST {path}/import")) == 1
        monkeypatch.setattr(banks.exporting, "ask", lambda export: banks.exporting.begin(export, out))
        banks.give.click()
        assert not banks.give.isEnabled()  # one at a time
        await office.settle()
        assert out.read_bytes() == b"hash,type\n"
        assert banks.give.isEnabled()
        assert query(routes.asked(f"GET {path}/export")[0]) == {"format": "csv"}

    run(qapp, tmp_path, routes, story)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_out_of_reach_says_so_and_comes_back(
    qapp: QApplication, tmp_path: Path, routes: Routes, which: int
) -> None:
    good = dict(routes.answers)
    paths: tuple[Callable[[], str], ...] = (lambda: MATCHES, lambda: ANALYSES, lambda: BANKS)
    routes.answers[paths[which]()] = httpx.ConnectError("down")

    async def story(office: Office, tab: ScoresTab) -> None:
        tab.pages.setCurrentIndex(which)
        await office.settle()
        assert "The server cannot be reached." in words(tab)
        routes.answers.update(good)
        button(tab.pages.currentWidget(), "Try again").click()
        await office.settle()
        assert "The server cannot be reached." not in words(tab)

    run(qapp, tmp_path, routes, story)


def test_any_stored_state_is_borne(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        for state, page in (({}, 0), ({"page": 99}, 0), ({"page": "x"}, 0), ({"page": 1}, 1)):
            tab.restore_state(state)
            await office.settle()
            assert tab.save_state() == {"page": page}

    run(qapp, tmp_path, routes, story)


def test_what_is_read_again_stays_on_the_screen_meanwhile(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, tab: ScoresTab) -> None:
        matches_of(tab).refresh()
        assert not matches_of(tab).list.states._patience.isActive()
        await office.settle()
        banks = await _banks(office, tab)
        banks.refresh()
        assert not banks.states._patience.isActive()
        await office.settle()

    run(qapp, tmp_path, routes, story)
