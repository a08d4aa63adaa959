"""Editing a person: versions, one-time codes, conflicts, and what is typed being kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from studio.offline.changes import Changes
from tests.studio.tabs.office import Office, body, button, play, words
from tests.studio.tabs.people.people_server import OTHER, PATCH, PEOPLE, PeopleServer, opened, row


def test_an_edit_is_sent_with_its_version(qapp: QApplication, tmp_path: Path, server: PeopleServer) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        assert not pane.save_button.isEnabled()
        pane.form.roles.boxes[Role.LEAD].click()
        assert "Signs them out" in words(pane)
        pane.save_button.click()
        await office.settle()
        (request,) = server.asked(PATCH)
        assert request.headers["If-Match"] == '"3"'
        assert body(request) == {"roles": ["moderator", "lead"]}
        assert not pane.save_button.isEnabled()
        assert tab.people.model.get(OTHER).roles == [Role.MODERATOR, Role.LEAD]  # type: ignore[union-attr]
        assert "saved" in office.told()

    play(qapp, tmp_path, server, story)


def test_a_code_is_asked_for_and_the_edit_repeated(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        server.stepped_up = False

        async def give_up() -> bool:
            return False

        async def step_up() -> bool:
            server.stepped_up = True
            return True

        object.__setattr__(office.context, "step_up", give_up)
        pane.form.cleared.click()
        pane.save_button.click()
        await office.settle()
        assert "Nothing was sent" in words(pane)
        assert pane.form.cleared.isChecked()
        object.__setattr__(office.context, "step_up", step_up)
        pane.save_button.click()
        await office.settle()
        assert server.find(OTHER).cleared
        assert len(server.asked(PATCH)) == 3

    play(qapp, tmp_path, server, story)


def test_without_an_authenticator_one_is_told_where_to_get_it(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        server.stepped_up = server.enrolled = False
        tab.people.pane.form.cleared.click()
        tab.people.pane.save_button.click()
        await office.settle()
        assert "My account" in words(tab.people.pane)
        assert tab.people.pane.form.cleared.isChecked()

    play(qapp, tmp_path, server, story)


def test_a_conflict_shows_both_copies_and_keeps_what_was_typed(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        pane.form.roles.boxes[Role.FINANCE].click()
        server.put(row(1, version=4, roles=[Role.FAN], name="Renamed"))
        pane.save_button.click()
        await office.settle()
        said = words(pane.conflict)
        assert all(text in said for text in ("moderator", "fan", "moderator, finance", "Renamed"))
        assert pane.form.draft().roles == {Role.MODERATOR, Role.FINANCE}
        assert pane.form.draft().name == "Renamed"
        pane.save_button.click()
        await office.settle()
        saved = server.find(OTHER)
        assert (saved.roles, saved.name, saved.version) == (
            [Role.MODERATOR, Role.FINANCE],
            "Renamed",
            5,
        )
        assert pane.conflict.isHidden()

    play(qapp, tmp_path, server, story)


def test_their_copy_can_be_taken(qapp: QApplication, tmp_path: Path, server: PeopleServer) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        pane.form.name.setFocus()
        QTest.keyClicks(pane.form.name, "!")
        server.put(row(1, version=4, name="Theirs"))
        pane.save_button.click()
        await office.settle()
        pane.conflict.take.click()
        assert pane.form.draft().name == "Theirs"
        assert not pane.save_button.isEnabled()
        assert pane.unsaved() == frozenset()

    play(qapp, tmp_path, server, story)


def test_what_is_typed_about_one_person_waits_while_another_is_looked_at(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        pane.form.state_button(PersonState.SUSPENDED).click()
        tab.people.table.select([row(2).id], row(2).id)
        await office.settle()
        assert pane.form.draft().state is PersonState.ACTIVE
        tab.people.table.select([OTHER], OTHER)
        await office.settle()
        assert pane.form.draft().state is PersonState.SUSPENDED
        assert pane.unsaved() == {OTHER}

    play(qapp, tmp_path, server, story)


def test_a_live_change_is_shown_at_once_and_over_nothing_typed(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.people.pane
        pane.form.cleared.click()
        server.put(row(1, version=4, state=PersonState.SUSPENDED))
        office.changes.send(Changes(kinds=frozenset({"accounts.person"}), ids=frozenset({str(OTHER)})))
        await office.settle()
        assert pane.form.draft().cleared
        assert pane.form.draft().state is PersonState.SUSPENDED
        assert tab.people.model.get(OTHER).state is PersonState.SUSPENDED  # type: ignore[union-attr]
        assert pane.conflict.isVisible()
        assert len(server.asked(f"GET {PEOPLE}")) == 1

    play(qapp, tmp_path, server, story)


def test_a_reset_shows_the_password_once(qapp: QApplication, tmp_path: Path, server: PeopleServer) -> None:
    until_when = "2026-03-03T10:00:00Z"
    answer = {"password": "amber-otter-seven", "valid_until": until_when}
    server.answers[f"POST {PEOPLE}/{OTHER}/reset"] = answer

    async def story(office: Office) -> None:
        tab = await opened(office)
        reset = tab.people.pane.reset
        reset.ask.first.click()
        reset.ask.yes.click()
        await office.settle()
        assert reset.password.text() == "amber-otter-seven"
        tab.people.table.select([row(2).id], row(2).id)
        tab.people.table.select([OTHER], OTHER)
        await office.settle()
        assert reset.password.text() == ""

    play(qapp, tmp_path, server, story)


def test_what_is_typed_survives_the_end_of_the_program(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def first(office: Office) -> None:
        tab = await opened(office)
        tab.people.pane.form.cleared.click()
        tab.people.begin_new()
        QTest.keyClicks(tab.people.new.handle, "kemi")
        QTest.keyClicks(tab.people.new.password, "secret words")
        tab.people.new.roles.boxes[Role.FAN].click()
        await tab.leave()

    async def second(office: Office) -> None:
        assert "secret words" not in str(office.context.store.drafts())
        server.put(row(1, version=4, name="Renamed"))
        tab = await opened(office)
        pane = tab.people.pane
        assert pane.form.draft().cleared
        assert pane.form.draft().name == "Renamed"
        assert pane.conflict.isVisible()
        assert tab.people.new.handle.text() == "kemi"
        assert tab.people.new.roles.roles() == {Role.FAN}
        pane.discard()
        tab.people.begin_new()
        button(tab.people.new, "Cancel").click()
        await tab.leave()
        assert office.context.store.drafts() == {}

    play(qapp, tmp_path, server, first)
    play(qapp, tmp_path, server, second)


def test_an_overtaken_answer_changes_nothing(
    qapp: QApplication, tmp_path: Path, server: PeopleServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.people.pane.take(row(1, version=9, name="New"))
        tab.people.pane.take(row(1, version=3, name="Old"))
        assert tab.people.pane.form.draft().name == "New"

    play(qapp, tmp_path, server, story)
