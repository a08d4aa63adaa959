"""The moderation queue: pages over HTTP, claims and decisions of eight at once, and how both grow."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from benchmarks import databases
from benchmarks.databases import at, settle
from benchmarks.queue_rows import add_flags, add_items
from server.accounts.permissions import Role
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Busy, Conflict
from server.moderation import service
from server.moderation.models import Decision, Item
from server.moderation.rules import ItemState, Outcome
from server.moderation.schemas import NewDecision
from tests.server.crash.place import Place, signed_in

ROWS = {"small": 30_000, "full": 1_000_000}
PAGES = {"small": 150, "full": 500}
EACH = {"small": 40, "full": 500}
WORKERS = 8
WARM_UP = 5
"""Rounds that each worker makes first, unmeasured: it connects and compiles its statements in them."""
HISTORY = 50
"""Rounds of each worker before: PostgreSQL plans for empty tables until it has seen that they are not."""
LEASE_S, GRACE_S = 600, 10


def run(scale: Literal["small", "full"], database: Literal["sqlite", "postgresql"]) -> dict[str, Any]:
    """Measure at a tenth of the rows and at all of them; times are wall-clock ms on this machine."""
    rows = ROWS[scale]
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.place(database, Path(folder)) as place,
        place.opened() as (db, keys),
    ):
        with db.write() as s:
            service.install(s)
            staff = [signed_in(s, keys, f"bench{n}", Role.MODERATOR) for n in range(WORKERS)]
        actors, headers = [actor for actor, _ in staff], staff[0][1]
        _fill(db, 1, rows // 10)
        few = _pages(place, headers, PAGES[scale])
        _fill(db, rows // 10 + 1, rows)
        many = _pages(place, headers, PAGES[scale])
        naive = _together(db, actors, _naive, 25)
        with db.write() as s:
            s.execute(sa.update(Item).where(Item.state != ItemState.PENDING).values(state=ItemState.PENDING))
        _together(db, actors, _work, HISTORY)
        settle(db)
        began = time.perf_counter()
        shares = _together(db, actors, _work, EACH[scale])
        spent = time.perf_counter() - began
        claims = sorted(ms for share in shares for ms in share.claims_ms)
        decided = sorted(ms for share in shares for ms in share.decisions_ms)
        doubles = _doubles(shares)
        stale = _stale(db) + sum(share.lost for share in shares)
    return {
        "database": database,
        "rows": rows,
        "workers": WORKERS,
        "page_p50_ms": _round(at(many, 0.5)),
        "page_p99_ms": _round(at(many, 0.99)),
        "page_max_ms": _round(many[-1]),
        "claim_p50_ms": _round(at(claims, 0.5)),
        "claim_p99_ms": _round(at(claims, 0.99)),
        "claim_max_ms": _round(claims[-1]),
        "decide_p99_ms": _round(at(decided, 0.99)),
        "decide_max_ms": _round(decided[-1]),
        "claims_per_s": round(sum(len(share.items) for share in shares) / spent, 1),
        "double_claims": doubles,
        "stale_decisions": stale,
        "naive_double_claims": _doubles(naive),
        "growth_10x": round(at(many, 0.5) / at(few, 0.5), 3),
    }


def _fill(db: Database, first: int, last: int) -> None:
    began = time.perf_counter()
    with db.writer.begin() as connection:
        add_items(connection, first, last)
        add_flags(connection)
    settle(db)
    print(f"{last} rows, {time.perf_counter() - began:.1f} s for the last part", file=sys.stderr)


def _pages(place: Place, headers: dict[str, str], count: int) -> list[float]:
    """Read the first page and then ever deeper ones from a server of its own; sorted ms of each."""
    spent: list[float] = []
    with place.server() as server:
        server.start()
        with server.client(headers) as client:
            cursor: str | None = None
            for n in range(count + 10):
                given = {"limit": 50} | ({"cursor": cursor} if cursor else {})
                began = time.perf_counter()
                answer = client.get("/v1/moderation/items", params=given)
                if n >= 10:
                    spent.append((time.perf_counter() - began) * 1000)
                cursor = None if n % 50 == 49 else answer.raise_for_status().json()["next_cursor"]
        server.stop()
    return sorted(spent)


@dataclass
class Share:
    """What one worker did: the items it claimed, the ms of each step, decisions refused as stale."""

    items: list[UUID]
    claims_ms: list[float]
    decisions_ms: list[float]
    lost: int = 0


def _until_free(db: Database, do: Callable[[Any], Any]) -> Any:
    while True:
        try:
            with db.write() as s:
                return do(s)
        except Busy:
            continue


def _work(db: Database, actor: Actor, rounds: int) -> Share:
    share = Share([], [], [])
    for n in range(WARM_UP + rounds):
        began = time.perf_counter()
        claim = _until_free(db, lambda s: service.claim_next(s, actor=actor, lease_s=LEASE_S))
        claimed = time.perf_counter()
        share.items.append(claim.item_id)
        body = NewDecision(claim_token=claim.claim_token, outcome=Outcome.ALLOW)
        try:
            _until_free(db, _decision(actor, claim.item_id, body))
        except Conflict:
            share.lost += 1
        if n >= WARM_UP:
            share.claims_ms.append((claimed - began) * 1000)
            share.decisions_ms.append((time.perf_counter() - claimed) * 1000)
    return share


def _decision(actor: Actor, item_id: UUID, body: NewDecision) -> Callable[[Any], Any]:
    return lambda s: service.decide(s, actor=actor, item_id=item_id, body=body, grace_s=GRACE_S)


def _execution(statement: sa.Update) -> Callable[[Any], Any]:
    return lambda s: s.execute(statement)


def _naive(db: Database, actor: Actor, rounds: int) -> Share:
    """The peer: look for the next item, then mark it in a second transaction."""
    share = Share([], [], [])
    order = (Item.priority.desc(), Item.due_at, Item.id)
    waiting = sa.select(Item.id).where(Item.queue_id == "general", Item.state == ItemState.PENDING)
    first = waiting.order_by(*order).limit(1)
    for _ in range(rounds):
        with db.read() as s:
            item_id = s.execute(first).scalar_one()
        mark = sa.update(Item).where(Item.id == item_id).values(state=ItemState.CLAIMED)
        _until_free(db, _execution(mark))
        share.items.append(item_id)
    return share


def _together(
    db: Database,
    actors: list[Actor],
    work: Callable[[Database, Actor, int], Share],
    rounds: int,
) -> list[Share]:
    """Eight at once: threads of this process on SQLite, processes of their own on PostgreSQL."""
    gc.freeze()  # as the server does once it is loaded
    if db.sqlite:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(lambda actor: work(db, actor, rounds), actors))
    db.dispose()
    with multiprocessing.get_context("fork").Pool(WORKERS) as processes:
        return processes.starmap(_alone, [(db.url, actor, work, rounds) for actor in actors], chunksize=1)


def _alone(url: str, actor: Actor, work: Callable[[Database, Actor, int], Share], rounds: int) -> Share:
    db = Database(url, pool_size=1)
    try:
        return work(db, actor, rounds)
    finally:
        db.dispose()


def _doubles(shares: list[Share]) -> int:
    times = Counter(item for share in shares for item in share.items)
    return sum(count - 1 for count in times.values())


def _stale(db: Database) -> int:
    """Decisions whose token is not the one under which the item was decided."""
    wrong = (
        sa.select(sa.func.count())
        .select_from(Decision)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.claim_token != Item.claim_token)
    )
    with db.read() as s:
        return int(s.execute(wrong).scalar_one())


def _round(ms: float) -> float:
    return round(ms, 2)
