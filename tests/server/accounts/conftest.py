"""People who can really sign in: with an address, a password and an authenticator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID, uuid4

import httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.accounts import credentials, passwords, service, totp
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database

EMAIL = "Anna@Demo.local"
PASSWORD = "correct horse battery"
SECRET = totp.new_secret()

Post = Callable[..., httpx.Response]


QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@cache
def _hashed(hasher: PasswordHash) -> str:
    return hasher.hash(PASSWORD)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of a profile that costs nothing, for tests of something else."""
    monkeypatch.setattr(passwords, "_argon2", QUICK)
    monkeypatch.setattr(passwords, "NOBODYS", passwords.NOBODYS.replace("m=19456,t=2", "m=8,t=1"))


@pytest.fixture
def password_hash() -> str:
    """The hash of PASSWORD, made once a profile."""
    return _hashed(passwords._argon2)


@pytest.fixture
def anna(db: Database, keys: Keys, password_hash: str) -> Person:
    """A moderator with PASSWORD and no authenticator."""
    with db.write() as s:
        return service.create_person(
            s,
            actor=SYSTEM,
            keys=keys,
            handle="anna",
            name="Anna Ålund",
            email=EMAIL,
            password_hash=password_hash,
            roles=[Role.MODERATOR],
        )


@pytest.fixture
def enrolled(db: Database, keys: Keys, anna: Person) -> Person:
    """Anna with the authenticator SECRET."""
    with db.write() as s:
        credentials.set_totp(s, actor=SYSTEM, keys=keys, person_id=anna.id, secret=SECRET)
    return anna


@pytest.fixture
def post_sign_in(client: httpx.Client) -> Post:
    """Sign in over HTTP, by default as Anna from a new device."""

    def post(email: str = EMAIL, password: str = PASSWORD, device_id: UUID | None = None) -> httpx.Response:
        device = {"id": str(device_id or uuid4()), "name": "desk"}
        body = {"email": email, "password": password, "device": device}
        return client.post("/v1/accounts/sign-in", json=body)

    return post


def bearer(answer: httpx.Response) -> dict[str, str]:
    """The headers of the session that a sign-in opened."""
    return {"Authorization": f"Bearer {answer.json()['token']}"}
