"""Reads of people and sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select

from server.accounts.models import Person, PersonRole
from server.accounts.permissions import Role
from server.accounts.schemas import PersonCard
from server.kit.db import AnySession


def roles_of(s: AnySession, ids: Collection[UUID]) -> dict[UUID, list[Role]]:
    """The roles of each person, in the order in which Role names them."""
    found: dict[UUID, list[Role]] = defaultdict(list)
    for row in s.execute(select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(ids))):
        found[row.person_id].append(row.role)
    order = list(Role)
    return {person: sorted(roles, key=order.index) for person, roles in found.items()}


def cards(s: AnySession, ids: Collection[UUID]) -> dict[UUID, PersonCard]:
    """The card of each person who exists, in two queries whatever their number."""
    wanted = set(ids)
    if not wanted:
        return {}
    people = s.scalars(select(Person).where(Person.id.in_(wanted)))
    return {card.id: card for card in _cards(s, people.all())}


def person_by_handle(s: AnySession, handle: str) -> Person | None:
    """The person of a handle, in any letter case."""
    return s.scalar(select(Person).where(Person.handle == handle.lower()))


def _cards(s: AnySession, people: Collection[Person]) -> Iterable[PersonCard]:
    roles = roles_of(s, [person.id for person in people])
    for person in people:
        yield PersonCard(
            id=person.id,
            handle=person.handle,
            name=person.name,
            bio=person.bio,
            roles=roles.get(person.id, []),
            state=person.state,
            availability=person.available,
            created_at=person.created_at,
        )
