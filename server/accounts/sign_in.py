"""Signing in and stepping up: count the guess, check it outside any transaction, then let in.

Each stage commits by itself, so that a refusal keeps its count and no slow hash holds the writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from server.accounts import credentials, lockout, passwords, queries, sessions
from server.accounts.models import Credential, Person, Session
from server.accounts.schemas import PersonState
from server.audit import service as audit
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.errors import Forbidden, Unauthorised


class BadCredentials(Unauthorised):
    """The same for an unknown address and a wrong password, in words and in time."""

    code, title = "bad_credentials", "This address and password do not belong together"


@dataclass(frozen=True)
class Opened:
    """A session that has just begun; `token` exists nowhere else."""

    token: str
    session: Session
    person: Person


def sign_in(
    db: Database, keys: Keys, *, email: str, password: str, device_id: UUID, device_name: str, network: str
) -> Opened:
    """Open a session for whoever knows the password.

    Raises LockedOut, BadCredentials, Busy, or Forbidden `account_suspended` (only to who knows the password).
    """
    lookup = keys.lookup("email", email)
    with db.read() as s:
        known_device = device_id if queries.is_known_device(s, lookup, device_id) else None
    person_key, network_key = lockout.password_key(lookup, known_device), keys.lookup("network", network)
    with db.write() as s:
        lockout.charge(s, key=network_key, allowance=lockout.PER_NETWORK)
        lockout.charge(s, key=person_key, allowance=lockout.PER_PERSON)
    with db.read() as s:
        found = s.execute(
            select(Credential.person_id, Credential.password_hash, Credential.temporary_until).where(
                Credential.email_lookup == lookup
            )
        ).one_or_none()
    right, fresh_hash = passwords.verify(password, found.password_hash if found else None)
    if not right or found is None or _is_over(found.temporary_until):
        raise BadCredentials("Check the address and the password.")
    with db.write() as s:
        # In the order in which a reset and the charge above lock the same rows.
        person = s.get_one(Person, found.person_id, with_for_update=True)
        _check_unchanged(s, found.person_id, found.password_hash)
        lockout.refund(s, key=network_key, allowance=lockout.PER_NETWORK)
        lockout.clear(s, key=person_key)
        if person.state is PersonState.ACTIVE:
            if fresh_hash:
                _rehash(s, found.person_id, found.password_hash, fresh_hash)
            token, session = sessions.open_session(
                s, keys=keys, person_id=person.id, device_id=device_id, device_name=device_name
            )
            actor = Actor(kind="person", id=person.id, handle=person.handle)
            audit.record(s, actor=actor, action="accounts.signed_in", target=f"session:{session.id}")
            return Opened(token, session, person)
    raise Forbidden("This account cannot sign in at present. Ask an administrator.", code="account_suspended")


def _check_unchanged(s: WriteSession, person_id: UUID, checked: str | None) -> None:
    """A password that was replaced while it was being checked opens nothing."""
    query = select(Credential.password_hash).where(Credential.person_id == person_id).with_for_update()
    if s.scalar(query) != checked:
        raise BadCredentials("Check the address and the password.")


def _is_over(temporary_until: datetime | None) -> bool:
    return temporary_until is not None and temporary_until <= clock.now()


def _rehash(s: WriteSession, person_id: UUID, checked: str | None, fresh: str) -> None:
    """Store the hash of a newer profile, unless the password was changed meanwhile."""
    s.execute(
        update(Credential)
        .where(Credential.person_id == person_id, Credential.password_hash == checked)
        .values(password_hash=fresh)
    )


def check_password(db: Database, *, actor: Actor, password: str) -> str:
    """Make a signed-in person prove the password again; answers the hash that it was checked against.

    Counted by device, as signing in from a known one is: strangers cannot stand in the way.
    Raises LockedOut, Busy, Forbidden `bad_password`.
    """
    with db.write() as s:
        found = credentials.credential(s, actor.person)
        device = s.scalar(select(Session.device_id).where(Session.id == actor.session_id))
        key = lockout.password_key(found.email_lookup, device)
        lockout.charge(s, key=key, allowance=lockout.PER_PERSON)
    right, _ = passwords.verify(password, found.password_hash)
    if not right or found.password_hash is None or _is_over(found.temporary_until):
        raise Forbidden("The password is not right.", code="bad_password")
    with db.write() as s:
        lockout.clear(s, key=key)
    return found.password_hash


def step_up(db: Database, keys: Keys, *, actor: Actor, code: str) -> None:
    """Spend a one-time code to do what needs one, for ten minutes on this device.

    Raises LockedOut, BadCode, Conflict `totp_not_enrolled`.
    """
    if actor.session_id is None:
        raise Forbidden("Only a signed-in device can be confirmed.")
    _charge_code(db, actor)
    with db.write() as s:
        credentials.use_code(s, keys=keys, person_id=actor.person, code=code)
        lockout.clear(s, key=lockout.code_key(actor.person))
        sessions.step_up(s, session_id=actor.session_id)
        audit.record(s, actor=actor, action="accounts.stepped_up", target=f"session:{actor.session_id}")


def confirm_totp(db: Database, keys: Keys, *, actor: Actor, code: str) -> None:
    """Let a new authenticator count. Raises LockedOut, BadCode, Conflict `totp_not_begun`."""
    _charge_code(db, actor)
    with db.write() as s:
        credentials.confirm_totp(s, actor=actor, keys=keys, code=code)
        lockout.clear(s, key=lockout.code_key(actor.person))


def _charge_code(db: Database, actor: Actor) -> None:
    with db.write() as s:
        lockout.charge(s, key=lockout.code_key(actor.person), allowance=lockout.PER_PERSON)
