"""Videos to be looked at, people who ask, and an engine that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.forensics import engine
from server.kit import jobs
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.settings import Settings
from tests.server.content.conftest import clip as clip
from tests.server.forensics.lab import Engine, Lab, acting


@pytest.fixture
def creator(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.CREATOR], Role.CREATOR)


@pytest.fixture
def lead(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.LEAD], Role.LEAD)


@pytest.fixture
def cleared(db: Database, keys: Keys) -> Actor:
    """A lead who may see the restricted class."""
    with db.write() as s:
        made = accounts.create_person(
            s, actor=SYSTEM, keys=keys, handle="cleared", name="C", roles=[Role.LEAD], cleared=True
        )
    return acting(made, Role.LEAD, cleared=True)


@pytest.fixture
def context(db: Database, settings: Settings, keys: Keys) -> Iterator[jobs.Context]:
    """Steps and workflows can be called as plain functions."""
    given = jobs.Context(db, settings, keys)
    with jobs.using(given):
        yield given


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine of this test."""
    made = Engine()
    monkeypatch.setattr(engine, "analyse", made.analyse)
    monkeypatch.setattr(engine, "versions", lambda kind, models: made.versions)
    return made


@pytest.fixture
def lab(db: Database, creator: Actor) -> Lab:
    return Lab(db, creator)
