"""The life of sessions against a model: whatever the order of events, only living sessions open doors."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from server.accounts import lockout, passwords, queries, service, sessions
from server.accounts.permissions import Role, permissions_of
from server.accounts.resolver import SEEN_EVERY, resolver
from server.accounts.schemas import PersonState
from server.accounts.sign_in import BadCredentials, sign_in
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Forbidden, NotFound
from tests.postgresql import Cluster

OpenDatabase = Callable[[], tuple[Database, Callable[[], None]]]
"""A fresh database and what closes it."""

DEVICES = [UUID(int=n) for n in range(3)]
PEOPLE = ["ann", "bob"]
SPANS = [
    timedelta(seconds=30),
    lockout.FIRST,
    timedelta(minutes=7),
    timedelta(hours=1),
    timedelta(hours=11, minutes=58),
    sessions.IDLE,
    lockout.FORGOTTEN_AFTER + timedelta(seconds=1),
    timedelta(days=10),
]


@dataclass
class Guesses:
    """What the model knows of the guesses at one address, from a known device or from all others."""

    failures: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None


@dataclass
class ModelPerson:
    """What the model knows of a person."""

    id: UUID
    role: Role = Role.FAN
    state: PersonState = PersonState.ACTIVE
    version: int = 1


@dataclass
class ModelSession:
    """What the model knows of a session; `seen` may lag behind the last use by a minute."""

    person: ModelPerson
    device: UUID
    expires: datetime
    seen: datetime
    ended: bool = False
    stepped_up_until: datetime | None = field(default=None)

    def alive(self, now: datetime) -> bool:
        return (
            not self.ended
            and now < self.expires
            and now < self.seen + sessions.IDLE
            and self.person.state is PersonState.ACTIVE
        )


class SessionLife(RuleBasedStateMachine):
    """Signs in, uses, waits, revokes, suspends and changes roles at random."""

    tokens = Bundle("tokens")
    open_database: OpenDatabase
    keys: Keys

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.now = self.stack.enter_context(clock.held())
        self.stack.enter_context(
            patch.object(passwords, "verify", lambda said, against: (said == against, None))
        )
        self.db, close = type(self).open_database()
        self.stack.callback(close)
        self.resolve = resolver(self.db, self.keys)
        self.people: dict[str, ModelPerson] = {}
        self.sessions: dict[str, ModelSession] = {}
        self.guesses: dict[tuple[str, UUID | None], Guesses] = defaultdict(Guesses)
        for name in PEOPLE:
            with self.db.write() as s:
                made = service.create_person(
                    s,
                    actor=SYSTEM,
                    keys=self.keys,
                    handle=name,
                    name=name,
                    email=f"{name}@demo.local",
                    password_hash="right",
                    roles=[Role.FAN],
                )
            self.people[name] = ModelPerson(made.id)

    def teardown(self) -> None:
        self.stack.close()

    def _attempt(self, name: str, password: str, device: UUID) -> str:
        opened = sign_in(
            self.db,
            self.keys,
            email=f"{name}@demo.local",
            password=password,
            device_id=device,
            device_name="d",
            network=str(uuid4()),
        )
        return opened.token

    def _refuse_while_locked(self, name: str, password: str, device: UUID) -> None:
        until = self.guesses[self._key(name, device)].locked_until
        assert until is not None
        with pytest.raises(lockout.LockedOut) as locked:
            self._attempt(name, password, device)
        assert locked.value.retry_after_s == (until - self.now.at).total_seconds()

    def _key(self, name: str, device: UUID) -> tuple[str, UUID | None]:
        """Under what guesses are counted: a device is known while a session on it is remembered."""
        with self.db.read() as s:
            known = queries.is_known_device(s, self.keys.lookup("email", f"{name}@demo.local"), device)
        return name, device if known else None

    def _guess(self, key: tuple[str, UUID | None]) -> bool:
        """Charge a guess in the model; False while locked."""
        now, counted = self.now.at, self.guesses[key]
        if counted.locked_until is not None and now < counted.locked_until:
            return False
        if counted.last_at is not None and now > counted.last_at + lockout.FORGOTTEN_AFTER:
            counted.failures = 0
        counted.failures += 1
        counted.last_at = now
        over = counted.failures - lockout.PER_PERSON
        counted.locked_until = now + min(lockout.FIRST * 2**over, lockout.LONGEST) if over >= 0 else None
        return True

    @rule(target=tokens, name=st.sampled_from(PEOPLE), device=st.sampled_from(DEVICES))
    def sign_in(self, name: str, device: UUID) -> Any:
        person, key = self.people[name], self._key(name, device)
        if not self._guess(key):
            self._refuse_while_locked(name, "right", device)
            return multiple()
        del self.guesses[key]
        if person.state is not PersonState.ACTIVE:
            with pytest.raises(Forbidden, match="cannot sign in"):
                self._attempt(name, "right", device)
            return multiple()
        token = self._attempt(name, "right", device)
        for session in self.sessions.values():
            if session.person is person and session.device == device:
                session.ended = True
        self.sessions[token] = ModelSession(person, device, self.now.at + sessions.LONGEST, self.now.at)
        return token

    @rule(name=st.sampled_from(PEOPLE), device=st.sampled_from(DEVICES), times=st.integers(1, 7))
    def guess_wrong(self, name: str, device: UUID, times: int) -> None:
        for _ in range(times):
            if self._guess(self._key(name, device)):
                with pytest.raises(BadCredentials):
                    self._attempt(name, "wrong", device)
            else:
                self._refuse_while_locked(name, "wrong", device)

    @rule(name=st.sampled_from(PEOPLE), device=st.sampled_from(DEVICES))
    def wait_for_the_lock(self, name: str, device: UUID) -> None:
        until = self.guesses[self._key(name, device)].locked_until
        if until is not None and until > self.now.at:
            self.now.advance(until - self.now.at)

    @rule(token=tokens)
    def use(self, token: str) -> None:
        session = self.sessions[token]
        alive = session.alive(self.now.at)
        actor = self.resolve(token)
        assert (actor is not None) == alive
        if actor is None:
            return
        if self.now.at - session.seen >= SEEN_EVERY:
            session.seen = self.now.at
        assert actor.person == session.person.id
        assert actor.roles == {session.person.role}
        assert actor.permissions == permissions_of(frozenset({session.person.role}), cleared=False)
        assert actor.stepped_up_until == session.stepped_up_until

    @rule(token=tokens)
    def step_up(self, token: str) -> None:
        actor = self._actor(token)
        if actor is not None and actor.session_id is not None:
            with self.db.write() as s:
                sessions.step_up(s, session_id=actor.session_id)
            self.sessions[token].stepped_up_until = self.now.at + sessions.STEP_UP

    @rule(token=consumes(tokens))
    def sign_out(self, token: str) -> None:
        actor = self._actor(token)
        if actor is None or actor.session_id is None:
            return
        with self.db.write() as s:
            sessions.close_session(s, actor=actor, session_id=actor.session_id)
        self.sessions[token].ended = True
        with pytest.raises(NotFound), self.db.write() as s:
            sessions.close_session(s, actor=actor, session_id=actor.session_id)

    @rule(name=st.sampled_from(PEOPLE), state=st.sampled_from(PersonState))
    def set_state(self, name: str, state: PersonState) -> None:
        self._edit(self.people[name], state=state)

    @rule(name=st.sampled_from(PEOPLE), role=st.sampled_from(Role))
    def set_role(self, name: str, role: Role) -> None:
        self._edit(self.people[name], role=role)

    @rule(span=st.sampled_from(SPANS))
    def wait(self, span: timedelta) -> None:
        self.now.advance(span)

    @rule()
    def sweep(self) -> None:
        with self.db.write() as s:
            sessions.forget_old(s)
            lockout.forget_old(s)

    @invariant()
    def every_dead_token_stays_dead(self) -> None:
        for token, session in getattr(self, "sessions", {}).items():
            if not session.alive(self.now.at):
                assert self.resolve(token) is None

    def _actor(self, token: str) -> Actor | None:
        self.use(token)
        return self.resolve(token) if self.sessions[token].alive(self.now.at) else None

    def _edit(
        self, person: ModelPerson, *, role: Role | None = None, state: PersonState | None = None
    ) -> None:
        role_after, state_after = role or person.role, state or person.state
        if (role_after, state_after) != (person.role, person.state):
            lonely_admin = person.role is Role.ADMIN and person.state is PersonState.ACTIVE
            others = any(
                other is not person and other.role is Role.ADMIN and other.state is PersonState.ACTIVE
                for other in self.people.values()
            )
            stays = role_after is Role.ADMIN and state_after is PersonState.ACTIVE
            if lonely_admin and not others and not stays:
                return
            for session in self.sessions.values():
                session.ended = session.ended or session.person is person
        with self.db.write() as s:
            edited = service.edit_person(
                s,
                actor=SYSTEM,
                person_id=person.id,
                version=person.version,
                roles=[role_after],
                state=state_after,
            )
        person.role, person.state, person.version = role_after, state_after, edited.version


COMMON = settings(
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_on_sqlite(sqlite_template: Path, keys: Keys) -> None:
    def open_database() -> tuple[Database, Callable[[], None]]:
        folder = tempfile.TemporaryDirectory()
        path = Path(folder.name) / "studio.sqlite"
        shutil.copyfile(sqlite_template, path)
        db = Database(f"sqlite:///{path}")

        def close() -> None:
            db.dispose()
            folder.cleanup()

        return db, close

    run_state_machine_as_test(_machine(open_database, keys), settings=settings(COMMON, max_examples=15))


def test_on_postgresql(postgresql: Cluster, keys: Keys) -> None:
    def open_database() -> tuple[Database, Callable[[], None]]:
        lent = ExitStack()
        db = Database(lent.enter_context(postgresql.lent("template_studio")), pool_size=2)
        lent.callback(db.dispose)
        return db, lent.close

    run_state_machine_as_test(_machine(open_database, keys), settings=settings(COMMON, max_examples=6))


def _machine(open_database: OpenDatabase, keys: Keys) -> type[SessionLife]:
    members = {"open_database": staticmethod(open_database), "keys": keys}
    return type("SessionLifeHere", (SessionLife,), members)
