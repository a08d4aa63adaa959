"""Commands on people: make, edit, suspend, and set whether a profile is shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from server.accounts import sessions
from server.accounts.credentials import TEMPORARY
from server.accounts.models import BATCH, Credential, Person, PersonRole
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.audit import service as audit
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, NotFound, Stale
from server.kit.events import bus
from server.kit.upsert import insert_ignoring
from server.kit.wire import Availability


def create_person(
    s: WriteSession,
    *,
    actor: Actor,
    keys: Keys,
    handle: str,
    name: str,
    email: str | None = None,
    password_hash: str | None = None,
    temporary: bool = False,
    roles: Collection[Role] = (),
    bio: str = "",
    cleared: bool = False,
    id: UUID | None = None,  # noqa: A002 - the wire name
) -> Person:
    """Add a person. `password_hash` comes from `passwords.hashed`, made before the session was opened;
    one that is `temporary` works for a day and opens nothing but its change, for who makes an account must
    not know its password. Raises Conflict `handle_taken`, `email_taken` or `id_taken`.
    """
    values = {
        "id": id or uuid4(),
        "handle": handle.lower(),
        "name": name,
        "name_key": name.casefold(),
        "bio": bio,
        "cleared": cleared,
        "state": PersonState.ACTIVE,
        "availability": Availability.PUBLIC,
        "created_at": clock.now(),
        "version": 1,
    }
    if not insert_ignoring(s, Person, values):
        taken = s.scalar(select(Person.id).where(Person.handle == handle.lower()))
        if taken is None:
            raise Conflict("This id belongs to another person.", code="id_taken")
        raise Conflict(f"The handle {handle} belongs to another person.", code="handle_taken")
    person = s.get_one(Person, values["id"])
    if email is not None:
        until = clock.now() + TEMPORARY if temporary and password_hash else None
        _add_credential(s, keys, person.id, email, password_hash, until)
    s.add_all(PersonRole(person_id=person.id, role=role) for role in set(roles))
    audit.record(
        s,
        actor=actor,
        action="accounts.person_created",
        target=f"person:{person.id}",
        handle=person.handle,
        roles=sorted(roles),
        cleared=cleared,
    )
    bus.emit(s, "accounts.person_created", person.id)
    live.publish(s, "accounts.person", person.id, person.version)
    s.flush()
    return person


def _add_credential(
    s: WriteSession,
    keys: Keys,
    person_id: UUID,
    email: str,
    password_hash: str | None,
    temporary_until: datetime | None,
) -> None:
    values = {
        "person_id": person_id,
        "email": keys.encrypt(email, bound_to=f"accounts_credentials.email:{person_id}"),
        "email_lookup": keys.lookup("email", email),
        "password_hash": password_hash,
        "temporary_until": temporary_until,
        "totp_step": 0,
    }
    if not insert_ignoring(s, Credential, values):
        raise Conflict("This e-mail address belongs to another person.", code="email_taken")


def edit_person(
    s: WriteSession,
    *,
    actor: Actor,
    person_id: UUID,
    version: int,
    name: str | None = None,
    roles: Collection[Role] | None = None,
    state: PersonState | None = None,
    cleared: bool | None = None,
) -> Person:
    """Change what is not None, if the person is still at `version`. New roles or suspension end the sessions.

    Raises NotFound, Stale, Conflict `last_admin`, and Forbidden `own_account`: nobody changes their own
    roles, state or clearance.
    """
    if person_id == actor.id and not (roles is None and state is None and cleared is None):
        raise Forbidden(
            "Nobody changes their own roles, state or clearance: ask another administrator.",
            code="own_account",
        )
    admins = _active_admins(s) if roles is not None or state is not None else set()
    person = s.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    before = set(s.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))
    after = before if roles is None else set(roles)
    stays_active = (person.state if state is None else state) is PersonState.ACTIVE
    if admins == {person_id} and not (stays_active and Role.ADMIN in after):
        raise Conflict("This is the last administrator; appoint another one first.", code="last_admin")
    asked = {"name": name, "state": state, "cleared": cleared}
    values = {key: new for key, new in asked.items() if new is not None and new != getattr(person, key)}
    changed: dict[str, Any] = {
        key: True if key == "name" else [getattr(person, key), new] for key, new in values.items()
    }
    if after != before:
        changed["roles"] = [sorted(before), sorted(after)]
    _update_guarded(s, person, version, values, bump=bool(changed))
    if not changed:
        return person
    s.execute(delete(PersonRole).where(PersonRole.person_id == person_id, PersonRole.role.not_in(after)))
    s.add_all(PersonRole(person_id=person_id, role=role) for role in after - before)
    ended = sessions.close_sessions(s, person_id=person_id) if changed.keys() & {"roles", "state"} else 0
    audit.record(
        s,
        actor=actor,
        action="accounts.person_changed",
        target=f"person:{person_id}",
        changed=changed,
        sessions_ended=ended,
    )
    bus.emit(s, "accounts.person_changed", person_id, state=person.state)
    live.publish(s, "accounts.person", person_id, person.version)
    s.flush()
    return person


def _active_admins(s: WriteSession) -> set[UUID]:
    """Who administers now; the rows stay locked, so that two admins cannot remove each other at once."""
    query = (
        select(PersonRole.person_id)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role == Role.ADMIN, Person.state == PersonState.ACTIVE)
        .order_by(PersonRole.person_id)
        .with_for_update()
    )
    return set(s.scalars(query))


def _update_guarded(
    s: WriteSession, person: Person, version: int, values: dict[str, Any], *, bump: bool
) -> None:
    """Write `values` if the row is still at `version`. Raises Stale."""
    if "name" in values:
        values = {**values, "name_key": values["name"].casefold()}
    done = s.changed_one(
        update(Person)
        .where(Person.id == person.id, Person.version == version)
        .values(**values, version=version + bump)
    )
    if not done:
        raise Stale("This person was changed in the meantime.")


def set_profile_availability(
    s: WriteSession,
    *,
    actor: Actor,
    person_id: UUID,
    availability: Availability,
    effective_at: datetime,
    restricted: bool = False,
) -> None:
    """Let `availability` of the profile count from `effective_at` on. Raises NotFound.

    `restricted`: only cleared readers of the audit log learn of it.
    """
    person = lock(s, person_id=person_id)
    person.availability = person.available
    person.next_availability = availability
    person.next_availability_at = effective_at
    when = effective_at.isoformat()
    _availability_changed(s, actor, person, effective_at=when, to=availability, restricted=restricted)


def cancel_profile_availability(
    s: WriteSession, *, actor: Actor, person_id: UUID, restricted: bool = False
) -> None:
    """Take back a change that is not in force yet. Raises NotFound, Conflict `in_force`."""
    person = lock(s, person_id=person_id)
    if person.next_availability_at is None or person.next_availability_at <= clock.now():
        raise Conflict("There is no change of this profile left to take back.", code="in_force")
    person.next_availability = person.next_availability_at = None
    _availability_changed(s, actor, person, effective_at=None, to=person.availability, restricted=restricted)


def lock(s: WriteSession, *, person_id: UUID) -> Person:
    """The person, whom no other transaction changes until this one ends. Raises NotFound."""
    person = s.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def restrict_profile(s: WriteSession, *, actor: Actor, person_id: UUID) -> None:
    """Put a biography into the class that only cleared reviewers see. There is no way back.

    The version stays: what the person sees does not change. Does nothing without such a person.
    """
    target = f"person:{person_id}"
    audit.restrict(s, Person, person_id, actor=actor, action="accounts.profile_restricted", target=target)


def _availability_changed(
    s: WriteSession,
    actor: Actor,
    person: Person,
    *,
    effective_at: str | None,
    to: Availability,
    restricted: bool,
) -> None:
    person.version += 1
    outcome = {} if restricted else {"to": to, "effective_at": effective_at}
    audit.record(
        s,
        actor=actor,
        action="accounts.profile_availability",
        target=f"person:{person.id}",
        restricted=restricted,
        **outcome,
    )
    bus.emit(s, "accounts.profile_availability", person.id, to=to)
    live.publish(s, "accounts.person", person.id, person.version)


def fold_availability(s: WriteSession) -> int:
    """Make changes that are in force the stored value, a batch of them; answers how many.

    Reads never wait for this.
    """
    due = select(Person.id).where(Person.next_availability_at <= clock.now()).limit(BATCH)
    return s.changed(
        update(Person)
        .where(Person.id.in_(due), Person.next_availability_at <= clock.now())
        .values(availability=Person.next_availability, next_availability=None, next_availability_at=None)
    )
