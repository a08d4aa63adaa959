"""Guessing is slowed down whatever the order, the number of threads and the restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts import lockout
from server.accounts.lockout import FIRST, FORGOTTEN_AFTER, LONGEST, LockedOut
from server.accounts.models import Attempts, Person
from server.audit.models import AuditEntry
from server.kit import clock
from server.kit.db import Database
from tests.server.accounts.conftest import PASSWORD, Post, bearer

pytestmark = pytest.mark.usefixtures("quick_passwords")

KEY = bytes(32)


def guess(db: Database, key: bytes = KEY, allowance: int = 5) -> int | None:
    """Charge one guess; None when it is let through, else the seconds to wait."""
    try:
        with db.write() as s:
            lockout.charge(s, key=key, allowance=allowance)
    except LockedOut as locked:
        return locked.retry_after_s
    return None


def test_five_guesses_then_a_minute_then_twice_as_long_up_to_an_hour(db: Database) -> None:
    with clock.held() as now:
        assert [guess(db) for _ in range(5)] == [None] * 5
        waits = []
        for _ in range(9):
            wait = guess(db)
            assert wait is not None
            waits.append(wait)
            now.advance(timedelta(seconds=wait - 1))
            assert guess(db) == 1
            now.advance(timedelta(seconds=1))
            assert guess(db) is None
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_refused_guess_does_not_prolong_the_lock(db: Database) -> None:
    with clock.held() as now:
        for _ in range(5):
            guess(db)
        for _ in range(59):
            assert guess(db) is not None
            now.advance(timedelta(seconds=1))
        assert guess(db) == 1


def test_a_day_of_quiet_clears_the_count(db: Database) -> None:
    with clock.held() as now:
        for _ in range(5):
            guess(db)
        now.advance(FORGOTTEN_AFTER + timedelta(seconds=1))
        assert [guess(db) for _ in range(5)] == [None] * 5
        assert guess(db) == FIRST.total_seconds()
        now.advance(FORGOTTEN_AFTER + timedelta(seconds=1))
        with db.write() as s:
            assert lockout.forget_old(s) == 1


def test_proving_who_you_are_clears_the_count(db: Database) -> None:
    for _ in range(4):
        guess(db)
    with db.write() as s:
        lockout.clear(s, key=KEY)
    assert [guess(db) for _ in range(5)] == [None] * 5


def test_a_right_guess_does_not_clear_those_of_the_same_network(db: Database) -> None:
    with clock.held():
        for _ in range(3):
            guess(db, allowance=3)
        with db.write() as s:
            lockout.refund(s, key=KEY, allowance=3)
        assert guess(db, allowance=3) is None
        assert guess(db, allowance=3) is not None


def test_keys_do_not_lock_each_other(db: Database) -> None:
    for _ in range(5):
        guess(db)
    assert guess(db) is not None
    assert guess(db, key=bytes([1]) * 32) is None


def test_guessing_in_parallel_gains_nothing(db: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: guess(db), range(40)))
    assert outcomes.count(None) == 5


def test_a_lock_is_on_record(db: Database) -> None:
    with clock.held():
        for _ in range(8):
            guess(db)
    with db.read() as s:
        actions = s.scalars(sa.select(AuditEntry.action)).all()
    assert actions == ["accounts.locked_out"]


def test_sign_in_is_locked_even_for_the_right_password_and_survives_a_restart(
    post_sign_in: Post, anna: Person, db: Database
) -> None:
    with clock.held() as now:
        for _ in range(5):
            assert post_sign_in(password="wrong").status_code == 401
        refused = post_sign_in()
        assert (refused.status_code, refused.json()["code"]) == (429, "locked_out")
        assert refused.headers["Retry-After"] == "60"
        db.dispose()
        assert post_sign_in().status_code == 429
        now.advance(FIRST)
        assert post_sign_in().status_code == 200
    with db.read() as s:
        assert s.scalars(sa.select(Attempts.failures)).all() == [5]


def test_strangers_cannot_lock_out_a_device_that_signed_in_before(post_sign_in: Post, anna: Person) -> None:
    desk = uuid4()
    with clock.held():
        assert post_sign_in(device_id=desk).status_code == 200
        for _ in range(5):
            assert post_sign_in(password="wrong").status_code == 401
        assert post_sign_in().status_code == 429
        assert post_sign_in(device_id=desk).status_code == 200
        assert post_sign_in().status_code == 429


def test_a_known_device_has_no_more_guesses_than_others(post_sign_in: Post, anna: Person) -> None:
    desk = uuid4()
    with clock.held():
        assert post_sign_in(device_id=desk).status_code == 200
        for _ in range(5):
            assert post_sign_in(password="wrong", device_id=desk).status_code == 401
        assert post_sign_in(device_id=desk).status_code == 429


def test_an_unknown_address_is_locked_like_a_known_one(post_sign_in: Post) -> None:
    with clock.held():
        for _ in range(5):
            assert post_sign_in(email="ghost@demo.local").status_code == 401
        assert post_sign_in(email="ghost@demo.local").status_code == 429


def test_locking_one_address_leaves_the_others_alone(post_sign_in: Post, anna: Person) -> None:
    for _ in range(6):
        post_sign_in(email="ghost@demo.local")
    assert post_sign_in().status_code == 200


@pytest.mark.parametrize("failures", [5, 14, 15, 16, 10_000])
def test_the_span_never_overflows(db: Database, failures: int) -> None:
    with clock.held() as now:
        with db.write() as s:
            s.add(Attempts(key=KEY, failures=failures, last_at=now.at))
        guess(db)
        wait = guess(db)
        assert wait is not None
        assert 0 < wait <= LONGEST.total_seconds()


def test_strangers_cannot_keep_a_signed_in_person_from_changing_the_password(
    client: httpx.Client, post_sign_in: Post, anna: Person
) -> None:
    mine = bearer(post_sign_in())
    for _ in range(5):
        assert post_sign_in(password="wrong").status_code == 401
    assert post_sign_in(password="wrong").status_code == 429
    began = client.post("/v1/accounts/totp", headers=mine, json={"password": PASSWORD})
    assert began.status_code == 200
    change = {"current": PASSWORD, "new": "another long passphrase"}
    assert client.post("/v1/accounts/password", headers=mine, json=change).status_code == 204


def test_guesses_on_a_signed_in_device_are_counted_too(
    client: httpx.Client, post_sign_in: Post, anna: Person
) -> None:
    mine = bearer(post_sign_in())
    change = {"current": "a guess at it", "new": "another long passphrase"}
    answers = [client.post("/v1/accounts/password", headers=mine, json=change).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]
