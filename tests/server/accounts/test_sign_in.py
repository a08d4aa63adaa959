"""Signing in over HTTP: the contract, what it tells a stranger, what it leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from pwdlib.hashers.argon2 import Argon2Hasher

from server.accounts import passwords, sessions
from server.accounts import sign_in as signing
from server.accounts.models import Credential, Person, Session
from server.accounts.permissions import Role, permissions_of
from server.accounts.schemas import PersonState
from server.audit.models import AuditEntry, AuditPayload
from server.kit import clock
from server.kit.db import Database
from tests.server.accounts.conftest import EMAIL, PASSWORD, Post, bearer
from tests.server.conftest import SignIn


def test_the_contract(post_sign_in: Post, anna: Person, client: httpx.Client) -> None:
    answer = post_sign_in()
    assert answer.status_code == 200
    body = answer.json()
    assert body["token"].startswith("cst_")
    end = datetime.fromisoformat(body["expires_at"])
    assert abs(end - datetime.now(UTC) - sessions.LONGEST) < timedelta(minutes=1)
    me = body["person"]
    assert (me["id"], me["handle"], me["roles"]) == (str(anna.id), "anna", ["moderator"])
    assert set(me["permissions"]) == permissions_of(frozenset({Role.MODERATOR}), cleared=False)
    assert client.get("/v1/accounts/me", headers=bearer(answer)).json() == me


@pytest.mark.parametrize("email", ["anna@demo.local", "ANNA@DEMO.LOCAL", "Anna@Demo.local"])
def test_the_address_is_found_in_any_letter_case(post_sign_in: Post, anna: Person, email: str) -> None:
    assert post_sign_in(email=email).status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer_and_the_same_work(
    post_sign_in: Post, anna: Person
) -> None:
    checked: list[bool] = []
    verify = passwords._argon2.verify_and_update

    def counted(password: str, against: str) -> tuple[bool, str | None]:
        checked.append(against == passwords.NOBODYS)
        assert against.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        return verify(password, against)

    with patch.object(passwords._argon2, "verify_and_update", counted):
        wrong = post_sign_in(password="wrong")
        unknown = post_sign_in(email="nobody@demo.local")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "bad_credentials"
    assert checked == [False, True]


def test_no_password_is_right_for_nobody() -> None:
    assert passwords.verify("", None) == (False, None)
    assert passwords.verify("\x00" * 16, None) == (False, None)


def test_no_transaction_is_open_while_the_password_is_checked(
    post_sign_in: Post, anna: Person, db: Database
) -> None:
    verify = passwords.verify

    def needs_the_writer(password: str, against: str | None) -> tuple[bool, str | None]:
        with db.write():
            return verify(password, against)

    with patch.object(passwords, "verify", needs_the_writer):
        assert post_sign_in().status_code == 200


def test_an_account_without_a_password_cannot_sign_in(post_sign_in: Post, anna: Person, db: Database) -> None:
    with db.write() as s:
        s.execute(sa.update(Credential).values(password_hash=None))
    assert post_sign_in().json()["code"] == "bad_credentials"


@pytest.mark.parametrize("state", [PersonState.SUSPENDED, PersonState.CLOSED])
def test_a_suspended_account_is_told_only_to_who_knows_the_password(
    post_sign_in: Post, anna: Person, db: Database, state: PersonState
) -> None:
    with db.write() as s:
        s.execute(sa.update(Person).values(state=state))
    assert post_sign_in(password="wrong").json()["code"] == "bad_credentials"
    refused = post_sign_in()
    assert (refused.status_code, refused.json()["code"]) == (403, "account_suspended")


def test_a_device_has_one_session(post_sign_in: Post, anna: Person, client: httpx.Client) -> None:
    device, other = uuid4(), uuid4()
    first, elsewhere = post_sign_in(device_id=device), post_sign_in(device_id=other)
    again = post_sign_in(device_id=device)
    assert client.get("/v1/accounts/me", headers=bearer(first)).status_code == 401
    assert client.get("/v1/accounts/me", headers=bearer(elsewhere)).status_code == 200
    listed = client.get("/v1/accounts/devices", headers=bearer(again)).json()["items"]
    assert {(d["device_id"], d["current"]) for d in listed} == {(str(device), True), (str(other), False)}


def test_one_may_sign_out_own_devices_only(
    post_sign_in: Post, anna: Person, client: httpx.Client, sign_in: SignIn
) -> None:
    mine, other = bearer(post_sign_in()), bearer(post_sign_in())
    listed = client.get("/v1/accounts/devices", headers=mine).json()["items"]
    [there] = [d["id"] for d in listed if not d["current"]]
    stranger = sign_in(Role.ADMIN)
    assert client.delete(f"/v1/accounts/devices/{there}", headers=stranger).status_code == 404
    assert client.get("/v1/accounts/me", headers=other).status_code == 200
    assert client.delete(f"/v1/accounts/devices/{there}", headers=mine).status_code == 204
    assert client.get("/v1/accounts/me", headers=other).status_code == 401
    assert client.delete(f"/v1/accounts/devices/{there}", headers=mine).status_code == 404


def test_sign_out_ends_this_session(post_sign_in: Post, anna: Person, client: httpx.Client) -> None:
    mine = bearer(post_sign_in())
    assert client.post("/v1/accounts/sign-out", headers=mine).status_code == 204
    refused = client.get("/v1/accounts/me", headers=mine)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_required")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_an_old_hash_is_renewed_at_sign_in(post_sign_in: Post, anna: Person, db: Database) -> None:
    weak = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with db.write() as s:
        s.execute(sa.update(Credential).values(password_hash=weak))
    assert post_sign_in().status_code == 200
    with db.read() as s:
        stored = s.scalars(sa.select(Credential.password_hash)).one()
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert post_sign_in().status_code == 200


def test_the_audit_names_the_session_but_nothing_personal(
    post_sign_in: Post, anna: Person, db: Database
) -> None:
    token = post_sign_in().json()["token"]
    with db.read() as s:
        session = s.scalars(sa.select(Session)).one()
        entry = s.scalars(sa.select(AuditEntry).where(AuditEntry.action == "accounts.signed_in")).one()
        said = " ".join(json for json in s.scalars(sa.select(AuditPayload.json)) if json)
    assert (entry.actor, entry.target) == (f"person:{anna.id}", f"session:{session.id}")
    for secret in (token, EMAIL, EMAIL.lower(), "Ålund", PASSWORD):
        assert secret not in said


def test_the_address_is_sealed_in_the_database(anna: Person, db: Database) -> None:
    with db.read() as s:
        row = s.scalars(sa.select(Credential)).one()
    assert b"demo.local" not in row.email.lower() + row.email_lookup
    assert row.password_hash is not None
    assert PASSWORD not in row.password_hash


def test_a_storm_from_one_network_is_slowed_down_before_any_hash(post_sign_in: Post, anna: Person) -> None:
    with clock.held(), patch.object(signing, "sign_in", side_effect=signing.BadCredentials("no")) as tried:
        answers = [post_sign_in(email=f"{n}@demo.local") for n in range(40)]
    assert [a.status_code for a in answers] == [401] * 30 + [429] * 10
    assert tried.call_count == 30
    assert answers[-1].headers["Retry-After"] == "60"
