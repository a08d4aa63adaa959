"""Two who change one account at the same moment: the later one sees what the earlier one did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from server.accounts import credentials, passwords, queries, sign_in, totp
from server.accounts.models import Person
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Conflict
from tests.server.accounts.conftest import EMAIL


def me(anna: Person) -> Actor:
    return Actor(kind="person", id=anna.id, handle=anna.handle)


def reset(db: Database, anna: Person) -> None:
    with db.write() as s:
        credentials.reset(s, actor=SYSTEM, person_id=anna.id, password_hash="fresh")


@pytest.fixture
def pending(db: Database, keys: Keys, anna: Person) -> str:
    """The code of an authenticator that Anna has begun to set up."""
    with db.write() as s:
        secret = credentials.begin_totp(s, actor=me(anna), keys=keys)
    return totp.code_at(secret, totp.current_step())


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, db: Database, module: object, name: str, run: Callable[[], None]
) -> None:
    """Before the function of this name works, somebody else commits (PostgreSQL; SQLite has one writer)."""
    if db.sqlite:
        pytest.skip("one writer: nobody else can come in between")
    real = getattr(module, name)

    def late(*args: object, **kwargs: object) -> object:
        monkeypatch.setattr(module, name, real)
        run()
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, late)


def test_an_authenticator_that_was_reset_meanwhile_is_not_confirmed(
    db: Database, keys: Keys, anna: Person, pending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, db, totp, "matching_step", lambda: reset(db, anna))
    with pytest.raises(Conflict), db.write() as s:
        credentials.confirm_totp(s, actor=me(anna), keys=keys, code=pending)
    with db.read() as s:
        assert not queries.has_totp(s, anna.id)


def test_a_reset_takes_an_authenticator_that_was_confirmed_meanwhile(
    db: Database, keys: Keys, anna: Person, pending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm() -> None:
        with db.write() as s:
            credentials.confirm_totp(s, actor=me(anna), keys=keys, code=pending)

    meanwhile(monkeypatch, db, credentials.clock, "now", confirm)
    reset(db, anna)
    with db.read() as s:
        assert not queries.has_totp(s, anna.id)


def test_sign_ins_of_one_device_at_once_never_stand_in_each_others_way(
    db: Database, keys: Keys, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda password, against: (True, None))
    device = uuid4()

    def go(_: int) -> str:
        for _ in range(8):
            sign_in.sign_in(
                db, keys, email=EMAIL, password="any", device_id=device, device_name="desk", network="n"
            )
        return "in"

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(go, range(4))) == {"in": 4}
