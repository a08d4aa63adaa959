"""Only a living session of an active person names an actor."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.accounts import queries, sessions
from server.accounts.models import Person, Session
from server.accounts.permissions import Role, permissions_of
from server.accounts.resolver import SEEN_EVERY, resolver
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from tests.server.conftest import SignIn


def token_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


def test_a_token_names_its_person_with_roles_and_permissions(
    db: Database, keys: Keys, people: dict[Role, Person], sign_in: SignIn
) -> None:
    actor = resolver(db, keys)(token_of(sign_in(Role.LEAD)))
    assert actor is not None
    assert (actor.person, actor.handle) == (people[Role.LEAD].id, "lead")
    assert actor.permissions == permissions_of(frozenset({Role.LEAD}), cleared=False)
    assert actor.stepped_up_until is None


@pytest.mark.parametrize("token", ["", "cst_", "cst_" + "x" * 5000, "Bearer", "cst_é\x00"])
def test_a_token_never_given_out_names_nobody(db: Database, keys: Keys, token: str) -> None:
    assert resolver(db, keys)(token) is None


def test_a_session_ends_when_idle_and_at_the_latest_after_thirty_days(
    db: Database, keys: Keys, sign_in: SignIn
) -> None:
    resolve = resolver(db, keys)
    with clock.held() as now:
        idle, used = token_of(sign_in(Role.FAN)), token_of(sign_in(Role.FAN))
        now.advance(sessions.IDLE - timedelta(seconds=1))
        assert resolve(used)
        now.advance(timedelta(seconds=1))
        assert resolve(idle) is None
        assert resolve(used)
        end = now.at + sessions.LONGEST - sessions.IDLE
        while now.advance(timedelta(hours=11)) < end:
            assert resolve(used)
        assert resolve(used) is None


def test_use_is_written_at_most_once_a_minute(db: Database, keys: Keys, sign_in: SignIn) -> None:
    resolve = resolver(db, keys)
    writes = []
    with clock.held() as now:
        token = token_of(sign_in(Role.FAN))
        sa.event.listen(
            db.writer,
            "after_cursor_execute",
            lambda c, cursor, statement, *_: writes.append(statement) if "UPDATE" in statement else None,
        )
        for _ in range(50):
            now.advance(SEEN_EVERY / 25)
            assert resolve(token)
    assert len(writes) == 2


def test_a_token_is_resolved_by_one_read_that_uses_the_index(
    db: Database, keys: Keys, sign_in: SignIn
) -> None:
    token = token_of(sign_in(Role.ADMIN))
    reads: list[str] = []
    sa.event.listen(
        db.looker,
        "after_cursor_execute",
        lambda c, cursor, statement, *_: reads.append(statement) if "SELECT" in statement else None,
    )
    resolver(db, keys)(token)
    assert len(reads) == 1
    if db.sqlite:
        with db.looker.connect() as c:
            plan = "\n".join(
                row[3] for row in c.exec_driver_sql("EXPLAIN QUERY PLAN " + reads[0], (b"",) * 4)
            )
        assert "SCAN" not in plan


@pytest.mark.parametrize("state", [PersonState.SUSPENDED, PersonState.CLOSED])
def test_only_active_people_are_anybody(
    db: Database, keys: Keys, people: dict[Role, Person], sign_in: SignIn, state: PersonState
) -> None:
    token = token_of(sign_in(Role.FAN))
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id == people[Role.FAN].id).values(state=state))
    assert resolver(db, keys)(token) is None


def test_the_token_itself_is_not_in_the_database(db: Database, keys: Keys, sign_in: SignIn) -> None:
    token = token_of(sign_in(Role.FAN))
    with db.read() as s:
        stored = s.scalars(sa.select(Session)).one()
    kept = [getattr(stored, column.key) for column in sa.inspect(Session).columns]
    assert token not in map(str, kept)
    assert token.encode() not in [value for value in kept if isinstance(value, bytes)]
    assert stored.token_hash == keys.token_hash(token)


def test_a_look_that_nobody_made_keeps_no_session_alive(db: Database, keys: Keys, sign_in: SignIn) -> None:
    peek = resolver(db, keys, in_use=False)
    with clock.held() as now:
        token = token_of(sign_in(Role.FAN))
        end = now.at + sessions.IDLE
        while now.advance(timedelta(minutes=50)) < end:
            assert peek(token)
        assert peek(token) is None


def test_only_so_many_devices_are_listed(
    db: Database, people: dict[Role, Person], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "DEVICES", 2)
    for _ in range(3):
        sign_in(Role.FAN)
    with db.read() as s:
        assert len(queries.devices(s, Actor(kind="person", id=people[Role.FAN].id))) == 2
