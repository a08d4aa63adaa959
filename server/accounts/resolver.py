"""Finds who is behind a bearer token, with one indexed read for a person."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, select

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

_open, _people = cast(Table, Session.__table__).c, cast(Table, Person.__table__).c
_roles, _credentials = cast(Table, PersonRole.__table__), cast(Table, Credential.__table__)
# On tables, not on mapped classes, and built once: every request of a person runs this.
_BEHIND = (
    select(
        _open.id,
        _open.last_seen_at,
        _open.stepped_up_until,
        _people.id.label("person_id"),
        _people.handle,
        _people.cleared,
        _roles.c.role,
        _credentials.c.temporary_until,
    )
    .select_from(Session.__table__)
    .join(Person.__table__, _people.id == _open.person_id)
    .outerjoin(_roles, _roles.c.person_id == _people.id)
    .outerjoin(_credentials, _credentials.c.person_id == _people.id)
    .where(
        _open.token_hash == bindparam("hash"),
        _open.revoked_at.is_(None),
        _open.expires_at > bindparam("now"),
        _open.last_seen_at > bindparam("idle_since"),
        _people.state == PersonState.ACTIVE,
    )
)


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
        hashed = keys.token_hash(token)
        with db.look() as c:
            rows = c.execute(_BEHIND, {"hash": hashed, "now": now, "idle_since": now - sessions.IDLE}).all()
        if not rows:
            with db.read() as s:
                return programs.behind(s, token_hash=hashed)
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
