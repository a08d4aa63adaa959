"""The Audit tab: table, names, filters, the entry, verification, export."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.tabs.audit.tab import AuditTab
from tests.studio.tabs.audit.audit_server import COUNT, ENTRIES, MARA, AuditServer, entry
from tests.studio.tabs.office import (
    NOW,
    Office,
    button,
    nameless,
    person_me,
    play,
    words,
)
from tests.studio.tabs.people.people_server import row


@pytest.fixture
def server() -> AuditServer:
    return AuditServer()


def test_newest_first_with_names_seals_and_the_chain(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page, model = tab.page, tab.page.model
        assert model.rowCount() == 100
        actor, sealed = model.column_number("actor"), model.column_number("sealed")
        found = {model.cell(n, 0): (model.cell(n, actor), model.cell(n, sealed)) for n in range(12)}
        assert found["230"] == ("@noor", "Unsealed")
        assert found["228"] == ("@mara", "Unsealed")
        assert found["220"] == ("system worker" if 220 % 3 == 1 else "@mara", "Sealed")
        assert "230 entries · sealed to #220 · 10 unsealed" in words(page.header)
        assert len(server.asked(f"GET /v1/accounts/people/{MARA}")) == 1
        page.table.scrollToBottom()
        await office.settle()
        page.table.scrollToBottom()
        await office.settle()
        assert model.rowCount() == COUNT
        assert nameless(tab) == []

    play(qapp, tmp_path, server, story)


def test_an_entry_is_shown_whole_and_as_plain_text(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        page.table.select([225], 225)
        await office.settle()
        said = words(page.pane)
        assert "<b>not bold</b>" in said
        assert f"{225:064x}"[-8:] in said
        page.pane.copy_json()
        copied = json.loads(QGuiApplication.clipboard().text())
        assert copied == json.loads(entry(225).model_dump_json())
        page.table.select([200], 200)
        await office.settle()
        assert "erased for privacy" in words(page.pane)

    play(qapp, tmp_path, server, story)


def test_people_are_ids_to_who_may_not_look_them_up(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        model = tab.page.model
        assert model.cell(2, model.column_number("actor")) == "person 00000000…"
        tab.page.filters.actor.setText("@mara")
        tab.page.filters.apply()
        await office.settle()
        assert "may not look people up" in words(tab.page.filters)
        assert not any("accounts" in each.url.path for each in server.requests)

    play(qapp, tmp_path, server, story, me=person_me(permissions=["audit.read"]))


def test_filters_are_typed_by_handle_and_remembered(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        filters = tab.page.filters
        QTest.keyClicks(filters.actor, "@Mara.V")
        filters.period.setCurrentIndex(filters.period.findData("week"))
        await office.settle()
        QTest.keyClick(filters.actor, Qt.Key.Key_Return)
        await office.settle()
        asked = dict(server.asked(ENTRIES)[-1].url.params)
        assert asked["actor"] == f"person:{row(5).id}"
        assert asked["after"] == (NOW - timedelta(days=7)).isoformat()
        assert "No entry matches" in words(tab.page)
        assert tab.page.side.isHidden()
        again = AuditTab(office.context)
        again.restore_state(json.loads(json.dumps(tab.save_state())))
        assert again.page.filters.wanted() == filters.wanted()
        button(tab.page, "Clear the filter").click()
        await office.settle()
        assert tab.page.model.rowCount() == 100
        assert tab.page.side.isVisible()

    play(qapp, tmp_path, server, story)


def test_a_filter_that_is_none_is_said_and_not_sent(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        filters, before = tab.page.filters, len(server.asked(ENTRIES))
        filters.actor.setText("@nobody.here")
        filters.apply()
        await office.settle()
        assert "nobody called @nobody.here" in words(filters)
        filters.actor.clear()
        filters.first.setText("soon")
        filters.period.setCurrentIndex(filters.period.findData("between"))
        await office.settle()
        assert "is no time" in words(filters)
        assert filters.first.isVisible()
        assert len(server.asked(ENTRIES)) == before

    play(qapp, tmp_path, server, story)


def test_an_entry_narrows_the_list(qapp: QApplication, tmp_path: Path, server: AuditServer) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        page.table.select([228], 228)
        await office.settle()
        button(page.pane, "Only this actor").click()
        await office.settle()
        assert page.filters.actor.text() == "@mara"
        assert server.asked(ENTRIES)[-1].url.params["actor"] == f"person:{MARA}"
        button(page.pane, "Only this action").click()
        await office.settle()
        assert server.asked(ENTRIES)[-1].url.params["action"] == "ops.run_job"
        page.pane.person_wanted.emit(MARA)
        assert office.went == [("people", {"person": MARA})]

    play(qapp, tmp_path, server, story)


def test_the_export_follows_the_filter_and_reports(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    path = "GET /v1/audit/entries/export"
    server.answers[path] = httpx.Response(200, content=b"seq\n1\n2\n")

    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        page.filters.action.setText("ops.run_job")
        page.filters.apply()
        await office.settle()
        file = tmp_path / "out.csv"
        page.export(file)
        page.export(file)
        assert "under way" in office.told()
        await office.settle()
        assert file.read_bytes() == b"seq\n1\n2\n"
        (asked,) = server.asked(path)
        assert dict(asked.url.params) == {"action": "ops.run_job", "format": "csv"}
        assert "2 entries exported" in office.told()
        page.export(tmp_path / "no" / "out.csv")
        await office.settle()
        assert "was not exported" in office.told()

    play(qapp, tmp_path, server, story)


def test_an_empty_log_a_failure_and_a_retry(qapp: QApplication, tmp_path: Path, server: AuditServer) -> None:
    answers = server.answers[ENTRIES]

    async def story(office: Office) -> None:
        server.answers[ENTRIES] = httpx.ConnectError("down")
        tab = AuditTab(office.context)
        await office.show(tab)
        assert "cannot be reached" in words(tab)
        server.answers[ENTRIES] = {"items": [], "next_cursor": None}
        button(tab, "Try again").click()
        await office.settle()
        assert "The log is empty" in words(tab)
        server.answers[ENTRIES] = answers
        tab.refresh()
        await office.settle()
        assert tab.page.model.rowCount() == 100

    play(qapp, tmp_path, server, story)


def test_another_tab_leads_here(qapp: QApplication, tmp_path: Path, server: AuditServer) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        tab.open(target=f"person:{MARA}")
        await office.settle()
        assert server.asked(ENTRIES)[-1].url.params["target"] == f"person:{MARA}"
        tab.open(entry=1)
        await office.settle()
        assert tab.page.pane.entry == entry(1)
        with pytest.raises(TypeError):
            tab.open(colour="red")

    play(qapp, tmp_path, server, story)


def test_it_is_read_anew_when_it_is_shown_again(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        tab.hide()
        await office.settle()
        before = len(server.asked(ENTRIES))
        tab.show()
        await office.settle()
        assert len(server.asked(ENTRIES)) == before + 1

    play(qapp, tmp_path, server, story)
