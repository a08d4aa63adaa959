"""An administrator lets a locked-out colleague back in, and gains nothing by it that is not on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts import credentials, lockout, passwords, totp
from server.accounts.models import Credential, Person
from server.accounts.permissions import Role
from server.audit.models import AuditEntry, AuditPayload
from server.kit import clock
from server.kit.db import Database
from server.kit.events import Event
from tests.server.accounts.conftest import PASSWORD, SECRET, Post, bearer
from tests.server.conftest import SignIn

pytestmark = pytest.mark.usefixtures("quick_passwords")

CHOSEN = "a password of her own"


@pytest.fixture
def admin(sign_in: SignIn) -> dict[str, str]:
    """The headers of an administrator who stepped up."""
    return sign_in(Role.ADMIN, stepped_up=True)


def reset(client: httpx.Client, admin: dict[str, str], person: Person) -> httpx.Response:
    return client.post(f"/v1/accounts/people/{person.id}/reset", headers=admin)


def me(client: httpx.Client, headers: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/accounts/me", headers=headers).json()
    return found


def test_who_lost_everything_gets_back_in(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, enrolled: Person
) -> None:
    before = bearer(post_sign_in())
    for _ in range(lockout.PER_PERSON):
        post_sign_in(password="forgotten")
    assert post_sign_in().status_code == 429
    given = reset(client, admin, enrolled).json()["password"]
    assert client.get("/v1/accounts/me", headers=before).status_code == 401
    assert post_sign_in().status_code == 401
    mine = bearer(post_sign_in(password=given))
    shown = me(client, mine)
    assert (shown["has_totp"], shown["must_change_password"]) == (False, True)
    change = {"current": given, "new": CHOSEN}
    assert client.post("/v1/accounts/password", headers=mine, json=change).status_code == 204
    assert post_sign_in(password=given).status_code == 401
    assert post_sign_in(password=CHOSEN).status_code == 200
    secret = client.post("/v1/accounts/totp", headers=mine, json={"password": CHOSEN}).json()["secret"]
    code = totp.code_at(secret, totp.current_step())
    assert client.post("/v1/accounts/totp/confirm", headers=mine, json={"code": code}).status_code == 204


def test_guesses_from_the_own_device_are_forgotten_too(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, anna: Person
) -> None:
    desk = uuid4()
    assert post_sign_in(device_id=desk).status_code == 200
    for _ in range(lockout.PER_PERSON):
        post_sign_in(password="forgotten", device_id=desk)
    assert post_sign_in(device_id=desk).status_code == 429
    given = reset(client, admin, anna).json()["password"]
    assert post_sign_in(password=given, device_id=desk).status_code == 200


def test_guessed_codes_are_forgotten_too(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, enrolled: Person
) -> None:
    mine = bearer(post_sign_in())
    wrong = next(c for c in map("{:06}".format, range(9)) if totp.matching_step(SECRET, c) is None)
    for _ in range(lockout.PER_PERSON):
        client.post("/v1/accounts/step-up", headers=mine, json={"code": wrong})
    given = reset(client, admin, enrolled).json()["password"]
    mine = bearer(post_sign_in(password=given))
    refused = client.post("/v1/accounts/step-up", headers=mine, json={"code": wrong})
    assert (refused.status_code, refused.json()["code"]) == (409, "totp_not_enrolled")


def test_a_temporary_password_opens_nothing_but_its_change(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, anna: Person
) -> None:
    full = me(client, bearer(post_sign_in()))["permissions"]
    given = reset(client, admin, anna).json()["password"]
    mine = bearer(post_sign_in(password=given))
    assert me(client, mine)["permissions"] == ["account.self"]
    assert client.get("/v1/moderation/queues", headers=mine).status_code == 403
    same = {"current": given, "new": given}
    assert client.post("/v1/accounts/password", headers=mine, json=same).status_code == 422
    client.post("/v1/accounts/password", headers=mine, json={"current": given, "new": CHOSEN})
    assert me(client, mine)["permissions"] == full
    assert client.get("/v1/moderation/queues", headers=mine).status_code == 200


def test_a_temporary_password_lasts_a_day(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, anna: Person
) -> None:
    with clock.held() as now:
        told = reset(client, admin, anna).json()
        assert told["valid_until"] == (now.at + credentials.TEMPORARY).isoformat().replace("+00:00", "Z")
        now.advance(credentials.TEMPORARY - timedelta(seconds=1))
        assert post_sign_in(password=told["password"]).status_code == 200
        now.advance(timedelta(seconds=1))
        assert post_sign_in(password=told["password"]).status_code == 401


def test_a_reset_is_on_record_without_the_password(
    client: httpx.Client, admin: dict[str, str], db: Database, people: dict[Role, Person], anna: Person
) -> None:
    given = reset(client, admin, anna).json()["password"]
    with db.read() as s:
        entry, payload = s.execute(
            sa.select(AuditEntry, AuditPayload)
            .join(AuditPayload, AuditPayload.seq == AuditEntry.seq)
            .where(AuditEntry.action == "accounts.person_reset")
        ).one()
        stored = s.scalars(sa.select(Credential.password_hash)).one()
        assert s.scalars(sa.select(Event.subject).where(Event.topic == "accounts.person_reset")).all() == [
            str(anna.id)
        ]
    assert (entry.actor, entry.target) == (f"person:{people[Role.ADMIN].id}", f"person:{anna.id}")
    assert given not in f"{vars(payload)} {stored}"
    assert reset(client, admin, anna).json()["password"] != given


def test_what_cannot_be_reset(
    client: httpx.Client, admin: dict[str, str], sign_in: SignIn, people: dict[Role, Person], anna: Person
) -> None:
    def refused(headers: dict[str, str], person_id: object) -> tuple[int, str]:
        answer = client.post(f"/v1/accounts/people/{person_id}/reset", headers=headers)
        return answer.status_code, answer.json()["code"]

    assert refused(admin, people[Role.ADMIN].id) == (403, "own_account")
    assert refused(admin, people[Role.FAN].id) == (409, "no_credential")
    assert refused(admin, uuid4()) == (404, "not_found")
    assert refused(sign_in(Role.ADMIN), anna.id) == (403, "step_up_required")
    assert refused(sign_in(Role.LEAD, stepped_up=True), anna.id) == (403, "forbidden")


def test_a_password_that_is_reset_while_it_is_checked_opens_nothing(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, anna: Person
) -> None:
    verify = passwords.verify

    def verify_slowly(password: str, against: str | None) -> tuple[bool, str | None]:
        verdict = verify(password, against)
        assert reset(client, admin, anna).status_code == 200
        return verdict

    with patch.object(passwords, "verify", verify_slowly):
        assert post_sign_in(password=PASSWORD).status_code == 401


def test_a_temporary_password_that_is_over_is_not_changed_either(
    client: httpx.Client, admin: dict[str, str], post_sign_in: Post, enrolled: Person
) -> None:
    with clock.held() as now:
        given = reset(client, admin, enrolled).json()["password"]
        now.advance(credentials.TEMPORARY - timedelta(minutes=1))
        mine = bearer(post_sign_in(password=given))
        now.advance(timedelta(minutes=1))
        change = {"current": given, "new": CHOSEN}
        refused = client.post("/v1/accounts/password", headers=mine, json=change)
        assert refused.json()["code"] == "bad_password"
