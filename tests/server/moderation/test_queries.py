"""Lists are complete and in order at any depth, and cost the same number of queries whatever they show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.accounts.permissions import Role
from server.kit import clock, paging
from server.kit.access import Actor
from server.kit.db import AnySession, Database
from server.moderation import service, sweeps
from server.moderation.models import Item
from server.moderation.queries import creators, items, review, walks
from server.moderation.queries.search import search
from server.moderation.rules import ContentType, ItemState, Outcome, Severity, SlaClass, Source
from server.moderation.schemas import ItemRow, MarkBody, NewNote
from tests.server.moderation.conftest import GORE, GRACE_S, HATE, SPAM, NewPerson, Studio

START = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements that run within the block."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(db.reader, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.reader, "before_cursor_execute", note)


def row(n: int, priority: int, due: int, queue: str, owner: UUID | None = None) -> dict[str, Any]:
    state = ItemState.ESCALATED if queue.endswith("escalated") else ItemState.PENDING
    return {
        "id": uuid4(),
        "created_at": START,
        "queue_id": queue,
        "restricted": queue.startswith("restricted"),
        "content_type": ContentType.VIDEO,
        "content_id": uuid4(),
        "family": "spam",
        "policy": SPAM,
        "severity": Severity.MEDIUM,
        "sla_class": SlaClass.MEDIUM,
        "state": state,
        "stage": 2 if state is ItemState.ESCALATED else 1,
        "priority": priority,
        "priority_why": [["severity medium", priority]],
        "due_at": START + timedelta(seconds=due),
        "subject_title": f"Title {n}",
        "subject_title_key": f"title {n}",
        "subject_owner_id": owner,
    }


def pages(s: AnySession, actor: Actor, limit: int, **filters: Any) -> list[ItemRow]:
    """Everything, page by page, as a client reads it."""
    found: list[ItemRow] = []
    after = None
    while True:
        page = items.page(s, actor=actor, after=after, limit=limit, **filters)
        assert len(page.items) <= limit
        found += page.items
        if page.next_cursor is None:
            return found
        after = tuple(paging.decode(page.next_cursor, *walks.KEY))


rows = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 3),
        st.sampled_from(["general", "escalated", "restricted", "restricted_escalated"]),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.integers(1, 7))
def test_pages_are_the_whole_list_in_order_without_gaps_or_doubles(
    db: Database, installed: None, fan: Actor, cleared: Actor, drawn: list[tuple[int, int, str]], limit: int
) -> None:
    with db.write() as s:
        s.execute(sa.delete(Item))
        if drawn:
            s.execute(sa.insert(Item), [row(n, *each) for n, each in enumerate(drawn)])
    with db.read() as read:
        for actor in (fan, cleared):
            seen = pages(read, actor, limit)
            expected = [
                each.id
                for each in read.scalars(sa.select(Item).order_by(Item.priority.desc(), Item.due_at, Item.id))
                if actor is cleared or not each.restricted
            ]
            assert [each.id for each in seen] == expected


def test_filters(db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson) -> None:
    other = person(Role.CREATOR)
    spam = studio.flag(fan, studio.video()).item_id
    gore = studio.flag(fan, studio.video(owner=other), GORE).item_id
    done = studio.flag(fan, studio.video(owner=other), SPAM).item_id
    studio.decide(moderator, studio.take(moderator, done))
    with db.read() as s:

        def found(**filters: Any) -> set[UUID]:
            return {each.id for each in items.page(s, actor=moderator, limit=50, **filters).items}

        assert found() == {spam, gore}
        assert found(policy=SPAM) == {spam}
        assert found(creator=other.person) == {gore}
        assert found(creator=other.person, policy=SPAM, state=ItemState.DECIDED) == {done}
        assert found(queue="escalated") == set()
        assert found(queue="general", policy=GORE) == {gore}
        (mine,) = items.by_ids(s, actor=moderator, ids=[done, uuid4()])
        assert (mine.id, mine.creator_handle) == (done, other.handle)


def test_every_walk_uses_its_index_and_sorts_nothing(db: Database, installed: None, cleared: Actor) -> None:
    with db.write() as s:
        s.execute(sa.insert(Item), [row(n, n % 5, n, "general") for n in range(200)])
    explain = "EXPLAIN QUERY PLAN " if db.sqlite else "EXPLAIN "
    after = (3, START + timedelta(seconds=50), uuid4())
    walks = {"pick": {"queue": "general"}, "policy": {"policy": SPAM}, "owner": {"creator": uuid4()}}
    plans: dict[str, list[Plan]] = {name: [] for name in walks}
    current: list[Plan] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith("SELECT moderation_items"):
            cursor.connection.execute("SET enable_seqscan = off") if not db.sqlite else None
            current.append(cursor.connection.execute(explain + statement, parameters).fetchall())

    sa.event.listen(db.reader, "before_cursor_execute", note)
    try:
        with db.read() as read:
            for name, filters in walks.items():
                for key in (None, after):
                    items.page(read, actor=cleared, after=key, limit=60, **filters)  # type: ignore[arg-type]
                plans[name], current = current, []
    finally:
        sa.event.remove(db.reader, "before_cursor_execute", note)
    for name, seen in plans.items():
        index = f"ix_moderation_items_{name}"
        first, deep = (_walks_in_order(plan, index, sqlite=db.sqlite) for plan in seen)
        assert deep == 2 * first > 0, seen


Plan = list[tuple[Any, ...]]


def _walks_in_order(plan: Plan, index: str, *, sqlite: bool) -> int:
    """How many walks along the index a plan has, none of which is sorted before its limit."""
    if sqlite:
        sorted_above = {above for _, above, _, detail in plan if "TEMP B-TREE" in detail}
        walks = [above for _, above, _, detail in plan if f"INDEX {index} " in detail]
        assert not sorted_above.intersection(walks), plan
        assert not any(detail.startswith(("SCAN moderation_items", "SCAN w")) for *_, detail in plan), plan
        return len(walks)
    nodes = [line for (line,) in plan if "->" in line]
    walks = [n for n, line in enumerate(nodes) if f" using {index} " in line]
    assert all("Limit" in nodes[n - 1] for n in walks), plan
    return len(walks)


def _busy_item(studio: Studio, people: list[Actor], moderator: Actor, size: int) -> UUID:
    video = studio.video()
    for each in people[:size]:
        item_id = studio.flag(each, video, HATE, ranges=[(10, 20), (30, 40)]).item_id
        studio.flag(each, video, SPAM)
    for n in range(size):
        with studio.db.write() as s:
            service.add_note(s, actor=moderator, item_id=item_id, body=NewNote(body=f"note {n}", at_ms=n))
    claim = studio.take(moderator, item_id)
    studio.decide(
        moderator,
        claim,
        Outcome.REMOVE,
        policy=HATE,
        marks=[MarkBody(ms=n, label="here") for n in range(size)],
    )
    return item_id


def test_the_review_bundle_costs_the_same_queries_for_little_and_for_much(
    db: Database, studio: Studio, moderator: Actor, person: NewPerson
) -> None:
    crowd = [person(Role.FAN) for _ in range(8)]
    little = _busy_item(studio, crowd, moderator, 1)
    much = _busy_item(studio, crowd, moderator, 8)
    seen: list[int] = []
    for item_id in (little, much):
        with counted(db) as statements, db.read() as s:
            bundle = review.review(s, actor=moderator, item_id=item_id)
        seen.append(len(statements))
    assert seen[0] == seen[1] <= 14
    assert (len(bundle.flags), len(bundle.notes), len(bundle.marks)) == (8, 8, 8)


def test_the_review_bundle_says_it_all(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    with clock.held() as now:
        video = studio.video("Two dogs")
        got = studio.flag(fan, video, HATE, ranges=[(500, 900), (100, 200)], note="slur at once")
        program = Actor("classifier", handle="hate-v1")
        studio.flag(program, video, HATE, source=Source.CLASSIFIER, confidence_bp=8_000, ranges=[(90, 210)])
        claim = studio.take(moderator, got.item_id)
        now.advance(timedelta(seconds=90))
        studio.retitle(video, "Three dogs")
        with db.read() as s:
            mine = review.review(s, actor=moderator, item_id=got.item_id)
            other = review.review(s, actor=lead, item_id=got.item_id)
    assert (mine.claim_token, mine.lease_left_s) == (claim.claim_token, 510)
    assert other.claim_token is None
    assert other.item.claimed_by_handle == moderator.handle
    assert mine.subject is not None
    assert (mine.subject.title, mine.subject.changed) == ("Three dogs", True)
    assert {(lane.source, tuple(lane.ranges)) for lane in mine.lanes} == {
        (Source.USER, ((100, 200, None), (500, 900, None))),
        (Source.CLASSIFIER, ((90, 210, 8_000),)),
    }
    assert [node.code for node in mine.policies] == ["hate", "hate.slur"]
    assert mine.creator is not None
    assert (mine.creator.handle, mine.creator.open_items) == (studio.owner.handle, 1)
    assert mine.item.priority_why == [("severity medium", 2000), ("1 reporter", 60)]


def test_the_estimate_comes_from_similar_decided_items(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    with clock.held() as now:
        for seconds in (10, 20, 90):
            claim = studio.take(moderator, studio.flag(fan, studio.video()).item_id)
            now.advance(timedelta(seconds=seconds))
            studio.decide(moderator, claim)
        now.advance(timedelta(seconds=GRACE_S))
        with db.write() as s:
            assert sweeps.make_final(s) == 3
        got = studio.flag(fan, studio.video())
        with db.read() as s:
            assert review.review(s, actor=moderator, item_id=got.item_id).estimated_review_ms == 20_000
            stats = creators.my_stats(s, actor=moderator)
    assert (stats.decided_today, stats.median_handling_ms, stats.undone_7_days) == (3, 20_000, 0)


def test_the_snapshot_is_the_open_queue_in_chunks(
    db: Database, installed: None, cleared: Actor, moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "CHUNK", 64)
    given_rows = [row(n, n % 7, n, "general" if n % 10 else "restricted") for n in range(300)]
    with db.write() as s:
        s.execute(sa.insert(Item), given_rows)
        s.execute(sa.update(Item).where(Item.subject_title == "Title 1").values(state=ItemState.DECIDED))
    for actor, expected in ((cleared, 299), (moderator, 269)):
        *chunks, end = [json.loads(line) for line in items.snapshot(db, actor=actor)]
        assert all(set(chunk) == set(items.SNAPSHOT) for chunk in chunks)
        assert all(len(set(map(len, chunk.values()))) == 1 for chunk in chunks)
        assert max(len(chunk["id"]) for chunk in chunks) <= 64
        assert sum(len(chunk["id"]) for chunk in chunks) == expected == end["rows"]
        assert end["end"] is True
        shown = {UUID(i): due for chunk in chunks for i, due in zip(chunk["id"], chunk["due"], strict=True)}
        assert all(
            shown[each["id"]] == int(each["due_at"].timestamp() * 1000)
            for each in given_rows
            if each["id"] in shown
        )


def test_a_slow_reader_of_the_snapshot_holds_no_session(
    db: Database, installed: None, moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "CHUNK", 10)
    with db.write() as s:
        s.execute(sa.insert(Item), [row(n, 1, n, "general") for n in range(25)])
    before = db.reader.pool.checkedout()  # type: ignore[attr-defined]
    lines = items.snapshot(db, actor=moderator)
    first = json.loads(next(lines))
    assert db.reader.pool.checkedout() == before  # type: ignore[attr-defined]
    with db.write() as s:
        gone = s.scalars(sa.select(Item.id).where(Item.id.not_in([UUID(i) for i in first["id"]]))).first()
        s.execute(sa.update(Item).where(Item.id == gone).values(state=ItemState.DECIDED))
        s.execute(sa.insert(Item), [row(25, 1, 25, "general")])
    *rest, end = [json.loads(line) for line in lines]
    shown = [i for chunk in (first, *rest) for i in chunk["id"]]
    assert len(shown) == len(set(shown)) == end["rows"] == 24
    assert str(gone) not in shown


def test_queue_counts_stop(
    db: Database, installed: None, moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "COUNTED", 10)
    with db.write() as s:
        s.execute(sa.insert(Item), [row(n, 1, n, "general") for n in range(11)])
        s.execute(sa.insert(Item), [row(n, 1, n, "escalated") for n in range(10)])
    with db.read() as s:
        found = {q.id: (q.waiting, q.more) for q in items.queues(s, actor=moderator).items}
    assert found == {"general": (10, True), "second_opinion": (0, False), "escalated": (10, False)}


def test_search_finds_by_id_address_handle_and_beginning(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video("Ünder the bridge 100%")
    got = studio.flag(fan, video)
    decision = studio.decide(moderator, studio.take(moderator, got.item_id))
    with db.read() as s:

        def found(q: str) -> set[tuple[str, UUID]]:
            return {(each.kind, each.id) for each in search(s, actor=moderator, q=q)}

        item = {("item", got.item_id)}
        assert found(str(got.item_id)) == item
        assert found(got.item_id.hex.upper()) == item
        assert found(f"https://studio.example/videos/{video}?t=3") == item
        assert found("ünder THE") == item
        assert found("nder") == set()
        assert found("%") == set()
        assert found(str(decision)) == {("decision", decision)}
        assert found("@creator") == {("creator", studio.owner.person)}
        assert found("https://studio.example/@Creator") == {("creator", studio.owner.person)}
        assert ("creator", studio.owner.person) in found("crea")
        assert found(str(studio.owner.id)) == {("creator", studio.owner.person)}
