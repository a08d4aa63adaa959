"""By which indexes the feed is read, from where each walk begins, and in how many statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.content import feed, feed_walks
from server.content.feed_walks import Place
from server.content.models import VideoReaction
from server.content.rules import Reaction
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.content.test_feed import NOW, creators, follow, published, see

MAKERS = 200
VIDEOS = 2_000
FIRST = feed.begin(NOW)
LATER = Place(NOW, (NOW - timedelta(hours=1), uuid4()))
DEEP = Place(NOW, (NOW - timedelta(days=20), uuid4()))


@pytest.fixture
def world(db: Database, fan: Actor, creator: Actor, moderator: Actor) -> None:
    """Many videos, half of them fresh. The fan follows many of their makers, the creator three; both and a
    moderator have watched, liked and saved much."""
    with db.write() as s:
        makers = creators(s, MAKERS)
        for maker in makers[::5]:
            follow(s, fan, maker)
        for maker in makers[:3]:
            follow(s, creator, maker)
        ages = [timedelta(minutes=4 * n) if n % 2 else timedelta(days=4, hours=n) for n in range(VIDEOS)]
        videos = [published(s, makers[n % MAKERS], NOW - age) for n, age in enumerate(ages)]
        s.flush()
        for video, viewer in product(videos[::7], (fan, creator, moderator)):
            see(s, viewer, video)
            said = {"holds": True, "at": NOW, "told_at": NOW, "event_id": uuid4()}
            for kind in Reaction:
                s.add(VideoReaction(person_id=viewer.person, kind=kind, video_id=video, **said))
        s.flush()
        if not db.sqlite:
            for table in ("videos", "follows", "playbacks", "reactions"):
                s.execute(sa.text(f"ANALYZE content_{table}"))


Plan = list[tuple[Any, ...]]


@contextmanager
def explained(db: Database) -> Iterator[dict[str, Plan]]:
    """How the database goes about each statement of the block, by its text, were the tables large."""
    plans: dict[str, Plan] = {}

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            explain = "EXPLAIN QUERY PLAN " if db.sqlite else "EXPLAIN "
            driver = cursor.connection
            if not db.sqlite:
                driver.execute("SET LOCAL enable_seqscan = off")
            plans[statement] = driver.execute(explain + statement, parameters).fetchall()

    sa.event.listen(db.reader, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        sa.event.remove(db.reader, "before_cursor_execute", note)


def page(db: Database, viewer: Actor, place: Place, limit: int = 10) -> list[Plan]:
    with explained(db) as plans, db.read() as s:
        items, _ = feed.page(s, viewer, place=place, limit=limit)
    assert items
    return list(plans.values())


def lines(plan: Plan) -> list[str]:
    return [str(row[-1]) for row in plan]


def walks(db: Database, plan: Plan) -> int:
    """How many walks along the index of what is fresh a plan has. Each begins at its key and is sorted by
    nothing before it is cut off."""
    if db.sqlite:
        sorted_above = {above for _, above, _, detail in plan if "TEMP B-TREE" in detail}
        found = [(above, detail) for _, above, _, detail in plan if "ix_content_videos_fresh" in detail]
        assert not sorted_above & {above for above, _ in found}, plan
        assert all("(published_at,id)<(?,?)" in detail for _, detail in found), plan
        return len(found)
    found_at = [n for n, line in enumerate(lines(plan)) if "using ix_content_videos_fresh" in line]
    for n in found_at:
        assert "Limit" in lines(plan)[n - 1], plan
        assert "ROW(published_at, id) < ROW(" in lines(plan)[n + 1], plan
    return len(found_at)


def test_pages_walk_along_the_index_from_where_they_begin(
    db: Database, world: None, fan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_walks, "LOOKED_AT", 128)  # few of these videos, as they are of a million
    *among_the_fresh, _ = page(db, fan, FIRST)
    *both, _ = page(db, fan, LATER)
    *everything, items = page(db, fan, DEEP)
    for plans, count in ((among_the_fresh, 1), (both, 2), (everything, 1)):
        assert [walks(db, plan) for plan in plans] == [1] * count
    assert walks(db, items) == 0


def test_what_is_fresh_of_a_few_people_is_looked_up_by_them(
    db: Database, world: None, creator: Actor
) -> None:
    _, theirs, *_ = page(db, creator, FIRST)
    assert walks(db, theirs) == 0
    # Along whichever index begins with the owner.
    assert any("owner_id =" in line or "(owner_id=?" in line for line in lines(theirs)), theirs


def test_no_statement_reads_a_whole_table(db: Database, world: None, fan: Actor) -> None:
    plans = page(db, fan, FIRST) + page(db, fan, DEEP)
    for line in (line for plan in plans for line in lines(plan)):
        assert "Seq Scan" not in line, plans
        assert not line.startswith(("SCAN content_", "SCAN accounts_")), plans


def test_what_the_viewer_did_is_looked_up_by_the_video(db: Database, world: None, fan: Actor) -> None:
    """Else a page reads all that somebody ever liked or watched."""
    plans = [lines(plan) for plan in page(db, fan, FIRST)]
    for table in ("content_reactions", "content_playbacks"):
        if db.sqlite:
            looks = [line for plan in plans for line in plan if table in line]
        else:
            looks = [plan[n + 1] for plan in plans for n, line in enumerate(plan) if f" on {table}" in line]
        assert looks
        assert all("video_id=" in look.replace(" ", "") for look in looks), looks


def test_a_page_costs_the_same_statements_for_little_and_for_much(
    db: Database, world: None, fan: Actor
) -> None:
    assert len(page(db, fan, DEEP, limit=1)) == len(page(db, fan, DEEP, limit=50)) == 2
