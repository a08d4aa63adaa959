"""An admin, and a catalogue whose judge says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.kit import jobs
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.settings import Settings
from server.sparks import judging
from tests.server.forensics.lab import acting
from tests.server.sparks.studio import Studio


@pytest.fixture
def admin(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.ADMIN], Role.ADMIN)


@pytest.fixture
def context(db: Database, settings: Settings, keys: Keys) -> Iterator[jobs.Context]:
    """Steps and workflows can be called as plain functions."""
    given = jobs.Context(db, settings, keys)
    with jobs.using(given):
        yield given


@pytest.fixture
def studio(db: Database, admin: Actor, context: jobs.Context, monkeypatch: pytest.MonkeyPatch) -> Studio:
    made = Studio(db, admin)
    monkeypatch.setattr(judging, "judge", made.judge)
    return made
