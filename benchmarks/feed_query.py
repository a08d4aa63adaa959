"""The feed over HTTP: pages of new, ordinary and heavy viewers, at its beginning and deep down."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

import httpx
import sqlalchemy as sa

from benchmarks.databases import at, place, settle
from benchmarks.feed_query_rows import AGE, Size, Viewer, World, fill
from server.accounts.permissions import Role
from server.content import feed, feed_walks
from server.content.models import FEEDABLE, Follow, Playback, Video
from server.content.rules import FOLLOWS_MAX, FRESH
from server.kit import clock, paging
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.wire import Availability
from tests.server.crash.place import Place, signed_in

SIZES = {
    "small": Size(videos=30_000, views=300_000, people=3_000, makers=1_500),
    "full": Size(videos=1_000_000, views=10_000_000, people=40_000, makers=10_000),
}
PEOPLE = 4
"""Viewers of each kind, in turn, so that nobody's rows are always the last ones read."""
ROUNDS = {"small": 3, "full": 30}
"""Rounds of each viewer: the first page, some that follow it, and some deep down."""
FOLLOWING, DEEP = 5, 5
WARM_UP = 10
NAIVE = 3

NEWEST = 1_200
"""More videos than a walk looks at for one page."""


def kinds(size: Size) -> dict[str, dict[str, Any]]:
    """What the viewers of each kind do. `heavy` follows those who publish most, `caught_up` has watched all
    that are new, `devoted` does both, `maker` made many of them."""
    greatest = {"follows": FOLLOWS_MAX, "the_greatest": True}
    return {
        "new": {},
        "typical": {"follows": 20, "watched": 300, "among": size.videos // 10},
        "heavy": {**greatest, "watched": size.videos // 20, "among": size.videos // 3},
        "caught_up": {"watched": NEWEST, "among": NEWEST},
        "devoted": {**greatest, "watched": NEWEST, "among": NEWEST},
        "maker": {"follows": 200, "watched": 2_000, "among": size.videos // 10, "makes": True},
    }


Headers = dict[str, str]


class Somebody(NamedTuple):
    """A viewer, and how they are known inside a server and over HTTP."""

    viewer: Viewer
    actor: Actor
    headers: Headers


@dataclass
class Spent:
    """Ms of each page, by where it was, and how many videos the pages had; `query` without HTTP around it."""

    first: list[float]
    following: list[float]
    deep: list[float]
    query: list[float] = field(default_factory=list)
    items: int = 0

    def report(self) -> dict[str, float]:
        every = sorted(self.first + self.following + self.deep)
        first, deep = (at(sorted(some), 0.5) for some in (self.first, self.deep))
        return {
            "pages": len(every),
            "query_p50_ms": round(at(sorted(self.query), 0.5), 2),
            "query_p99_ms": round(at(sorted(self.query), 0.99), 2),
            "items_per_page": round(self.items / len(every), 1),
            "p50_ms": round(at(every, 0.5), 2),
            "p99_ms": round(at(every, 0.99), 2),
            "max_ms": round(every[-1], 2),
            "first_p50_ms": round(first, 2),
            "first_p99_ms": round(at(sorted(self.first), 0.99), 2),
            "deep_p50_ms": round(deep, 2),
            "deep_p99_ms": round(at(sorted(self.deep), 0.99), 2),
            "growth": round(deep / first, 3),
        }


def run(scale: Literal["small", "full"], database: Literal["sqlite", "postgresql"]) -> dict[str, Any]:
    """Measure each kind of viewer; times are wall-clock ms on this machine, `growth` is deep by first."""
    with (
        tempfile.TemporaryDirectory() as folder,
        place(database, Path(folder)) as where,
        where.opened() as (db, keys),
    ):
        began = time.perf_counter()
        size = SIZES[scale]
        viewers = people(db, keys, size)
        fill(db, World(size, [each.viewer for some in viewers.values() for each in some], clock.now()))
        settle(db)
        print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        found = measured(where, viewers, ROUNDS[scale])
        naive = sorted(_naive(db, viewers["typical"][0].viewer) for _ in range(NAIVE))
    reports = {kind: spent.report() for kind, spent in found.items()}
    return {
        "database": database,
        "videos": size.videos,
        "views": size.views,
        "query_p99_ms": max(each["query_p99_ms"] for each in reports.values()),
        "p99_ms": max(each["p99_ms"] for each in reports.values()),
        "max_ms": max(each["max_ms"] for each in reports.values()),
        "growth": max(each["growth"] for each in reports.values()),
        "naive_p50_ms": round(at(naive, 0.5), 1),
        "kinds": reports,
    }


def people(db: Database, keys: Keys, size: Size) -> dict[str, list[Somebody]]:
    """The viewers of each kind, signed in; what they do is not written yet."""
    made: dict[str, list[Somebody]] = {}
    for kind, given in kinds(size).items():
        made[kind] = []
        for n in range(PEOPLE):
            role = Role.CREATOR if given.get("makes") else Role.FAN
            with db.write() as s:
                actor, headers = signed_in(s, keys, f"{kind}{n}", role)
            made[kind].append(Somebody(Viewer(actor.person, **given), actor, headers))
    return made


def measured(where: Place, viewers: Mapping[str, list[Somebody]], rounds: int) -> dict[str, Spent]:
    """Read pages from a server in a process of its own, one at a time; then the same here, without it."""
    found = {kind: Spent([], [], []) for kind in viewers}
    with where.opened() as (db, _):
        with where.server() as server:
            server.start()
            with server.client() as client:
                for kind in viewers:
                    for _ in range(WARM_UP):
                        _page(client, viewers[kind][0].headers, None)
                for who, spent, deep in _in_turn(db, viewers, found, rounds):
                    _round(client, who.headers, spent, deep)
            server.stop()
        for who, spent, deep in _in_turn(db, viewers, found, rounds):
            _query(db, who.actor, spent, None)
            _query(db, who.actor, spent, deep)
    return found


def _in_turn(
    db: Database, viewers: Mapping[str, list[Somebody]], found: Mapping[str, Spent], rounds: int
) -> Iterator[tuple[Somebody, Spent, str]]:
    random = Random(3)
    for n in range(rounds * PEOPLE):
        for kind, spent in found.items():
            yield viewers[kind][n % PEOPLE], spent, _deep_down(db, random)


def _round(client: httpx.Client, headers: Headers, spent: Spent, deep: str) -> None:
    for start, count, begins in ((None, 1 + FOLLOWING, spent.first), (deep, DEEP, spent.deep)):
        cursor, into = start, begins
        for _ in range(count):
            ms, answer = _page(client, headers, cursor)
            into.append(ms)
            spent.items += len(answer["items"])
            cursor = answer["next_cursor"]
            if cursor is None:
                break
            into = spent.deep if start else spent.following


def _page(client: httpx.Client, headers: Headers, cursor: str | None) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    answer = client.get("/v1/content/feed", params={"cursor": cursor} if cursor else {}, headers=headers)
    return (time.perf_counter() - began) * 1000, answer.raise_for_status().json()


def _query(db: Database, actor: Actor, spent: Spent, cursor: str | None) -> None:
    place: feed_walks.Place | None
    if cursor:
        as_of, level, video_id = paging.decode(cursor, datetime, datetime, UUID)
        place = feed_walks.Place(as_of, (level, video_id))
    else:
        place = feed.begin(clock.now())
    for _ in range(DEEP):
        began = time.perf_counter()
        with db.read() as s:
            _, place = feed.page(s, actor, place=place, limit=10)
        spent.query.append((time.perf_counter() - began) * 1000)
        if place is None:
            return


def _deep_down(db: Database, random: Random) -> str:
    """The cursor of somebody who has gone down for long, to anywhere behind what is fresh."""
    now = clock.now()
    below = now - FRESH - random.random() ** 2 * (AGE - 2 * FRESH)
    last = sa.select(Video.published_at, Video.id).where(FEEDABLE, Video.published_at < below)
    with db.read() as s:
        row = s.execute(last.order_by(Video.published_at.desc(), Video.id.desc()).limit(1)).one()
    return paging.encode(now, row.published_at, row.id)


def _naive(db: Database, viewer: Viewer) -> float:
    """The peer: one statement that gives each video its place and sorts them; ms."""
    now = clock.now()
    follows = sa.exists().where(
        Follow.person_id == viewer.id, Follow.other_id == Video.owner_id, Follow.holds.expression
    )
    seen = sa.exists().where(Playback.person_id == viewer.id, Playback.video_id == Video.id)
    bonus = sa.and_(Video.published_at > now - FRESH, follows)
    first = (
        sa.select(Video.id)
        .where(FEEDABLE, Video.availability == Availability.PUBLIC, Video.owner_id != viewer.id, ~seen)
        .order_by(bonus.desc(), Video.published_at.desc(), Video.id.desc())
        .limit(10)
    )
    began = time.perf_counter()
    with db.read() as s:
        s.execute(first).all()
    return (time.perf_counter() - began) * 1000
