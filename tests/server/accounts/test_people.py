"""Administration of people over HTTP: pages, guarded edits, and what no administrator can do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts import queries, service
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.audit.models import AuditEntry, AuditPayload
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import Event
from tests.server.accounts.conftest import Post, bearer
from tests.server.conftest import SignIn

pytestmark = pytest.mark.usefixtures("quick_passwords")

PEOPLE = "/v1/accounts/people"


@pytest.fixture
def admin(sign_in: SignIn) -> dict[str, str]:
    """The headers of an administrator who stepped up."""
    return sign_in(Role.ADMIN, stepped_up=True)


def edit(
    client: httpx.Client, admin: dict[str, str], person: Person, version: int = 1, **body: Any
) -> httpx.Response:
    headers = {**admin, "If-Match": f'"{version}"'}
    return client.patch(f"{PEOPLE}/{person.id}", headers=headers, json=body)


def test_a_new_person_can_sign_in(client: httpx.Client, admin: dict[str, str]) -> None:
    body = {
        "handle": "Bea.Stone",
        "name": " Bea Stone ",
        "email": "bea@demo.local",
        "password": "a long password",
        "roles": ["moderator", "creator"],
    }
    made = client.post(PEOPLE, headers=admin, json=body)
    assert made.status_code == 201
    shown = made.json()
    assert (shown["handle"], shown["name"], shown["email_hint"]) == (
        "bea.stone",
        "Bea Stone",
        "b…@demo.local",
    )
    assert (shown["roles"], shown["cleared"], shown["has_password"]) == (
        ["moderator", "creator"],
        False,
        True,
    )
    assert made.headers["ETag"] == '"1"'
    device = {"id": str(uuid4()), "name": "desk"}
    signed_in = client.post(
        "/v1/accounts/sign-in",
        json={"email": "bea@demo.local", "password": "a long password", "device": device},
    )
    assert signed_in.json()["person"]["id"] == shown["id"]


def test_who_makes_an_account_does_not_keep_its_password(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post
) -> None:
    body = {"handle": "bea", "name": "Bea", "email": "bea@demo.local", "password": "a long password"}
    assert client.post(PEOPLE, headers=admin, json={**body, "roles": ["moderator"]}).status_code == 201
    first = post_sign_in(email="bea@demo.local", password="a long password")
    told = first.json()["person"]
    assert (told["must_change_password"], told["permissions"]) == (True, ["account.self"])
    change = {"current": "a long password", "new": "a password of her own"}
    assert client.post("/v1/accounts/password", headers=bearer(first), json=change).status_code == 204
    assert post_sign_in(email="bea@demo.local", password="a long password").status_code == 401
    told = post_sign_in(email="bea@demo.local", password="a password of her own").json()["person"]
    assert told["must_change_password"] is False
    assert "moderation.decide" in told["permissions"]


def test_creating_twice_with_one_key_makes_one_person(
    client: httpx.Client, admin: dict[str, str], db: Database
) -> None:
    headers = {**admin, "Idempotency-Key": "0123456789"}
    body = {"handle": "bea", "name": "Bea", "email": "bea@demo.local", "password": "a long password"}
    first = client.post(PEOPLE, headers=headers, json=body)
    assert client.post(PEOPLE, headers=headers, json=body).json() == first.json()
    other = client.post(PEOPLE, headers=headers, json={**body, "handle": "bob"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).where(Person.handle.in_(["bea", "bob"]))) == 1


def test_handle_address_and_id_belong_to_one_person(client: httpx.Client, admin: dict[str, str]) -> None:
    first = {"handle": "bea", "name": "Bea", "email": "bea@demo.local"}
    made = client.post(PEOPLE, headers=admin, json=first).json()

    def code(**body: str) -> str:
        answer = client.post(PEOPLE, headers=admin, json={"name": "Bob", **body})
        assert answer.status_code == 409
        return str(answer.json()["code"])

    assert code(handle="BEA") == "handle_taken"
    assert code(handle="bob", email="BEA@demo.local") == "email_taken"
    assert code(handle="bob", id=made["id"]) == "id_taken"
    assert client.get(PEOPLE, headers=admin, params={"q": "bob"}).json()["items"] == []


@pytest.mark.parametrize("handle", ["", "a", "a" * 33, "-a", "a-", "a b", "ä1", "a\x00b", ".ab", "a\u202eb"])
def test_odd_handles_are_refused(client: httpx.Client, admin: dict[str, str], handle: str) -> None:
    assert client.post(PEOPLE, headers=admin, json={"handle": handle, "name": "x"}).status_code == 422


def test_every_page_together_is_everyone_once(client: httpx.Client, admin: dict[str, str]) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get(PEOPLE, headers=admin, params=params).json()
        assert len(page["items"]) <= 2
        seen += [row["handle"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == sorted(Role)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"role": "lead"}, ["lead"]),
        ({"state": "suspended"}, ["fan"]),
        ({"q": "MOD"}, ["moderator"]),
        ({"q": "@mod"}, ["moderator"]),
        ({"q": "åsa"}, ["zz"]),
        ({"q": "ÅSA S"}, ["zz"]),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"q": "a", "role": "fan"}, []),
        ({"q": "å", "role": "creator", "state": "active"}, ["zz"]),
    ],
)
def test_filters(
    client: httpx.Client,
    admin: dict[str, str],
    db: Database,
    keys: Keys,
    people: dict[Role, Person],
    params: dict[str, str],
    found: list[str],
) -> None:
    with db.write() as s:
        service.create_person(s, actor=SYSTEM, keys=keys, handle="zz", name="Åsa Söder", roles=[Role.CREATOR])
        s.execute(sa.update(Person).where(Person.handle == "fan").values(state=PersonState.SUSPENDED))
    page = client.get(PEOPLE, headers=admin, params=params).json()
    assert [row["handle"] for row in page["items"]] == found


def test_reads_take_a_constant_number_of_statements(
    db: Database, keys: Keys, people: dict[Role, Person]
) -> None:
    counted: list[str] = []
    sa.event.listen(db.reader, "after_cursor_execute", lambda c, cursor, q, *_: counted.append(q))

    def statements(limit: int) -> int:
        counted.clear()
        with db.read() as s:
            assert len(queries.people(s, SYSTEM, limit=limit).items) == limit
            assert len(queries.cards(s, [p.id for p in list(people.values())[:limit]])) == limit
        return len([q for q in counted if q.startswith("SELECT")])

    assert statements(1) == statements(6) == 6


def test_an_edit_names_the_version_that_it_saw(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person]
) -> None:
    fan = people[Role.FAN]
    url = f"{PEOPLE}/{fan.id}"
    assert client.get(url, headers=admin).headers["ETag"] == '"1"'
    assert client.patch(url, headers=admin, json={"name": "New"}).status_code == 422
    changed = edit(client, admin, fan, name="New")
    assert (changed.status_code, changed.headers["ETag"], changed.json()["name"]) == (200, '"2"', "New")
    stale = edit(client, admin, fan, name="Other")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert stale.json()["current"] == changed.json()


def test_an_edit_that_changes_nothing_counts_no_version(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person], db: Database
) -> None:
    fan = people[Role.FAN]
    same = edit(client, admin, fan, name=fan.name, roles=["fan"], state="active", cleared=False)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert edit(client, admin, fan, version=7).status_code == 412
    with db.read() as s:
        assert not s.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "accounts.person_changed")
        ).all()


@pytest.mark.parametrize(
    ("body", "signed_out"),
    [
        ({"roles": ["fan", "creator"]}, True),
        ({"state": "suspended"}, True),
        ({"state": "closed"}, True),
        ({"name": "New"}, False),
        ({"cleared": True}, False),
    ],
)
def test_new_roles_and_suspension_end_the_sessions(
    client: httpx.Client,
    admin: dict[str, str],
    people: dict[Role, Person],
    sign_in: SignIn,
    body: dict[str, Any],
    signed_out: bool,
) -> None:
    theirs, others = sign_in(Role.FAN), sign_in(Role.CREATOR)
    assert edit(client, admin, people[Role.FAN], **body).status_code == 200
    assert client.get("/v1/accounts/me", headers=theirs).status_code == (401 if signed_out else 200)
    assert client.get("/v1/accounts/me", headers=others).status_code == 200


def test_a_suspension_that_is_lifted_revives_no_session(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person], sign_in: SignIn
) -> None:
    theirs = sign_in(Role.FAN)
    edit(client, admin, people[Role.FAN], state="suspended")
    edit(client, admin, people[Role.FAN], 2, state="active")
    assert client.get("/v1/accounts/me", headers=theirs).status_code == 401
    assert client.get("/v1/accounts/me", headers=sign_in(Role.FAN)).status_code == 200


def test_clearance_counts_from_the_next_request(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person], sign_in: SignIn
) -> None:
    theirs = sign_in(Role.MODERATOR)
    for cleared, version in ((True, 1), (False, 2)):
        edit(client, admin, people[Role.MODERATOR], version, cleared=cleared)
        granted = client.get("/v1/accounts/me", headers=theirs).json()["permissions"]
        assert ("moderation.restricted" in granted) is cleared


def test_a_change_is_on_record_and_told(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person], db: Database
) -> None:
    fan = people[Role.FAN]
    edit(client, admin, fan, roles=["creator"], state="suspended", name="Secret Name")
    with db.read() as s:
        entry, said = s.execute(
            sa.select(AuditEntry, AuditPayload.json)
            .join(AuditPayload, AuditPayload.seq == AuditEntry.seq)
            .where(AuditEntry.action == "accounts.person_changed")
        ).one()
        told = s.scalars(sa.select(Event).where(Event.topic == "accounts.person_changed")).one()
    assert (entry.actor, entry.target) == (f"person:{people[Role.ADMIN].id}", f"person:{fan.id}")
    assert said is not None
    assert '"roles":[["fan"],["creator"]]' in said
    assert '"state":["active","suspended"]' in said
    assert "Secret Name" not in said
    assert (told.subject, told.payload) == (str(fan.id), {"state": "suspended"})


@pytest.mark.parametrize("body", [{"roles": ["admin", "lead"]}, {"state": "closed"}, {"cleared": True}])
def test_nobody_changes_what_they_may_do_themselves(
    client: httpx.Client, admin: dict[str, str], people: dict[Role, Person], body: dict[str, Any]
) -> None:
    refused = edit(client, admin, people[Role.ADMIN], **body)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_account")
    assert edit(client, admin, people[Role.ADMIN], name="Me").status_code == 200


def test_writing_needs_a_one_time_code(
    client: httpx.Client, sign_in: SignIn, people: dict[Role, Person]
) -> None:
    refused = edit(client, sign_in(Role.ADMIN), people[Role.FAN], name="New")
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")


def test_a_card_is_for_who_reads_histories(
    client: httpx.Client, sign_in: SignIn, people: dict[Role, Person]
) -> None:
    url = f"{PEOPLE}/{people[Role.CREATOR].id}/card"
    shown = client.get(url, headers=sign_in(Role.MODERATOR)).json()
    assert (shown["handle"], shown["roles"], shown["availability"]) == ("creator", ["creator"], "public")
    assert "email_hint" not in shown
    assert client.get(url, headers=sign_in(Role.FAN)).status_code == 403
    assert client.get(f"{PEOPLE}/{uuid4()}/card", headers=sign_in(Role.LEAD)).status_code == 404


def test_the_matrix_shows_every_role_and_permission(client: httpx.Client, sign_in: SignIn) -> None:
    matrix = client.get("/v1/accounts/roles", headers=sign_in(Role.LEAD)).json()
    assert [row["role"] for row in matrix["roles"]] == list(Role)
    granted = {p for row in matrix["roles"] for p in row["permissions"]}
    assert granted | set(matrix["everyone"]) | set(matrix["by_person"]) == set(matrix["permissions"])
