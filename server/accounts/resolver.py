"""Finds who is behind a bearer token, with one indexed read for a person."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from server.accounts import programs, sessions
from server.accounts.models import Credential, Person, PersonRole, Session
from server.accounts.permissions import permissions_of
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.access import Actor, Resolver
from server.kit.crypto import TOKEN_PREFIX, Keys
from server.kit.db import Database
from server.kit.errors import Busy

SEEN_EVERY = timedelta(minutes=1)
"""How often the use of a session is written down: it bounds the error of the idle expiry."""


def resolver(db: Database, keys: Keys, *, in_use: bool = True) -> Resolver:
    """The function that `app.py` hands to kit/access; with `in_use` false the look keeps no session alive.

    It knows no token of a session that is revoked, expired or idle for 12 hours, and none of a person who is
    not active. Roles are read each time, so a change counts from the next request on. A token that is no
    session's may be a program's (a second read).
    """

    def resolve(token: str) -> Actor | None:
        if not token.startswith(TOKEN_PREFIX):
            return None
        now = clock.now()
        query = (
            select(
                Session.id,
                Session.last_seen_at,
                Session.stepped_up_until,
                Person.id.label("person_id"),
                Person.handle,
                Person.cleared,
                PersonRole.role,
                Credential.temporary_until,
            )
            .join(Person, Person.id == Session.person_id)
            .outerjoin(PersonRole, PersonRole.person_id == Person.id)
            .outerjoin(Credential, Credential.person_id == Person.id)
            .where(
                Session.token_hash == keys.token_hash(token),
                Session.revoked_at.is_(None),
                Session.expires_at > now,
                Session.last_seen_at > now - sessions.IDLE,
                Person.state == PersonState.ACTIVE,
            )
        )
        with db.read() as s:
            rows = s.execute(query).all()
            if not rows:
                return programs.behind(s, token_hash=keys.token_hash(token))
        found = rows[0]
        if in_use and found.last_seen_at <= now - SEEN_EVERY:
            with suppress(Busy), db.write() as s:
                sessions.touch(s, session_id=found.id)
        roles = frozenset(row.role for row in rows if row.role is not None)
        return Actor(
            kind="person",
            id=found.person_id,
            handle=found.handle,
            roles=roles,
            permissions=permissions_of(
                roles, cleared=found.cleared, temporary=found.temporary_until is not None
            ),
            session_id=found.id,
            stepped_up_until=found.stepped_up_until,
        )

    return resolve
