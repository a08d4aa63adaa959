"""Edits of a person, three-way and in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from server.accounts import permissions
from server.accounts.permissions import Role
from server.accounts.schemas import PersonRow, PersonState, RoleGrant, RoleMatrix
from server.audit.schemas import Entry
from server.kit.wire import Availability
from studio.tabs.people import state
from studio.tabs.people.state import Draft, Wanted
from tests.studio.tabs.office import MY_ID, person_me

BASE = Draft(name="Mara", roles=frozenset({Role.MODERATOR}), state=PersonState.ACTIVE, cleared=False)


def draft(**changes: Any) -> Draft:
    return Draft(**{**vars(BASE), **changes})


def person(**changes: Any) -> PersonRow:
    values: dict[str, Any] = {
        "id": UUID(int=7),
        "handle": "mara.v",
        "name": "Mara",
        "bio": "",
        "roles": [Role.MODERATOR],
        "state": PersonState.ACTIVE,
        "availability": Availability.PUBLIC,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "cleared": False,
        "version": 3,
        "has_totp": True,
        "last_seen_at": None,
    }
    return PersonRow(**values | changes)


def test_a_draft_shows_the_person() -> None:
    assert state.draft_of(person()) == BASE


def test_only_what_differs_is_sent() -> None:
    typed = draft(name=" Mara V. ", roles=frozenset({Role.ADMIN, Role.MODERATOR}))
    sent = state.edit_of(BASE, typed).model_dump(mode="json", exclude_none=True)
    assert sent == {"name": "Mara V.", "roles": ["moderator", "admin"]}
    assert state.edit_of(BASE, draft(cleared=True)).model_dump(exclude_none=True) == {"cleared": True}


def test_taking_every_role_away_is_an_edit() -> None:
    assert state.edit_of(BASE, draft(roles=frozenset())).roles == []


def test_blanks_around_a_name_are_no_change() -> None:
    assert state.changed(BASE, draft(name="  Mara ")) == frozenset()


@pytest.mark.parametrize(("name", "wrong"), [("", True), ("   ", True), ("x" * 81, True), ("x" * 80, False)])
def test_a_name_is_judged_before_it_is_sent(name: str, wrong: bool) -> None:
    assert bool(state.fault(draft(name=name))) is wrong


def test_what_was_typed_is_laid_over_what_others_saved() -> None:
    typed = draft(roles=frozenset({Role.LEAD}), cleared=True)
    theirs = draft(name="Mara Velasquez", roles=frozenset({Role.ADMIN}), state=PersonState.SUSPENDED)
    both = state.merged(BASE, typed, theirs)
    assert both == Draft(
        name="Mara Velasquez", roles=frozenset({Role.LEAD}), state=PersonState.SUSPENDED, cleared=True
    )
    assert state.changed(theirs, both) == {"roles", "cleared"}


def test_an_unsaved_edit_is_kept_as_text() -> None:
    unsaved = person(last_seen_at=datetime(2026, 1, 2, tzinfo=UTC)), draft(name="M")
    assert state.kept_of(state.kept_text(*unsaved)) == unsaved


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"person": {}, "typed": {}}', '{"handle": "x"}'])
def test_any_other_text_is_no_edit(text: str) -> None:
    assert state.kept_of(text) is None


def test_differences_name_both_copies() -> None:
    typed = draft(roles=frozenset({Role.LEAD}))
    theirs = draft(name="Mara V.", roles=frozenset())
    assert state.differences(BASE, typed, theirs) == [
        ("Name", "Mara", "Mara V.", None),
        ("Roles", "moderator", "none", "lead"),
    ]


def test_nothing_typed_and_nothing_changed_differs_in_nothing() -> None:
    assert state.differences(BASE, BASE, BASE) == []
    assert state.consequences(BASE, BASE) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"roles": frozenset({Role.MODERATOR, Role.ADMIN})}, ["Signs them out", "administrator"]),
        ({"roles": frozenset()}, ["Signs them out", "without a role"]),
        ({"state": PersonState.CLOSED}, ["Signs them out"]),
        ({"cleared": True}, ["restricted class"]),
        ({"name": "Else"}, []),
    ],
)
def test_consequences_are_said(changes: dict[str, Any], said: list[str]) -> None:
    found = state.consequences(BASE, draft(**changes))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_who_may_change_whom() -> None:
    assert state.locked(person_me(), person()) == ""
    assert "ask another administrator" in state.locked(person_me(), person(id=MY_ID))
    assert state.locked(person_me(permissions=["people.read"]), person())


def test_a_filter_goes_to_the_server_and_comes_back_from_a_file() -> None:
    wanted = Wanted(text=" mar ", role=Role.LEAD, state=PersonState.CLOSED)
    assert wanted.params() == {"q": "mar", "role": "lead", "state": "closed"}
    assert state.wanted_of({"text": "mar", "role": "lead", "state": "closed"}) == Wanted(
        text="mar", role=Role.LEAD, state=PersonState.CLOSED
    )
    assert Wanted().params() == {}


@pytest.mark.parametrize("broken", [{"text": 7, "role": "king", "state": []}, {"role": None}, {}])
def test_a_broken_filter_is_no_filter(broken: dict[str, Any]) -> None:
    assert state.wanted_of(broken) == Wanted()


@pytest.mark.parametrize(
    ("action", "data", "line"),
    [
        ("accounts.person_created", {}, "Account made"),
        (
            "accounts.person_changed",
            {"changed": {"roles": [["fan"], []], "cleared": [False, True], "name": True}},
            "Roles: fan → none · Clearance: no → yes · Name changed",
        ),
        ("accounts.some_later_thing", {}, "Some later thing"),
        ("accounts.person_changed", None, ""),
    ],
)
def test_history_in_words(action: str, data: dict[str, Any] | None, line: str) -> None:
    entry = Entry(
        seq=1,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        actor="system:x",
        action=action,
        target="person:x",
        data=data,
        erased_at=None,
        hash="0" * 64,
        prev_hash="0" * 64,
    )
    assert state.history_line(entry) == line


def test_every_role_state_and_permission_is_explained() -> None:
    assert set(state.ROLES) == set(Role)
    assert set(state.STATES) == set(PersonState)
    matrix = RoleMatrix(
        permissions=sorted(permissions.ALL),
        everyone=sorted(permissions.EVERYONE),
        by_person=[permissions.CLEARANCE],
        roles=[RoleGrant(role=role, permissions=sorted(permissions.GRANTS[role])) for role in Role],
    )
    found = {grant.permission: grant for grant in state.grants(matrix)}
    assert [name for name, grant in found.items() if not grant.allows] == []
    assert found["people.write"].roles == {Role.ADMIN}
    assert found["content.read"].everyone
    assert found[permissions.CLEARANCE].by_person
    assert not found[permissions.CLEARANCE].roles


def test_a_secret_is_read_in_fours() -> None:
    assert state.in_fours("JBSWY3DPEHPK") == "JBSW Y3DP EHPK"
