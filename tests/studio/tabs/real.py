"""The real server without a network, with one signed-in administrator, for tests from end to end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from server.accounts import credentials, service, sessions, totp
from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.accounts.schemas import Me
from server.app import create_app
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.settings import Settings


@dataclass(frozen=True)
class Real:
    """What a story needs: `transport` leads to the server, `token` and `me` are the administrator's."""

    transport: httpx.ASGITransport
    token: str
    me: Me
    secret: str


def real(folder: Path, db: Database, keys: Keys, *, stepped_up: bool = False, **settings: Any) -> Real:
    """Serve `db` with an administrator who has an authenticator."""
    secret = totp.new_secret()
    with db.write() as s:
        noor = person(db, keys, "noor", Role.ADMIN, session=s)
        credentials.set_totp(s, actor=SYSTEM, keys=keys, person_id=noor.id, secret=secret)
        token, session = sessions.open_session(
            s, keys=keys, person_id=noor.id, device_id=uuid4(), device_name="Desk"
        )
        if stepped_up:
            sessions.step_up(s, session_id=session.id)
    me = Me(
        id=noor.id,
        handle="noor",
        name="Noor",
        roles=[Role.ADMIN],
        permissions=sorted(permissions_of(frozenset({Role.ADMIN}), cleared=False)),
        cleared=False,
        has_totp=True,
    )
    app = create_app(Settings(data=folder / "data", jobs=False, **settings), db, keys)
    return Real(httpx.ASGITransport(app), token, me, secret)


def person(db: Database, keys: Keys, handle: str, role: Role, *, session: object = None) -> Person:
    """Someone who can sign in."""

    def make(s: object) -> Person:
        return service.create_person(
            s,  # type: ignore[arg-type]
            actor=SYSTEM,
            keys=keys,
            handle=handle,
            name=handle.title(),
            email=f"{handle}@demo.local",
            password_hash="not a hash",
            roles=[role],
        )

    if session is not None:
        return make(session)
    with db.write() as s:
        return make(s)
