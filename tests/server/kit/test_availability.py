"""Python and SQL agree on what is in force at every instant."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from server.accounts import service
from server.accounts.models import Person
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.availability import in_force_sql
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.wire import Availability


@pytest.mark.parametrize("offset", [-1, 0, 1, None])
def test_both_say_the_same(db: Database, keys: Keys, offset: int | None) -> None:
    with clock.held() as now:
        shown = in_force_sql(Person.availability, Person.next_availability, Person.next_availability_at)
        at = None if offset is None else now.at + timedelta(microseconds=offset)
        for n, (current, following) in enumerate(product(Availability, [None, *Availability])):
            with db.write() as s:
                person = service.create_person(s, actor=SYSTEM, keys=keys, handle=f"p{n}", name="P")
                person.availability = current
                person.next_availability = following
                person.next_availability_at = at
        with db.read() as s:
            rows = s.execute(sa.select(Person, shown)).all()
    assert len(rows) == 12
    for person, said in rows:
        comes = person.next_availability is not None and offset is not None and offset <= 0
        assert said == (person.next_availability if comes else person.availability)
        with clock.held(now.at):
            assert person.available == said
