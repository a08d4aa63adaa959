"""Reads of people and their devices, each in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from server.accounts.models import Credential, Person, PersonRole, Session
from server.accounts.permissions import CLEARANCE, Role, permissions_of
from server.accounts.schemas import DeviceSession, PersonCard, PersonDetail, PersonRow, PersonState
from server.accounts.sessions import IDLE
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.paging import Page, key_of, trim

DEVICES = 100
"""Living sessions shown of one person: who has more does not sign in from devices of their own."""


def roles_of(s: AnySession, ids: Collection[UUID]) -> dict[UUID, list[Role]]:
    """The roles of each person, in the order in which Role names them."""
    found: dict[UUID, list[Role]] = defaultdict(list)
    for row in s.execute(select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(ids))):
        found[row.person_id].append(row.role)
    order = list(Role)
    return {person: sorted(roles, key=order.index) for person, roles in found.items()}


def permissions(s: AnySession, person_id: UUID) -> frozenset[str]:
    """What a person may do at present; nothing where there is no such active person."""
    person = s.get(Person, person_id, populate_existing=True)
    if person is None or person.state is not PersonState.ACTIVE:
        return frozenset()
    return permissions_of(frozenset(roles_of(s, [person_id])[person_id]), cleared=person.cleared)


def cards(s: AnySession, ids: Collection[UUID]) -> dict[UUID, PersonCard]:
    """The whole card of each person who exists, in two queries whatever their number.

    Whoever shows it to someone takes `card`, or leaves the biography out.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    people = s.scalars(select(Person).where(Person.id.in_(wanted))).all()
    roles = roles_of(s, wanted)
    return {person.id: PersonCard(**_card(person, roles, bio=person.bio)) for person in people}


def card(s: AnySession, viewer: Actor, person_id: UUID) -> PersonCard:
    """The card of one person. Raises NotFound."""
    person = s.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return PersonCard(**_card(person, roles_of(s, [person_id]), bio=shown_bio(person, viewer)))


def shown_bio(person: Person, viewer: Actor) -> str:
    """The biography; of the restricted class it is only for its author and for the cleared."""
    hidden = person.restricted_class and viewer.id != person.id and not viewer.can(CLEARANCE)
    return "" if hidden else person.bio


def person_by_handle(s: AnySession, handle: str) -> Person | None:
    """The person of a handle, in any letter case."""
    return s.scalar(select(Person).where(Person.handle == handle.lower()))


def people(
    s: AnySession,
    viewer: Actor,
    *,
    role: Role | None = None,
    state: PersonState | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PersonRow]:
    """One page of people by handle; `q` is the beginning of a handle or of a name, in any letter case."""
    query = select(Person).order_by(Person.handle).limit(limit + 1)
    if role is not None:
        query = query.join(PersonRole, PersonRole.person_id == Person.id).where(PersonRole.role == role)
    if state is not None:
        query = query.where(Person.state == state)
    if q is not None:
        query = query.where(
            or_(
                Person.handle.startswith(q.casefold().removeprefix("@"), autoescape=True),
                Person.name_key.startswith(q.casefold(), autoescape=True),
            )
        )
    after = key_of(cursor, str)
    if after is not None:
        query = query.where(Person.handle > after)
    shown, then = trim(s.scalars(query).all(), limit, lambda person: (person.handle,))
    return Page(items=_rows(s, viewer, shown), next_cursor=then)


def detail(s: AnySession, keys: Keys, viewer: Actor, person_id: UUID) -> PersonDetail:
    """Everything the people screen shows of one person. Raises NotFound."""
    person = s.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    credential = s.get(Credential, person_id)
    [row] = _rows(s, viewer, [person])
    return PersonDetail(
        **row.model_dump(),
        email_hint=_hint(keys, credential) if credential else None,
        has_password=credential is not None and credential.password_hash is not None,
    )


def devices(s: AnySession, actor: Actor) -> list[DeviceSession]:
    """The actor's own living sessions, the latest used first, at most `DEVICES`."""
    now = clock.now()
    living = (
        select(Session)
        .where(
            Session.person_id == actor.person,
            Session.revoked_at.is_(None),
            Session.expires_at > now,
            Session.last_seen_at > now - IDLE,
        )
        .order_by(Session.last_seen_at.desc(), Session.id)
        .limit(DEVICES)
    )
    return [
        DeviceSession(
            id=found.id,
            device_id=found.device_id,
            device_name=found.device_name,
            created_at=found.created_at,
            last_seen_at=found.last_seen_at,
            expires_at=found.expires_at,
            current=found.id == actor.session_id,
        )
        for found in s.scalars(living)
    ]


def has_totp(s: AnySession, person_id: UUID) -> bool:
    """Whether the person confirmed an authenticator."""
    return s.scalar(select(Credential.totp).where(Credential.person_id == person_id)) is not None


def is_known_device(s: AnySession, email_lookup: bytes, device_id: UUID) -> bool:
    """Whether the person behind an address has signed in from this device, as long as that is remembered."""
    found = (
        select(Session.id)
        .join(Credential, Credential.person_id == Session.person_id)
        .where(Credential.email_lookup == email_lookup, Session.device_id == device_id)
    )
    return s.execute(found.limit(1)).first() is not None


def has_temporary_password(s: AnySession, person_id: UUID) -> bool:
    """Whether the person has still to change a password that an administrator handed out."""
    until = s.scalar(select(Credential.temporary_until).where(Credential.person_id == person_id))
    return until is not None


def _card(person: Person, roles: dict[UUID, list[Role]], *, bio: str) -> dict[str, Any]:
    return {
        "id": person.id,
        "handle": person.handle,
        "name": person.name,
        "bio": bio,
        "roles": roles.get(person.id, []),
        "state": person.state,
        "availability": person.available,
        "created_at": person.created_at,
    }


def _rows(s: AnySession, viewer: Actor, found: Sequence[Person]) -> list[PersonRow]:
    ids = [person.id for person in found]
    roles = roles_of(s, ids)
    enrolled = set(
        s.scalars(
            select(Credential.person_id).where(Credential.person_id.in_(ids), Credential.totp.is_not(None))
        )
    )
    seen: dict[UUID, datetime] = {
        row.person_id: row.seen
        for row in s.execute(
            select(Session.person_id, func.max(Session.last_seen_at).label("seen"))
            .where(Session.person_id.in_(ids))
            .group_by(Session.person_id)
        )
    }
    return [
        PersonRow(
            **_card(person, roles, bio=shown_bio(person, viewer)),
            cleared=person.cleared,
            version=person.version,
            has_totp=person.id in enrolled,
            last_seen_at=seen.get(person.id),
        )
        for person in found
    ]


def _hint(keys: Keys, credential: Credential) -> str:
    email = keys.decrypt(credential.email, bound_to=f"accounts_credentials.email:{credential.person_id}")
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
