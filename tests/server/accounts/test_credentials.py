"""Passwords and one-time codes of a signed-in person: what they open, and that nothing opens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa

from server.accounts import credentials, sessions, totp
from server.accounts.credentials import BadCode
from server.accounts.models import Credential, Person
from server.kit import clock
from server.kit.crypto import Keys
from server.kit.db import Database
from tests.server.accounts.conftest import PASSWORD, SECRET, Post, bearer

pytestmark = pytest.mark.usefixtures("quick_passwords")


def code_now(drift: int = 0) -> str:
    return totp.code_at(SECRET, totp.current_step() + drift)


def step_up(client: httpx.Client, headers: dict[str, str], code: str) -> tuple[int, str | None]:
    answer = client.post("/v1/accounts/step-up", headers=headers, json={"code": code})
    return answer.status_code, answer.json()["code"] if answer.content else None


def test_rfc_6238_vectors() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", RFC 6238 appendix B
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert totp.code_at(secret, seconds // totp.STEP_S) == code


def test_a_step_up_lasts_ten_minutes_on_this_device_only(
    client: httpx.Client, post_sign_in: Post, enrolled: Person
) -> None:
    with clock.held() as now:
        mine, other = bearer(post_sign_in()), bearer(post_sign_in())
        assert step_up(client, mine, code_now()) == (204, None)

        def until(headers: dict[str, str]) -> str | None:
            found: str | None = client.get("/v1/accounts/me", headers=headers).json()["stepped_up_until"]
            return found

        assert until(mine) == (now.at + sessions.STEP_UP).isoformat().replace("+00:00", "Z")
        assert until(other) is None


def test_a_code_works_once_and_no_older_one_after_it(
    client: httpx.Client, post_sign_in: Post, enrolled: Person
) -> None:
    with clock.held() as now:
        mine = bearer(post_sign_in())
        assert step_up(client, mine, code_now(+1)) == (204, None)
        assert step_up(client, mine, code_now(+1)) == (403, "bad_code")
        assert step_up(client, mine, code_now()) == (403, "bad_code")
        now.advance(timedelta(seconds=2 * totp.STEP_S))
        assert step_up(client, mine, code_now()) == (204, None)


def test_a_code_used_by_many_at_once_works_once(db: Database, keys: Keys, enrolled: Person) -> None:
    code = code_now()

    def use(_: int) -> bool:
        try:
            with db.write() as s:
                credentials.use_code(s, keys=keys, person_id=enrolled.id, code=code)
        except BadCode:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(16))).count(True) == 1


@pytest.mark.parametrize(("drift", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_clock_of_the_app_may_be_one_step_off(
    db: Database, keys: Keys, enrolled: Person, drift: int, accepted: bool
) -> None:
    with clock.held():
        assert (totp.matching_step(SECRET, code_now(drift)) is not None) is accepted


def test_guessing_codes_locks(client: httpx.Client, post_sign_in: Post, enrolled: Person) -> None:
    with clock.held() as now:
        mine = bearer(post_sign_in())
        wrong = next(c for c in map("{:06}".format, range(9)) if totp.matching_step(SECRET, c) is None)
        assert [step_up(client, mine, wrong) for _ in range(5)] == [(403, "bad_code")] * 5
        assert step_up(client, mine, code_now()) == (429, "locked_out")
        now.advance(timedelta(minutes=1))
        assert step_up(client, mine, code_now()) == (204, None)


def test_a_step_up_needs_an_authenticator(client: httpx.Client, post_sign_in: Post, anna: Person) -> None:
    assert step_up(client, bearer(post_sign_in()), "000000") == (409, "totp_not_enrolled")


def test_an_authenticator_counts_once_confirmed(
    client: httpx.Client, post_sign_in: Post, anna: Person
) -> None:
    mine = bearer(post_sign_in())
    refused = client.post("/v1/accounts/totp", headers=mine, json={"password": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (403, "bad_password")
    made = client.post("/v1/accounts/totp", headers=mine, json={"password": PASSWORD}).json()
    asked = parse_qs(urlsplit(made["uri"]).query)
    assert (asked["secret"], asked["issuer"]) == ([made["secret"]], ["Creator Studio"])
    assert client.get("/v1/accounts/me", headers=mine).json()["has_totp"] is False
    now = totp.current_step()
    confirm = "/v1/accounts/totp/confirm"
    far = totp.code_at(made["secret"], now + 1000)
    assert client.post(confirm, headers=mine, json={"code": far}).json()["code"] == "bad_code"
    code = totp.code_at(made["secret"], now)
    assert client.post(confirm, headers=mine, json={"code": code}).status_code == 204
    assert client.get("/v1/accounts/me", headers=mine).json()["has_totp"] is True
    assert step_up(client, mine, code) == (403, "bad_code")


def test_replacing_an_authenticator_needs_the_present_one(
    client: httpx.Client, post_sign_in: Post, enrolled: Person
) -> None:
    mine = bearer(post_sign_in())
    body = {"password": PASSWORD}
    assert client.post("/v1/accounts/totp", headers=mine, json=body).json()["code"] == "step_up_required"
    assert step_up(client, mine, code_now()) == (204, None)
    assert client.post("/v1/accounts/totp", headers=mine, json=body).status_code == 200


def test_confirming_without_a_secret_is_refused(
    client: httpx.Client, post_sign_in: Post, anna: Person
) -> None:
    refused = client.post(
        "/v1/accounts/totp/confirm", headers=bearer(post_sign_in()), json={"code": "000000"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "totp_not_begun")


def test_a_new_password_signs_the_other_devices_out(
    client: httpx.Client, post_sign_in: Post, anna: Person
) -> None:
    mine, other = bearer(post_sign_in()), bearer(post_sign_in())
    change = {"current": PASSWORD, "new": "another long password"}
    assert client.post("/v1/accounts/password", headers=mine, json=change).status_code == 204
    assert client.get("/v1/accounts/me", headers=mine).status_code == 200
    assert client.get("/v1/accounts/me", headers=other).status_code == 401
    assert post_sign_in().status_code == 401
    assert post_sign_in(password="another long password").status_code == 200


@pytest.mark.parametrize("new", ["short", "x" * 11, "x" * 129])
def test_a_password_has_twelve_characters_at_least(
    client: httpx.Client, post_sign_in: Post, anna: Person, new: str
) -> None:
    answer = client.post(
        "/v1/accounts/password", headers=bearer(post_sign_in()), json={"current": PASSWORD, "new": new}
    )
    assert answer.status_code == 422
    assert new not in answer.text


def test_guessing_the_current_password_locks(client: httpx.Client, post_sign_in: Post, anna: Person) -> None:
    mine = bearer(post_sign_in())
    change = {"current": "wrong", "new": "another long password"}
    answers = [client.post("/v1/accounts/password", headers=mine, json=change) for _ in range(6)]
    assert [a.status_code for a in answers] == [403] * 5 + [429]
    assert answers[0].json()["code"] == "bad_password"


def test_secrets_are_sealed_to_their_row(db: Database, keys: Keys, enrolled: Person) -> None:
    with db.read() as s:
        sealed = s.scalars(sa.select(Credential.totp)).one()
    assert sealed is not None
    assert SECRET.encode() not in sealed
    assert keys.decrypt(sealed, bound_to=f"accounts_credentials.totp:{enrolled.id}") == SECRET
