"""Versions never change, hashes are not believed, prices keep their history, events tell of each change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Invalid, NotFound, Stale
from server.kit.events import Event
from server.kit.jobs import Context
from server.sparks import judging, pricing, service, sweeps
from server.sparks.engine.format.spark import CREDITS, Tier
from server.sparks.models import SparkPrice
from server.sparks.rules import SparkState, VersionState, fits, sources_of
from tests.server.sparks.studio import Studio, content, passed, passed_by_another, refused

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def events(db: Database) -> list[str]:
    with db.read() as s:
        return list(s.scalars(sa.select(Event.topic).where(Event.topic.like("sparks.%")).order_by(Event.id)))


def actions(db: Database) -> list[str]:
    found = sa.select(AuditEntry.action).where(AuditEntry.action.like("sparks.%"))
    with db.read() as s:
        return list(s.scalars(found.order_by(AuditEntry.seq)))


def recorded(db: Database, what: str) -> list[dict[str, Any]]:
    """What the event of each time that `what` happened says."""
    found = sa.select(Event.payload).where(Event.topic == f"sparks.{what}")
    with db.read() as s:
        return list(s.scalars(found.order_by(Event.id)))


def test_from_a_file_to_the_catalogue(db: Database, studio: Studio) -> None:
    made = studio.published()
    row = studio.spark(made)
    assert (row.state, row.published_version, row.version) == (SparkState.PUBLISHED, 1, 2)
    assert studio.version(made).state is VersionState.PASSED
    assert [(p.credits, p.valid_to) for p in studio.prices(made)] == [(5, None)]
    assert events(db) == actions(db)
    assert events(db) == [
        "sparks.created",
        "sparks.version_asked",
        "sparks.version_passed",
        "sparks.published",
        "sparks.priced",
    ]


def test_what_is_kept_is_canonical_and_has_the_hash_of_itself(studio: Studio) -> None:
    import hashlib

    kept = studio.version(studio.create())
    assert kept.sha256 == hashlib.sha256(kept.content.encode()).hexdigest()
    assert judging.accepted(kept.content).text == kept.content


def test_the_client_may_make_the_id(db: Database, studio: Studio, admin: Actor) -> None:
    mine = uuid4()
    with db.write() as s:
        assert service.create(s, actor=admin, content=content(), spark_id=mine) == mine
    for slug, code in (("ember", "slug_taken"), ("other", "id_taken")):
        with pytest.raises(Conflict) as refusal, db.write() as s:
            service.create(s, actor=admin, content=content(id=slug), spark_id=mine)
        assert refusal.value.code == code


def test_a_stated_hash_that_is_not_that_of_the_content_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        judging.accepted(content().text, stated="0" * 64)
    assert refusal.value.code == "hash_mismatch"
    assert judging.accepted(content().text, stated=content().sha256) == content()


def test_a_publication_that_lies_about_its_hash_is_refused(
    db: Database, studio: Studio, admin: Actor
) -> None:
    made = studio.create()
    other = content(name="Other").sha256
    with pytest.raises(Invalid) as refusal, db.write() as s:
        service.ask(s, actor=admin, spark_id=made, number=1, sha256=other)
    assert refusal.value.code == "hash_mismatch"
    assert studio.version(made).state is VersionState.ADDED
    with pytest.raises(NotFound), db.write() as s:
        service.ask(s, actor=admin, spark_id=made, number=2, sha256=other)


def test_a_refused_version_keeps_second_and_region_and_is_not_published(studio: Studio) -> None:
    made = studio.create()
    studio.ask(made)
    studio.says = refused
    studio.work(made)
    kept = studio.version(made)
    assert (kept.state, studio.spark(made).state) == (VersionState.REFUSED, SparkState.DRAFT)
    assert kept.verdict is not None
    [said] = kept.verdict["refusals"]
    assert (said["second"], list(said["region"])) == (1.25, [100, 200, 300, 400])


def test_what_another_engine_has_let_pass_is_judged_anew(studio: Studio) -> None:
    """Finding 6: a verdict was trusted for ever, whatever gates there were then."""
    studio.says = passed_by_another
    made = studio.published()
    studio.says = passed
    studio.add(made, name="Embers")
    studio.ask(made, 2)
    studio.work(made, 2)
    studio.ask(made, 1)
    assert studio.version(made, 1).state is VersionState.JUDGING
    assert studio.spark(made).published_version == 2
    studio.says = refused
    studio.work(made, 1)
    assert studio.version(made, 1).state is VersionState.REFUSED
    assert studio.spark(made).published_version == 2


def test_what_this_engine_has_let_pass_is_published_at_once(studio: Studio) -> None:
    made = studio.published()
    studio.add(made, name="Embers")
    studio.ask(made, 2)
    studio.work(made, 2)
    before = len(studio.asked)
    studio.ask(made, 1)
    assert (studio.spark(made).published_version, len(studio.asked)) == (1, before)


def test_another_version_leaves_what_is_published(studio: Studio) -> None:
    made = studio.published()
    assert studio.add(made, name="Embers", duration=3) == 2
    row = studio.spark(made)
    assert (row.name, row.duration_ms, row.published_version, row.current_version) == ("Ember", 1500, 1, 2)
    studio.ask(made, 2)
    studio.work(made, 2)
    row = studio.spark(made)
    assert (row.name, row.duration_ms, row.published_version) == ("Embers", 3000, 2)


def test_one_goes_back_to_what_has_passed_without_another_judging(studio: Studio) -> None:
    made = studio.published()
    studio.add(made, name="Embers")
    studio.ask(made, 2)
    studio.work(made, 2)
    assert len(studio.asked) == 2
    studio.ask(made, 1)
    assert (studio.spark(made).published_version, len(studio.asked)) == (1, 2)


def test_a_file_of_another_spark_or_one_that_is_known_is_no_version(studio: Studio) -> None:
    made = studio.create()
    with pytest.raises(Conflict) as known:
        studio.add(made)
    assert known.value.code == "known_content"
    with pytest.raises(Invalid) as other:
        studio.add(made, id="other")
    assert other.value.code == "other_spark"


def test_an_edit_of_an_older_copy_is_refused(db: Database, studio: Studio, admin: Actor) -> None:
    made = studio.create()
    studio.add(made, name="Embers")
    with pytest.raises(Stale), db.write() as s:
        service.add_version(s, actor=admin, spark_id=made, version=1, content=content(name="Ash"))
    with pytest.raises(Stale), db.write() as s:
        pricing.set_price(s, actor=admin, spark_id=made, version=1, credits_each=5)


def test_one_version_is_judged_at_a_time(studio: Studio) -> None:
    made = studio.create()
    studio.add(made, name="Embers")
    studio.ask(made, 1)
    for number in (1, 2):
        with pytest.raises(Conflict) as refusal:
            studio.ask(made, number)
        assert refusal.value.code == "judging_already"


def test_what_was_retired_while_it_was_judged_stays_so(studio: Studio) -> None:
    made = studio.published()
    studio.add(made, name="Embers")
    studio.ask(made, 2)
    studio.retire(made)
    studio.work(made, 2)
    assert studio.version(made, 2).state is VersionState.PASSED
    assert (studio.spark(made).state, studio.spark(made).published_version) == (SparkState.RETIRED, 1)
    with pytest.raises(Conflict) as refusal:
        studio.ask(made, 2)
    assert refusal.value.code == "spark_state"
    studio.restore(made)
    studio.ask(made, 2)
    assert studio.spark(made).published_version == 2


# Prices


def test_prices_follow_each_other_and_history_stays(studio: Studio) -> None:
    with clock.held(START) as now:
        made = studio.published()
        now.advance(HOUR)
        studio.price(made, 8)
        studio.price(made, 12, START + 5 * HOUR)
        studio.price(made, 10, START + 3 * HOUR)
        studio.price(made, 11, START + 3 * HOUR)  # what is planned may be changed
        now.advance(HOUR)
        studio.price(made, 9)
    rows = studio.prices(made)
    hours = [int((row.valid_from - START) / HOUR) for row in rows]
    assert [(h, row.credits) for h, row in zip(hours, rows, strict=True)] == [
        (0, 5),
        (1, 8),
        (2, 9),
        (3, 11),
        (5, 12),
    ]
    assert all(a.valid_to == b.valid_from for a, b in pairwise(rows))
    assert rows[-1].valid_to is None


def test_a_price_lies_within_the_range_of_the_tier_and_not_in_the_past(studio: Studio) -> None:
    with clock.held(START):
        made = studio.published()
        for each, at, code in (
            (13, None, "price_out_of_range"),
            (5, START - HOUR, "price_in_past"),
            (5, START + timedelta(days=10_000), "price_too_far"),
        ):
            with pytest.raises(Invalid) as refusal:
                studio.price(made, each, at)
            assert refusal.value.code == code
        with pytest.raises(Conflict) as twice:
            studio.price(made, 6)
        assert twice.value.code == "price_in_force"


def test_another_tier_brings_a_price_of_its_own_and_drops_what_was_planned(
    db: Database, studio: Studio
) -> None:
    with clock.held(START) as now:
        made = studio.published()
        studio.price(made, 9, START + 4 * HOUR)
        now.advance(HOUR)
        studio.add(made, tier="rare", credits=150)
        studio.ask(made, 2)
        studio.work(made, 2)
    rows = [(row.credits, row.valid_from, row.valid_to) for row in studio.prices(made)]
    assert rows == [(5, START, START + HOUR), (150, START + HOUR, None)]
    dropped, priced = recorded(db, "price_dropped"), recorded(db, "priced")
    assert dropped == [{"credits": 9, "valid_from": (START + 4 * HOUR).isoformat()}]
    assert [(one["credits"], one["valid_from"]) for one in priced] == [
        (5, START.isoformat()),
        (9, (START + 4 * HOUR).isoformat()),
        (150, (START + HOUR).isoformat()),
    ]
    assert events(db) == actions(db)


def test_a_planned_price_tells_of_itself_when_it_begins_and_once(
    db: Database, studio: Studio, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int]] = []
    with clock.held(START) as now:
        made = studio.published()
        studio.price(made, 8, START + 2 * HOUR)
        studio.price(made, 9, START + 3 * HOUR)
        monkeypatch.setattr(live, "publish", lambda s, topic, subject, version: told.append((topic, version)))
        assert sweeps.begin_prices(context) == 0
        now.advance(2 * HOUR)
        version = studio.spark(made).version
        assert [sweeps.begin_prices(context) for _ in range(2)] == [1, 0]
        assert told == [("sparks.changed", version + 1)]
        assert studio.spark(made).version == version + 1
        begun = {"credits": 8, "valid_from": (START + 2 * HOUR).isoformat()}
        assert recorded(db, "price_begun") == [begun]
        # One that began before another change, and before the sweep came by, is told with that.
        now.advance(HOUR)
        studio.retire(made)
        assert [one["credits"] for one in recorded(db, "price_begun")] == [8, 9]
        assert sweeps.begin_prices(context) == 0
    assert events(db) == actions(db)


def test_a_planned_price_can_be_withdrawn_until_it_begins(db: Database, studio: Studio) -> None:
    with clock.held(START) as now:
        made = studio.published()
        studio.price(made, 8, START + 2 * HOUR)
        studio.price(made, 9, START + 3 * HOUR)
        version = studio.spark(made).version
        studio.withdraw(made, START + 2 * HOUR)
        rows = [(row.credits, row.valid_to) for row in studio.prices(made)]
        assert rows == [(5, START + 3 * HOUR), (9, None)]
        assert recorded(db, "price_dropped") == [{"credits": 8, "valid_from": (START + 2 * HOUR).isoformat()}]
        assert studio.spark(made).version == version + 1
        with pytest.raises(NotFound):
            studio.withdraw(made, START + 2 * HOUR)
        now.advance(3 * HOUR)
        with pytest.raises(Conflict) as begun:
            studio.withdraw(made, START + 3 * HOUR)
        assert begun.value.code == "price_in_force"
    assert [row.credits for row in studio.prices(made)] == [5, 9]
    assert events(db) == actions(db)


def test_the_database_itself_refuses_a_second_open_price(db: Database, studio: Studio, admin: Actor) -> None:
    made = studio.published()
    with pytest.raises(sa.exc.IntegrityError), db.write() as s:
        s.add(SparkPrice(spark_id=made, valid_from=clock.now(), credits=5, author=admin.ref, at=clock.now()))


def test_a_price_needs_no_publication(db: Database, studio: Studio, admin: Actor) -> None:
    made = studio.create()
    studio.price(made, 7)
    studio.ask(made)
    studio.work(made)
    assert [row.credits for row in studio.prices(made)] == [7]
    with pytest.raises(Invalid), db.write() as s:
        pricing.put(
            s, actor=admin, spark_id=made, tier=Tier.EPIC, credits_each=7, valid_from=clock.now() + HOUR
        )


# Rules


def test_the_ranges_of_tiers_are_those_of_the_format() -> None:
    for tier, (least, most) in CREDITS.items():
        assert fits(tier, least)
        assert fits(tier, most)
        assert not fits(tier, least - 1)
        assert not fits(tier, most + 1)


def test_an_unknown_event_is_a_fault_of_the_program() -> None:
    from server.sparks.rules import SPARK_MACHINE

    with pytest.raises(KeyError):
        sources_of(SPARK_MACHINE, "explode")
