"""A slot belongs to one living process; the work of a slot that nobody holds is taken over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.kit import job_slots
from server.kit.db import Database
from server.kit.job_slots import Slots
from tests.postgresql import Cluster

WAIT_S = 10


@pytest.fixture
def shared(postgresql: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(job_slots, "WATCH_S", 0.05)
    with postgresql.lent("template_studio") as url:
        db = Database(url, pool_size=8)
        yield db
        db.dispose()


def never() -> None:
    raise AssertionError("the slot was not lost")


def leave_work(db: Database, executor: str) -> None:
    with db.write() as s:
        s.execute(
            sa.text(
                "INSERT INTO dbos.workflow_status"
                " (workflow_uuid, status, executor_id, created_at, updated_at, priority)"
                " VALUES (:id, 'PENDING', :executor, 0, 0, 0)"
            ),
            {"id": str(uuid4()), "executor": executor},
        )


def kill_connections(db: Database) -> None:
    """What a restart of the database does to those who hold a lock."""
    with db.write() as s:
        s.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND classid = :locks AND pid <> pg_backend_pid()"
            ),
            {"locks": job_slots.LOCKS},
        )


def held(db: Database) -> list[int]:
    with db.read() as s:
        found = s.execute(
            sa.text("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks"),
            {"locks": job_slots.LOCKS},
        )
        return list(found.scalars())


def test_processes_get_different_slots_and_give_them_back(shared: Database) -> None:
    one, other = Slots(shared), Slots(shared)
    assert (one.mine, other.mine) == ("slot-1", "slot-2")
    one.release()
    third = Slots(shared)
    assert third.mine == "slot-1"
    for slots in (other, third):
        slots.release()


def test_only_the_work_of_free_slots_is_taken_over(shared: Database) -> None:
    alive, watching = Slots(shared), Slots(shared)
    for executor in (alive.mine, watching.mine, "slot-7", "local", "slot-x"):
        leave_work(shared, executor)
    taken: list[str] = []
    twice = threading.Event()

    def take_over(executor: str) -> None:
        taken.append(executor)
        if len(taken) == 2:
            twice.set()

    watching.watch(take_over, never)
    assert twice.wait(WAIT_S)
    alive.release()
    while alive.mine not in taken:
        assert len(taken) < 1000
    watching.stop_watching()
    watching.release()
    assert set(taken) == {"slot-7", alive.mine}
    assert taken[:2] == ["slot-7", "slot-7"]


def test_a_lost_connection_takes_the_same_slot_again(shared: Database) -> None:
    first, second = Slots(shared), Slots(shared)
    seen = threading.Event()
    leave_work(shared, "slot-9")
    kill_connections(shared)
    second.watch(lambda executor: seen.set(), never)
    assert seen.wait(WAIT_S)
    assert second.mine == "slot-2"
    assert held(shared) == [2]
    for slots in (first, second):
        slots.stop_watching()
        slots.release()


def test_a_database_that_is_away_for_a_while_costs_nobody_their_slot(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, back = 5, threading.Event()
    connect = shared.writer.connect

    def refused() -> sa.Connection:
        nonlocal away
        away -= 1
        if away > 0:
            raise sa.exc.OperationalError("connect", None, Exception("connection refused"))
        back.set()
        return connect()

    slots = Slots(shared)
    kill_connections(shared)
    leave_work(shared, "slot-9")
    monkeypatch.setattr(shared.writer, "connect", refused)
    swept = threading.Event()
    slots.watch(lambda executor: swept.set(), never)
    assert back.wait(WAIT_S)
    assert swept.wait(WAIT_S)
    monkeypatch.undo()
    assert held(shared) == [1]
    slots.stop_watching()
    slots.release()


def test_who_finds_the_slot_taken_says_so_and_watches_no_more(shared: Database) -> None:
    slots, lost = Slots(shared), threading.Event()
    kill_connections(shared)
    faster = Slots(shared)
    assert faster.mine == slots.mine
    slots.watch(lambda executor: None, lost.set)
    assert lost.wait(WAIT_S)
    slots.stop_watching()
    slots.release()
    assert held(shared) == [1]
    faster.release()


def test_when_every_slot_is_held_the_process_says_so(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_slots, "SLOTS", 1)
    only = Slots(shared)
    with pytest.raises(RuntimeError, match="no job slot is free"):
        Slots(shared)
    only.release()
