"""Commands on people below HTTP: the last administrator under concurrency, availability to the instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.accounts import queries, service
from server.accounts.models import Person, PersonRole
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.kit.wire import Availability


@pytest.fixture
def admins(db: Database, keys: Keys) -> list[Person]:
    """Three administrators."""
    with db.write() as s:
        return [
            service.create_person(
                s, actor=SYSTEM, keys=keys, handle=f"admin{n}", name="A", roles=[Role.ADMIN]
            )
            for n in range(3)
        ]


def demote(db: Database, person: Person) -> None:
    with db.write() as s:
        service.edit_person(s, actor=SYSTEM, person_id=person.id, version=1, roles=[Role.FAN])


def suspend(db: Database, person: Person) -> None:
    with db.write() as s:
        service.edit_person(s, actor=SYSTEM, person_id=person.id, version=1, state=PersonState.SUSPENDED)


def test_administrators_removed_all_at_once_leave_one(db: Database, admins: list[Person]) -> None:
    start = Barrier(3)

    def remove(how: Callable[[Database, Person], None], person: Person) -> str:
        start.wait()
        try:
            how(db, person)
        except Conflict as refused:
            return refused.code
        return "removed"

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(remove, (demote, suspend, demote), admins))
    assert sorted(outcomes) == ["last_admin", "removed", "removed"]
    with db.read() as s:
        left = s.scalar(
            sa.select(sa.func.count())
            .select_from(Person)
            .join(PersonRole)
            .where(PersonRole.role == Role.ADMIN, Person.state == PersonState.ACTIVE)
        )
    assert left == 1


def test_the_last_administrator_may_still_be_edited(db: Database, admins: list[Person]) -> None:
    demote(db, admins[0])
    suspend(db, admins[1])
    with db.write() as s:
        service.edit_person(
            s,
            actor=SYSTEM,
            person_id=admins[2].id,
            version=1,
            name="Last",
            roles=[Role.ADMIN, Role.LEAD],
            state=PersonState.ACTIVE,
        )
    with db.read() as s:
        assert queries.cards(s, [admins[2].id])[admins[2].id].roles == [Role.LEAD, Role.ADMIN]


def shown(db: Database, person_id: UUID) -> Availability:
    with db.read() as s:
        return queries.card(s, SYSTEM, person_id).availability


def test_a_profile_changes_exactly_at_its_instant(db: Database, people: dict[Role, Person]) -> None:
    creator = people[Role.CREATOR].id
    with clock.held() as now:
        effective_at = now.at + timedelta(seconds=10)
        with db.write() as s:
            service.set_profile_availability(
                s,
                actor=SYSTEM,
                person_id=creator,
                availability=Availability.REMOVED,
                effective_at=effective_at,
            )
        now.advance(timedelta(seconds=10, microseconds=-1))
        assert shown(db, creator) is Availability.PUBLIC
        now.advance(timedelta(microseconds=1))
        assert shown(db, creator) is Availability.REMOVED
        with db.write() as s:
            assert service.fold_availability(s) == 1
            assert service.fold_availability(s) == 0
        assert shown(db, creator) is Availability.REMOVED
        now.advance(timedelta(days=-1))
        assert shown(db, creator) is Availability.REMOVED


def test_a_change_can_be_taken_back_until_its_instant(db: Database, people: dict[Role, Person]) -> None:
    creator = people[Role.CREATOR].id
    with clock.held() as now:

        def schedule() -> None:
            with db.write() as s:
                service.set_profile_availability(
                    s,
                    actor=SYSTEM,
                    person_id=creator,
                    availability=Availability.RESTRICTED,
                    effective_at=now.at + timedelta(seconds=10),
                )

        schedule()
        with db.write() as s:
            service.cancel_profile_availability(s, actor=SYSTEM, person_id=creator)
        now.advance(timedelta(seconds=20))
        assert shown(db, creator) is Availability.PUBLIC
        schedule()
        now.advance(timedelta(seconds=10))
        with pytest.raises(Conflict), db.write() as s:
            service.cancel_profile_availability(s, actor=SYSTEM, person_id=creator)
        assert shown(db, creator) is Availability.RESTRICTED


def test_a_second_change_starts_from_what_is_in_force(db: Database, people: dict[Role, Person]) -> None:
    creator = people[Role.CREATOR].id
    with clock.held() as now:
        for availability, seconds in ((Availability.REMOVED, 1), (Availability.PUBLIC, 60)):
            with db.write() as s:
                service.set_profile_availability(
                    s,
                    actor=SYSTEM,
                    person_id=creator,
                    availability=availability,
                    effective_at=now.at + timedelta(seconds=seconds),
                )
            now.advance(timedelta(seconds=5))
        assert shown(db, creator) is Availability.REMOVED
        now.advance(timedelta(seconds=60))
        assert shown(db, creator) is Availability.PUBLIC


def test_nobody_has_no_profile(db: Database) -> None:
    with pytest.raises(NotFound), db.write() as s:
        service.cancel_profile_availability(s, actor=SYSTEM, person_id=UUID(int=0))
    with db.read() as s:
        assert queries.cards(s, [UUID(int=0)]) == {}
        assert queries.cards(s, []) == {}
