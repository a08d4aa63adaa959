"""A request sent twice happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict
from server.kit.events import Event
from server.kit.idempotency import once


class Body(BaseModel):
    n: int


class Answer(BaseModel):
    id: int


ACTOR = Actor(kind="person", id=uuid4(), handle="ana")


def create(db: Database, key: str | None, n: int = 1, actor: Actor = ACTOR) -> Answer:
    with db.write() as s:

        def do() -> Answer:
            event = Event(topic="t", subject=str(n), payload={})
            s.add(event)
            s.flush()
            return Answer(id=event.id)

        return once(s, actor, key, "POST things", Body(n=n), do, Answer)


def made(db: Database) -> int:
    with db.read() as s:
        return s.scalar(sa.select(sa.func.count()).select_from(Event)) or 0


def test_the_second_time_gives_the_first_answer(db: Database) -> None:
    assert create(db, "key-00001") == create(db, "key-00001")
    assert made(db) == 1


def test_without_a_key_each_request_counts(db: Database) -> None:
    assert create(db, None) != create(db, None)


def test_a_key_belongs_to_one_body_and_one_actor(db: Database) -> None:
    create(db, "key-00001", 1)
    with pytest.raises(Conflict) as caught:
        create(db, "key-00001", 2)
    assert caught.value.code == "idempotency_key_reused"
    create(db, "key-00001", 1, Actor(kind="person", id=uuid4(), handle="ben"))
    assert made(db) == 2


def test_a_storm_of_retries_creates_one(db: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: create(db, "key-00001").id, range(16)))
    assert len(answers) == 1
    assert made(db) == 1


def test_a_failed_first_try_leaves_the_key_free(db: Database) -> None:
    def fail() -> None:
        with db.write() as s:
            once(s, ACTOR, "key-00001", "POST things", Body(n=1), lambda: Answer(id=1), Answer)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert create(db, "key-00001").id
    assert made(db) == 1
