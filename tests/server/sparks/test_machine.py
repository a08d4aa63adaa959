"""Sparks against a simple model: versions, judgings, prices, in and out of the catalogue, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server.kit import clock
from server.kit.db import Database
from server.kit.errors import Conflict, Invalid
from server.sparks.engine.format.spark import CREDITS, Tier
from server.sparks.models import SparkVersion
from server.sparks.rules import RUNS, SPARK_MACHINE, VERSION_MACHINE, SparkState, VersionState
from tests.server.sparks.studio import Studio, died, passed, passed_by_another, refused

KNOWN = {(t.before, t.after) for t in SPARK_MACHINE}
KNOWN_OF_VERSIONS = {(t.before, t.after) for t in VERSION_MACHINE}
OPEN = (VersionState.ADDED, VersionState.REFUSED, VersionState.PARKED)
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Sparks(RuleBasedStateMachine):
    """One spark: its state, those of its versions, which one is published, and what it costs when."""

    db: Database
    studio: Studio

    def __init__(self) -> None:
        super().__init__()
        self._held = clock.held(START)
        self.now = self._held.__enter__()

    def teardown(self) -> None:
        self._held.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        type(self).n = self.n = getattr(type(self), "n", 0) + 1
        self.slug = f"spark-{self.n}"
        self.id: UUID = self.studio.create(id=self.slug)
        self.state, self.published = SparkState.DRAFT, 0
        self.versions = [VersionState.ADDED]
        self.tiers = [Tier.COMMON]
        self.tier = Tier.COMMON
        self.by_another: set[int] = set()
        self.runs = 0
        self.costs: dict[datetime, int] = {}
        self.seen: SparkState | None = None
        self.seen_versions: dict[int, VersionState] = {}

    @rule(tier=st.sampled_from([Tier.COMMON, Tier.RARE]))
    def add(self, tier: Tier) -> None:
        number = len(self.versions) + 1
        least, _ = CREDITS[tier]
        made = self.studio.add(self.id, id=self.slug, about=f"version {number}", tier=tier, credits=least)
        assert made == number
        self.versions.append(VersionState.ADDED)
        self.tiers.append(tier)
        if not self.published:
            self.tier = tier

    @rule(pick=st.integers(0, 9))
    def ask(self, pick: int) -> None:
        number = pick % len(self.versions) + 1
        state = self.versions[number - 1]
        try:
            self.studio.ask(self.id, number)
        except Conflict:
            judging = VersionState.JUDGING in self.versions
            assert judging or self.state is SparkState.RETIRED or number == self.published
            return
        assert self.state is not SparkState.RETIRED
        assert VersionState.JUDGING not in self.versions
        if state is VersionState.PASSED and number not in self.by_another:
            self._publish(number)
            return
        assert state in (*OPEN, VersionState.PASSED)
        self.versions[number - 1] = VersionState.JUDGING
        self.runs = 1

    @precondition(lambda self: VersionState.JUDGING in self.versions)
    @rule(says=st.sampled_from([passed, passed, passed_by_another, refused, died]))
    def judge(self, says: Any) -> None:
        number = self.versions.index(VersionState.JUDGING) + 1
        self.studio.says = says
        self.studio.work(self.id, number)
        if says is died:
            if self.runs < RUNS:
                self.runs += 1
            else:
                self.versions[number - 1] = VersionState.PARKED
        elif says is refused:
            self.versions[number - 1] = VersionState.REFUSED
        else:
            self.versions[number - 1] = VersionState.PASSED
            (self.by_another.add if says is passed_by_another else self.by_another.discard)(number)
            if self.state is not SparkState.RETIRED:
                self._publish(number)

    @rule()
    def a_job_of_before_changes_nothing(self) -> None:
        self.studio.says = refused
        before = len(self.studio.asked)
        for number in range(1, len(self.versions) + 1):
            with self.db.write() as s:
                job = s.get_one(SparkVersion, (self.id, number)).job
            if job is None:
                self.studio.work(self.id, number)
        assert len(self.studio.asked) == before

    def _publish(self, number: int) -> None:
        self.state, self.published = SparkState.PUBLISHED, number
        self.tier = self.tiers[number - 1]
        least, most = CREDITS[self.tier]
        now = self.now.at
        self.costs = {at: c for at, c in self.costs.items() if at <= now or least <= c <= most}
        held = self._cost(now)
        if held is None or not least <= held <= most:
            self.costs[now] = least if self.tier is Tier.RARE else self._credits(number)
        self.now.advance(timedelta(seconds=1))

    def _credits(self, number: int) -> int:
        return 5 if number == 1 else CREDITS[self.tiers[number - 1]][0]

    def _cost(self, at: datetime) -> int | None:
        begun = [since for since in self.costs if since <= at]
        return self.costs[max(begun)] if begun else None

    @rule(each=st.sampled_from([1, 12, 13, 100, 450]), hours=st.integers(-1, 3))
    def price(self, each: int, hours: int) -> None:
        at = self.now.at + timedelta(hours=hours)
        least, most = CREDITS[self.tier]
        try:
            self.studio.price(self.id, each, at if hours else None)
        except Invalid:
            assert hours < 0 or not least <= each <= most
            return
        assert hours >= 0
        assert least <= each <= most
        self.costs[at] = each
        self.now.advance(timedelta(seconds=1))

    @rule(out=st.booleans())
    def move(self, out: bool) -> None:
        source = SparkState.PUBLISHED if out else SparkState.RETIRED
        try:
            (self.studio.retire if out else self.studio.restore)(self.id)
        except Conflict:
            assert self.state is not source
            return
        assert self.state is source
        self.state = SparkState.RETIRED if out else SparkState.PUBLISHED

    @rule(minutes=st.integers(1, 200))
    def wait(self, minutes: int) -> None:
        self.now.advance(timedelta(minutes=minutes))

    @invariant()
    def the_database_says_the_same(self) -> None:
        row = self.studio.spark(self.id)
        assert (row.state, row.published_version or 0) == (self.state, self.published)
        assert (row.current_version, row.tier) == (len(self.versions), self.tier)
        with self.db.read() as s:
            mine = sa.select(SparkVersion).where(SparkVersion.spark_id == self.id)
            versions = s.scalars(mine.order_by(SparkVersion.number)).all()
        assert [one.state for one in versions] == self.versions
        assert [(one.job is not None) for one in versions] == [
            state is VersionState.JUDGING for state in self.versions
        ]
        assert self.seen in (None, row.state) or (self.seen, row.state) in KNOWN
        self.seen = row.state
        for one in versions:
            was = self.seen_versions.get(one.number)
            assert was in (None, one.state) or self._reached(was, one.state), (was, one.state)
            self.seen_versions[one.number] = one.state

    def _reached(self, was: VersionState | None, now: VersionState) -> bool:
        return (was, now) in KNOWN_OF_VERSIONS

    @invariant()
    def prices_follow_each_other_without_a_gap(self) -> None:
        rows = self.studio.prices(self.id)
        assert {row.valid_from: row.credits for row in rows} == self.costs
        assert [row.valid_to for row in rows] == [row.valid_from for row in rows[1:]] + [None] * bool(rows)
        if self.state is not SparkState.DRAFT:
            held = self._cost(self.now.at)
            assert held is not None


def test_whatever_is_tried_in_any_order(db: Database, studio: Studio) -> None:
    class Here(Sparks):
        pass

    Here.db, Here.studio = db, studio
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20 if db.sqlite else 5,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
