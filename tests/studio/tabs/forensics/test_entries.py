"""Entries of a bank: several moved on by one request, and those that took themselves out of use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from server.forensics.banks.rules import ENTRIES_AT_ONCE, EntryState
from server.forensics.banks.schemas import EntryEvent
from server.forensics.schemas import EntriesMoved, EntryView
from studio import gallery_matches as made
from studio.messages import Message
from studio.offline.changes import Changes
from studio.tabs.forensics import bank_words
from studio.tabs.forensics.bank_asking import Asking
from studio.tabs.forensics.banks_page import BanksPage
from studio.tabs.forensics.stopped import StoppedNotices
from studio.tabs.forensics.tab import ScoresTab
from studio.workplace import RESYNC
from tests.studio.tabs.office import Office, Routes, body, button, nameless, person_me, play, problem, words

STOPPED = "GET /v1/forensics/stopped-entries"
SECOND = UUID(int=made.BANK.int + 1)
ENTRIES, OTHERS = (f"GET /v1/forensics/banks/{bank}/entries" for bank in (made.BANK, SECOND))
MOVE = f"POST /v1/forensics/banks/{made.BANK}/entries/state"
OWN = "You proposed this entry: someone else says that it is right."


def page(*items: Any) -> dict[str, Any]:
    return {"items": [json.loads(each.model_dump_json()) for each in items], "next_cursor": None}


def proposed(count: int) -> list[EntryView]:
    return [made.entry(10 + n, state=EntryState.PROPOSED) for n in range(count)]


def stopped(number: int = 5, **more: Any) -> EntryView:
    values = {"state": EntryState.QUARANTINED, "stopped": "2 matches were wrong", "bank_id": SECOND}
    return made.entry(number, **values | more)


@pytest.fixture
def routes() -> Routes:
    return Routes(
        {
            "GET /v1/forensics/banks": page(made.bank(), made.bank(1, name="Gore")),
            ENTRIES: page(*proposed(3), made.entry()),
            OTHERS: page(made.entry(4, bank_id=SECOND, state=EntryState.QUARANTINED), stopped()),
            STOPPED: page(),
        }
    )


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any) -> None:
    async def told(office: Office) -> None:
        tab = ScoresTab(office.context)
        await office.show(tab, 1_180, 740)
        await office.settle()
        assert tab.banks is not None
        await story(office, tab, tab.banks)

    play(qapp, folder, routes, told, me=person_me(permissions=("forensics.banks",)))


async def answer(office: Office, banks: BanksPage, why: str = "They were checked") -> str:
    """Say why, and answer what was asked."""
    asking = [each for each in banks.window().findChildren(Asking) if each.isVisible()][-1]
    question = words(asking)
    (field,) = asking.findChildren(QLineEdit)
    field.setText(why)
    asking.done.click()
    await office.settle()
    return question


def test_the_whole_selection_is_activated_by_one_request(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    ids = [entry.id for entry in proposed(3)]
    routes.answers[MOVE] = EntriesMoved(moved=ids, kept=[])

    async def story(office: Office, tab: ScoresTab, banks: BanksPage) -> None:
        banks.entry_table.selectAll()
        assert "4 selected: 3 proposed, 1 active" in words(banks)
        activate = banks.moving.buttons[EntryEvent.ACTIVATE]
        assert activate.isEnabled()
        activate.click()
        assert "Activate: 3 entries, because" in await answer(office, banks)
        (sent,) = routes.asked(MOVE)
        assert body(sent) == {
            "event": "activate",
            "reason": "They were checked",
            "entries": [str(one) for one in ids],
        }
        assert sent.headers["Idempotency-Key"]
        assert "3 entries activated" in office.told()
        assert len(routes.asked(ENTRIES)) == 2
        assert nameless(tab) == []

    run(qapp, tmp_path, routes, story)


def test_what_stayed_as_it_was_is_told_with_its_reason(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    first, *rest = [entry.id for entry in proposed(3)]
    kept = [{"id": one, "code": "own_entry", "why": OWN} for one in rest]
    routes.answers[MOVE] = EntriesMoved.model_validate({"moved": [first], "kept": kept})

    async def story(office: Office, tab: ScoresTab, banks: BanksPage) -> None:
        banks.entry_table.select([first, *rest])
        banks.moving.buttons[EntryEvent.ACTIVATE].click()
        await answer(office, banks)
        assert f"1 entry activated, 2 left as they were 2: {OWN}" in office.told()
        routes.answers[MOVE] = problem(409, "conflict", "Ask again.")
        banks.entry_table.select([first, *rest])
        banks.moving.buttons[EntryEvent.DECONFIRM].click()
        await answer(office, banks)
        assert len(routes.asked(MOVE)) == 2
        assert "Ask again." in words(tab.window())  # beside the reason, which is still there

    run(qapp, tmp_path, routes, story)


def test_a_command_takes_no_more_than_the_server_does(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    many = proposed(ENTRIES_AT_ONCE + 20)
    routes.answers[MOVE] = EntriesMoved(moved=[], kept=[])

    async def story(office: Office, tab: ScoresTab, banks: BanksPage) -> None:
        banks.entries.set_rows(many)
        banks.entry_table.selectAll()
        assert "520 selected: 520 proposed · the first 500 of those that can be" in words(banks)
        banks.moving.buttons[EntryEvent.ACTIVATE].click()
        await answer(office, banks)
        (sent,) = routes.asked(MOVE)
        assert len(body(sent)["entries"]) == ENTRIES_AT_ONCE

    run(qapp, tmp_path, routes, story)


def test_an_entry_that_took_itself_out_is_shown_and_found(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, tab: ScoresTab, banks: BanksPage) -> None:
        assert not banks.stopped.isVisible()
        assert tab.pages.tabText(tab.pages.indexOf(banks)) == "Hash banks"
        routes.answers[STOPPED] = page(stopped())
        office.changes.send(Changes(kinds=frozenset({"forensics.bank"}), ids=frozenset({"x"})))
        await office.settle()
        assert "1 entry took itself out of use: 2 matches were wrong" in words(tab)
        assert tab.pages.tabText(tab.pages.indexOf(banks)) == "Hash banks (1)"
        button(banks, "Show").click()
        await office.settle()
        assert routes.asked(OTHERS)[-1].url.params["state"] == "quarantined"
        assert banks.entry_table.current_id() == stopped().id
        assert "It took itself out of use: 2 matches were wrong" in words(banks.moving)
        routes.answers[f"POST /v1/forensics/entries/{stopped().id}/state"] = stopped(state=EntryState.ACTIVE)
        routes.answers[STOPPED] = page()
        banks.moving.buttons[EntryEvent.ACTIVATE].click()
        await answer(office, banks)
        await office.settle()
        assert not banks.stopped.isVisible()
        assert tab.pages.tabText(tab.pages.indexOf(banks)) == "Hash banks"

    run(qapp, tmp_path, routes, story)


def test_it_is_found_in_the_bank_that_is_in_front(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    mine = stopped(6, bank_id=made.BANK)
    routes.answers[STOPPED] = page(mine, stopped())
    routes.answers[ENTRIES] = page(made.entry(), mine)

    async def story(office: Office, tab: ScoresTab, banks: BanksPage) -> None:
        assert "2 entries took themselves out of use, the last one: 2 matches were wrong" in words(banks)
        tab.open(stopped=True)
        button(banks, "Show").click()
        await office.settle()
        assert banks.entry_table.current_id() == mine.id
        banks.show_entry(stopped(7, bank_id=UUID(int=999)))  # a bank that is not here
        assert banks.entry_table.current_id() == mine.id

    run(qapp, tmp_path, routes, story)


def test_who_keeps_the_banks_is_told_once_in_whatever_tab(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    routes.answers[STOPPED] = page(stopped())

    async def story(office: Office) -> None:
        kept = StoppedNotices(office.context)
        await office.settle()
        assert office.told() == ""  # it was so before: it stands above the banks
        routes.answers[STOPPED] = page(stopped(8, stopped="12 matches within an hour"), stopped())
        for kind in ("forensics.bank", RESYNC):
            office.changes.send(Changes(kinds=frozenset({kind}), ids=frozenset({"x"})))
            await office.settle()
        assert office.told().count("1 entry took itself out of use: 12 matches within an hour") == 1
        (notice,) = [each for each in office.reports if isinstance(each, Message)]
        assert notice.action is not None
        notice.action.do()
        assert office.went[-1] == ("forensics", {"stopped": True})
        routes.answers[STOPPED] = httpx.ConnectError("down")
        kept.on_changes(Changes(kinds=frozenset({RESYNC})))
        await office.settle()

    play(qapp, tmp_path, routes, story, me=person_me(permissions=("forensics.banks",)))


def test_nobody_else_is_asked_for(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(office: Office) -> None:
        assert ScoresTab.watch(office.context) is not None
        await office.settle()
        assert routes.asked(STOPPED) == []

    play(qapp, tmp_path, routes, story, me=person_me(permissions=("forensics.read",)))


def test_every_event_and_state_has_words() -> None:
    assert set(bank_words.DONE) == set(EntryEvent)
    assert set(bank_words.STATES) == set(EntryState)
    assert bank_words.stopped_words([]) == ""
