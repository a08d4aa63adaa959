"""Eight processes on one queue: no item twice, no stale decision, none lost when a process is killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from benchmarks.queue_rows import add_items
from server.accounts.permissions import Role
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Busy
from server.moderation import service, sweeps
from server.moderation.models import Decision, Item
from server.moderation.rules import ItemState, Outcome
from server.moderation.schemas import NewDecision
from tests.server.moderation.conftest import GRACE_S, LEASE_S, NewPerson

ROWS = 100_000
PROCESSES = 8
EACH = 500
NAIVE = 60

pytestmark = pytest.mark.crash


def until_free(db: Database, do: Any) -> Any:
    """Run one write, again while the one writer of SQLite is taken for long."""
    while True:
        try:
            with db.write() as s:
                return do(s)
        except Busy:
            continue


def work(url: str, actor: Actor, log: Path, rounds: int, in_the_middle: Any) -> None:
    """Claim and decide; each claim is noted after its commit and before its decision."""
    db = Database(url, pool_size=1)
    with log.open("a") as out:
        for n in range(rounds):
            if n == rounds // 4:
                in_the_middle.set()
            claim = until_free(db, lambda s: service.claim_next(s, actor=actor, lease_s=LEASE_S))
            out.write(f"{claim.item_id} {claim.claim_token}\n")
            out.flush()
            body = NewDecision(claim_token=claim.claim_token, outcome=Outcome.ALLOW)
            item_id = claim.item_id
            until_free(
                db,
                lambda s, item_id=item_id, body=body: service.decide(
                    s, actor=actor, item_id=item_id, body=body, grace_s=GRACE_S
                ),
            )
    db.dispose()


def work_naively(url: str, actor: Actor, log: Path, rounds: int, in_the_middle: Any) -> None:
    """What a claim must not be: look for the next item, then mark it in a second transaction."""
    db = Database(url, pool_size=1)
    with log.open("a") as out:
        for _ in range(rounds):
            with db.read() as s:
                item_id = s.execute(
                    sa.select(Item.id)
                    .where(Item.queue_id == "general", Item.state == ItemState.PENDING)
                    .order_by(Item.priority.desc(), Item.due_at, Item.id)
                    .limit(1)
                ).scalar_one()
            taken = (
                sa.update(Item.__table__)  # type: ignore[arg-type]
                .where(Item.id == item_id)
                .values(state=ItemState.CLAIMED, claimed_by=actor.person)
            )
            until_free(db, lambda s, taken=taken: s.execute(taken))
            out.write(f"{item_id} 0\n")
            out.flush()
    db.dispose()


def run(target: Any, url: str, actors: list[Actor], logs: Path, rounds: int, *, kill: bool = False) -> int:
    """Run one process an actor, all together; answers how many ended in failure (-9 for the killed one)."""
    fork = multiprocessing.get_context("fork")
    middles = [fork.Event() for _ in actors]
    processes = [
        fork.Process(target=target, args=(url, actor, logs / actor.handle, rounds, middle))
        for actor, middle in zip(actors, middles, strict=True)
    ]
    for process in processes:
        process.start()
    if kill:
        victim = random.randrange(len(processes))
        assert middles[victim].wait(timeout=120)
        os.kill(processes[victim].pid or 0, signal.SIGKILL)
    for process in processes:
        process.join()
    return sum(process.exitcode != 0 for process in processes)


def claims(logs: Path) -> list[tuple[UUID, int]]:
    """What the processes noted; a killed one may have left half a line."""
    lines = [line.split() for log in logs.iterdir() for line in log.read_text().splitlines()]
    return [(UUID(line[0]), int(line[1])) for line in lines if len(line) == 2]


def test_eight_processes_share_one_queue(
    database_url: str, db: Database, installed: None, person: NewPerson, tmp_path: Path
) -> None:
    actors = [person(Role.MODERATOR) for _ in range(PROCESSES)]
    with db.writer.begin() as c:
        add_items(c, 1, ROWS)
    db.dispose()

    naive = tmp_path / "naive"
    naive.mkdir()
    assert run(work_naively, database_url, actors, naive, NAIVE) == 0
    doubles = [n for n in Counter(item for item, _ in claims(naive)).values() if n > 1]
    assert doubles, "the naive claim must fail, or this test could not"
    with db.write() as s:
        taken = sa.update(Item).where(Item.state == ItemState.CLAIMED)
        s.execute(taken.values(state=ItemState.PENDING, claimed_by=None))
    db.dispose()

    fenced = tmp_path / "fenced"
    fenced.mkdir()
    assert run(work, database_url, actors, fenced, EACH, kill=True) == 1
    noted = claims(fenced)
    assert len(set(noted)) == len(noted) >= (PROCESSES - 1) * EACH
    with db.read() as s:
        decided = s.execute(
            sa.select(Decision.item_id, Decision.claim_token, Item.claim_token).join(Item)
        ).all()
        states = Counter(s.scalars(sa.select(Item.state)))
    assert len({row[0] for row in decided}) == len(decided)
    assert all(row[1] == row[2] for row in decided)
    assert {(row[0], row[1]) for row in decided} <= set(noted)
    assert len(noted) - len(decided) <= 1
    assert states[ItemState.DECIDED] == len(decided)
    assert sum(states.values()) == ROWS

    with clock.held(clock.now() + timedelta(seconds=LEASE_S)), db.write() as s:
        sweeps.lapse_claims(s)
    with db.read() as s:
        left = Counter(s.scalars(sa.select(Item.state)))
    assert left == {ItemState.DECIDED: len(decided), ItemState.PENDING: ROWS - len(decided)}
