"""Commands on what proves who a person is: the password and the authenticator."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from server.accounts import lockout, sessions, totp
from server.accounts.models import Credential, Person, Session
from server.audit import service as audit
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Conflict, Forbidden, NotFound
from server.kit.events import bus

TEMPORARY = timedelta(days=1)


class BadCode(Forbidden):
    code, title = "bad_code", "This code is not right"


def credential(s: AnySession, person_id: UUID) -> Credential:
    """How this person signs in. Raises Conflict `no_credential` where nobody can sign in as them."""
    found = s.get(Credential, person_id)
    if found is None:
        raise Conflict("This account has no sign-in.", code="no_credential")
    return found


def change_password(s: WriteSession, *, actor: Actor, checked_hash: str, new_hash: str) -> None:
    """Replace the hash that the old password was checked against; other devices are signed out.

    Raises Conflict when it was changed since.
    """
    changed = s.changed_one(
        update(Credential)
        .where(Credential.person_id == actor.person, Credential.password_hash == checked_hash)
        .values(password_hash=new_hash, temporary_until=None)
    )
    if not changed:
        raise Conflict("The password was changed by another request.")
    ended = sessions.close_sessions(s, person_id=actor.person, keep=actor.session_id)
    audit.record(
        s,
        actor=actor,
        action="accounts.password_changed",
        target=f"person:{actor.person}",
        sessions_ended=ended,
    )


def reset(s: WriteSession, *, actor: Actor, person_id: UUID, password_hash: str) -> datetime:
    """Let a locked-out person back in: a temporary password, no authenticator, no session, no lock.

    Answers until when the password works. Raises NotFound, Conflict `no_credential`, Forbidden `own_account`.
    """
    if person_id == actor.id:
        raise Forbidden("Nobody resets their own account: ask another administrator.", code="own_account")
    person = s.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("There is no such person.")
    found = credential(s, person_id)
    until = clock.now() + TEMPORARY
    # Every column, whatever was read: an authenticator that was confirmed meanwhile must not stay.
    fresh = {"password_hash": password_hash, "temporary_until": until, "totp": None, "totp_pending": None}
    s.execute(update(Credential).where(Credential.person_id == person_id).values(fresh))
    devices = s.scalars(select(Session.device_id).where(Session.person_id == person_id).distinct()).all()
    for device_id in (None, *devices):
        lockout.clear(s, key=lockout.password_key(found.email_lookup, device_id))
    lockout.clear(s, key=lockout.code_key(person_id))
    person.version += 1
    ended = sessions.close_sessions(s, person_id=person_id)
    audit.record(
        s,
        actor=actor,
        action="accounts.person_reset",
        target=f"person:{person_id}",
        sessions_ended=ended,
    )
    bus.emit(s, "accounts.person_reset", person_id)
    live.publish(s, "accounts.person", person_id, person.version)
    return until


def begin_totp(s: WriteSession, *, actor: Actor, keys: Keys) -> str:
    """Make a secret that counts once a code of it was confirmed; until then an older one stays."""
    found = credential(s, actor.person)
    secret = totp.new_secret()
    found.totp_pending = keys.encrypt(secret, bound_to=_bound(actor.person))
    audit.record(s, actor=actor, action="accounts.totp_begun", target=f"person:{actor.person}")
    return secret


def confirm_totp(s: WriteSession, *, actor: Actor, keys: Keys, code: str) -> None:
    """Let the pending secret count. Raises Conflict `totp_not_begun`, BadCode."""
    pending = credential(s, actor.person).totp_pending
    not_begun = Conflict("Ask for a new authenticator secret first.", code="totp_not_begun")
    if pending is None:
        raise not_begun
    step = totp.matching_step(keys.decrypt(pending, bound_to=_bound(actor.person)), code)
    if step is None:
        raise BadCode("Enter the six digits that the app shows now.")
    confirmed = s.changed_one(
        update(Credential)
        .where(Credential.person_id == actor.person, Credential.totp_pending == pending)
        .values(totp=pending, totp_pending=None, totp_step=step)
    )
    if not confirmed:
        raise not_begun
    audit.record(s, actor=actor, action="accounts.totp_confirmed", target=f"person:{actor.person}")


def set_totp(s: WriteSession, *, actor: Actor, keys: Keys, person_id: UUID, secret: str) -> None:
    """Give a person a known secret without a confirmation (first admin, demo accounts)."""
    credential(s, person_id).totp = keys.encrypt(secret, bound_to=_bound(person_id))
    audit.record(s, actor=actor, action="accounts.totp_set", target=f"person:{person_id}")


def totp_secret(s: AnySession, *, keys: Keys, email: str) -> str | None:
    """The authenticator secret behind an address, None without one (demo accounts tell theirs)."""
    query = select(Credential).where(Credential.email_lookup == keys.lookup("email", email))
    found = s.scalars(query).one_or_none()
    return keys.decrypt(found.totp, bound_to=_bound(found.person_id)) if found and found.totp else None


def use_code(s: WriteSession, *, keys: Keys, person_id: UUID, code: str) -> None:
    """Spend a one-time code: neither it nor an older one works again.

    Raises Conflict `totp_not_enrolled`, BadCode.
    """
    sealed = s.scalar(select(Credential.totp).where(Credential.person_id == person_id))
    if sealed is None:
        raise Conflict("Set up an authenticator app first.", code="totp_not_enrolled")
    step = totp.matching_step(keys.decrypt(sealed, bound_to=_bound(person_id)), code)
    spent = step is not None and s.changed_one(
        update(Credential)
        .where(Credential.person_id == person_id, Credential.totp_step < step)
        .values(totp_step=step)
    )
    if not spent:
        raise BadCode("Enter the six digits that the app shows now. A code works once.")


def _bound(person_id: UUID) -> str:
    return f"accounts_credentials.totp:{person_id}"
