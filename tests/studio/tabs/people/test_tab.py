"""The People tab: list, filters, edits, conflicts, codes, new people."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from server.accounts.permissions import Role
from studio.offline.changes import Changes
from studio.tabs.people.role_list import Choice
from studio.tabs.people.tab import PeopleTab
from studio.workplace import RESYNC
from tests.studio.tabs.office import (
    ADMIN,
    Office,
    Story,
    body,
    button,
    nameless,
    person_me,
    play,
    problem,
    until,
    words,
)
from tests.studio.tabs.people.people_server import OTHER, PEOPLE, PeopleServer, opened, row


def test_people_are_listed_and_the_first_is_shown(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        assert tab.people.count == 3
        assert "Person 0" in words(tab.people.pane)
        assert "Account made" in words(tab.people.pane)
        assert nameless(tab) == []

    play(qapp, tmp_path, server, story)


def test_pages_come_as_one_scrolls(qapp: QApplication, tmp_path: Path) -> None:
    server = PeopleServer(250)

    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        people = tab.people
        assert people.count == 100
        assert "scroll for more" in words(people.list)
        for wanted in (200, 250):
            people.table.scrollToBottom()
            await office.settle()
            assert people.count == wanted
        assert "all" in words(people.list)
        people.table.scrollToBottom()
        await office.settle()
        assert len(server.asked(f"GET {PEOPLE}")) == 3

    play(qapp, tmp_path, server, story)


def test_a_page_that_did_not_come_can_be_asked_for_again(qapp: QApplication, tmp_path: Path) -> None:
    server = PeopleServer(150)

    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        answers = server.answers[f"GET {PEOPLE}"]
        server.answers[f"GET {PEOPLE}"] = httpx.ConnectError("down")
        tab.people.table.scrollToBottom()
        await office.settle()
        assert tab.people.count == 100
        assert "did not come" in words(tab.people.list)
        server.answers[f"GET {PEOPLE}"] = answers
        button(tab.people.list, "Try again").click()
        await office.settle()
        assert tab.people.count == 150

    play(qapp, tmp_path, server, story)


def test_a_failed_list_says_so_and_tries_again(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        answers, server.answers[f"GET {PEOPLE}"] = server.answers[f"GET {PEOPLE}"], problem(500, "fault")
        tab = PeopleTab(office.context)
        await office.show(tab)
        assert "Your filter is kept." in words(tab)
        server.answers[f"GET {PEOPLE}"] = answers
        button(tab, "Try again").click()
        await office.settle()
        assert tab.people.count == 3
        server.answers[f"GET {PEOPLE}"] = httpx.ConnectError("down")
        tab.refresh()
        await office.settle()
        assert tab.people.count == 3
        assert "Not refreshed" in words(tab.people.list)

    play(qapp, tmp_path, server, story)


def test_filters_go_to_the_server_and_are_remembered(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        people = tab.people
        people.role.setCurrentIndex(people.role.findData("moderator"))
        await office.settle()
        people.state.setCurrentIndex(people.state.findData("suspended"))
        people.search.setText("person")
        QTest.keyClick(people.search, Qt.Key.Key_Return)
        await office.settle()
        asked = dict(server.asked(f"GET {PEOPLE}")[-1].url.params)
        assert asked == {"role": "moderator", "state": "suspended", "q": "person", "limit": "100"}
        assert "Nobody matches" in words(people)
        again = PeopleTab(office.context)
        again.restore_state(json.loads(json.dumps(tab.save_state())))
        assert again.people.wanted() == people.wanted()
        button(people, "Clear the filter").click()
        await office.settle()
        assert people.count == 3

    play(qapp, tmp_path, server, story)


@pytest.mark.parametrize("state", [{}, {"filter": 3, "columns": [], "splitter": "x"}, {"splitter": [0, "a"]}])
def test_any_stored_state_is_borne(
    qapp: QApplication, tmp_path: Path, server: PeopleServer, state: dict[str, object]
) -> None:
    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        tab.restore_state(state)
        await office.show(tab)
        assert tab.people.count == 3

    play(qapp, tmp_path, server, story)


def test_a_hidden_tab_waits_until_it_is_shown(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.hide()
        before = len(server.requests)
        office.changes.send(Changes(kinds=frozenset({"accounts.person"}), ids=frozenset({str(OTHER)})))
        office.changes.send(Changes(kinds=frozenset({RESYNC})))
        await office.settle()
        assert len(server.requests) == before
        tab.show()
        await office.settle()
        assert len(server.asked(f"GET {PEOPLE}")) == 2

    play(qapp, tmp_path, server, story)


def test_own_roles_and_readers_edits_are_locked(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def own(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        form = tab.people.pane.form
        assert not form.roles.isEnabled()
        assert not form.name.isReadOnly()
        assert "ask another administrator" in words(tab)

    async def reader(office: Office) -> None:
        tab = await opened(office)
        form = tab.people.pane.form
        meanings = [label for choice in form.findChildren(Choice) for label in choice.findChildren(QLabel)]
        assert len(meanings) > 6
        assert not any(label.isEnabled() for label in meanings)
        assert not form.roles.isEnabled()
        assert form.name.isReadOnly()
        assert not tab.people.pane.save_button.isVisible()
        assert not tab.people.add.isVisible()

    play(qapp, tmp_path, server, own)
    me = person_me(permissions=[each for each in ADMIN if each != "people.write"])
    play(qapp, tmp_path, server, reader, me=me)


def test_the_matrix_is_read_when_it_is_opened(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    server.answers["GET /v1/accounts/roles"] = {
        "permissions": ["people.read", "people.write"],
        "everyone": [],
        "by_person": [],
        "roles": [{"role": "admin", "permissions": ["people.read", "people.write"]}],
    }

    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        assert server.asked("GET /v1/accounts/roles") == []
        tab.pages.setCurrentWidget(tab.roles)
        await office.settle()
        model = tab.roles.model
        assert model.rowCount() == 2
        assert model.cell(0, model.column_number("admin")) == "Yes"
        assert model.cell(0, model.column_number("lead")) == ""
        assert nameless(tab) == []

    play(qapp, tmp_path, server, story)


def test_history_leads_to_the_audit_log(qapp: QApplication, tmp_path: Path, server: PeopleServer) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.people.pane.history.whole.click()
        assert office.went == [("audit", {"target": f"person:{OTHER}"})]

    play(qapp, tmp_path, server, story)


def test_a_person_out_of_the_list_can_be_opened(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    far = row(900)
    server.people.append(far)
    server.know(far)

    async def story(office: Office) -> None:
        server.people.remove(far)
        tab = PeopleTab(office.context)
        await office.show(tab)
        server.people.append(far)
        tab.open(person=far.id)
        await office.settle()
        assert "Person 900" in words(tab.people.pane)
        with pytest.raises(TypeError):
            tab.open(colour="red")

    play(qapp, tmp_path, server, story)


def made(server: PeopleServer, answers: list[object]) -> Story:
    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        tab.people.add.click()
        new = tab.people.new
        assert nameless(tab) == []
        new.submit()
        assert "2 to 32 letters" in words(new)
        assert server.asked(f"POST {PEOPLE}") == []
        new.handle.setText("@Kemi")
        new.name.setText("Kemi Ade")
        new.email.setText("kemi@demo.local")
        button(new, "Suggest a password").click()
        assert len(new.password.text()) == 19
        new.roles.boxes[Role.FAN].click()
        for answer in answers:
            server.answers[f"POST {PEOPLE}"] = answer
            new.submit()
            await office.settle()
            assert new.handle.text() == "@Kemi"
        assert "belongs to another person" in words(new)
        new.handle.setText("kemi2")
        server.answers[f"POST {PEOPLE}"] = row(77, handle="kemi2", name="Kemi Ade")
        new.submit()
        await until(lambda: tab.people.pane.isVisible())
        await office.settle()
        assert "Kemi Ade" in words(tab.people.pane)
        assert new.handle.text() == ""
        assert "can begin" in office.told()

    return story


def test_a_new_person_keeps_what_was_typed_until_it_is_made(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    server.know(row(77))
    server.people.append(row(77, handle="kemi2", name="Kemi Ade"))
    taken = problem(409, "handle_taken", "The handle kemi belongs to another person.")
    busy = problem(500, "fault")
    play(qapp, tmp_path, server, made(server, [busy, taken]))
    sent = server.asked(f"POST {PEOPLE}")
    keys = [request.headers["Idempotency-Key"] for request in sent]
    bodies = [body(request) for request in sent]
    assert bodies[0] == bodies[1]
    assert keys[0] == keys[1]
    assert keys[-1] != keys[0]
    assert bodies[-1]["handle"] == "kemi2"
    assert bodies[-1]["id"] == bodies[0]["id"]
    assert bodies[0]["roles"] == ["fan"]
