"""Combos, the two large ones, and that none is dropped silently."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.sparks.engine.format.spark import Tier
from studio.sparks.queue import AGAIN_S, COUNTED_S, MOST, MOST_LARGE, Flight, SparkQueue
from tests.studio.sparks.ovens import SECONDS, given

TIERS = (Tier.COMMON, Tier.RARE, Tier.EPIC, Tier.LEGENDARY, Tier.EPIC)


class Queue(RuleBasedStateMachine):
    """Whatever is given and whenever: all of it flies, or is told of."""

    @initialize()
    def begin(self) -> None:
        self.queue, self.now = SparkQueue(), 10.0
        self.given = self.landed = self.told = 0

    @rule(number=st.integers(0, 4), sender=st.sampled_from(["Kemi", "Noor"]))
    def give(self, number: int, sender: str) -> None:
        self.queue.give(given(number, TIERS[number], sender), self.now)
        self.given += 1

    @rule(passed=st.floats(0, 3))
    def advance(self, passed: float) -> None:
        self.now += passed
        over, risen = self.queue.advance(self.now)
        self.landed += sum(each.count for each in over)
        for flight in risen:
            flight.begin(self.now, SECONDS)

    @rule()
    def clear(self) -> None:
        self.landed += sum(each.count for each in self.queue.flying)  # they were seen
        self.told += sum(each.count for each in self.queue.clear())

    @invariant()
    def nothing_is_lost(self) -> None:
        held = sum(each.count for each in (*self.queue.flying, *self.queue.waiting))
        assert self.given == self.landed + self.told + held

    @invariant()
    def never_too_many(self) -> None:
        assert sum(each.large for each in self.queue.flying) <= MOST_LARGE
        assert len(self.queue.flying) <= MOST

    @invariant()
    def each_once(self) -> None:
        both = [(each.given.spark.sha256, each.given.sender) for each in self._all()]
        assert len(both) == len(set(both))

    @invariant()
    def waits_only_for_room(self) -> None:
        """After it has been looked at, nothing small waits where there is room for it."""
        self.advance(0.0)
        if len(self.queue.flying) < MOST:
            assert all(each.large for each in self.queue.waiting)

    def teardown(self) -> None:
        for _ in range(200):
            if not self._all():
                break
            self.advance(5.0)
        assert not self._all()
        assert self.given == self.landed + self.told

    def _all(self) -> list[Flight]:
        return [*self.queue.flying, *self.queue.waiting]


Queue.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestQueue = Queue.TestCase


def flying(tier: Tier = Tier.COMMON) -> tuple[SparkQueue, Flight]:
    queue = SparkQueue()
    flight = queue.give(given(1, tier), 0.0)
    queue.advance(0.0)
    flight.begin(0.0, SECONDS)
    return queue, flight


def test_a_small_one_begins_anew_with_each_of_a_combo_but_does_not_flicker() -> None:
    queue, flight = flying()
    queue.give(given(1), AGAIN_S / 2)
    assert (flight.count, flight.began) == (2, 0.0)
    queue.give(given(1), AGAIN_S)
    assert (flight.count, flight.began) == (3, AGAIN_S)
    assert flight.ends is not None
    assert flight.ends >= AGAIN_S + SECONDS


def test_a_large_one_is_counted_and_plays_on() -> None:
    queue, flight = flying(Tier.LEGENDARY)
    queue.give(given(1, Tier.LEGENDARY), 0.9)
    assert (flight.count, flight.began) == (2, 0.0)
    assert flight.ends == 0.9 + COUNTED_S


def test_a_large_one_that_waits_holds_up_no_small_one() -> None:
    queue = SparkQueue()
    for number in range(3):
        queue.give(given(number, Tier.EPIC), 0.0)
    queue.give(given(9), 0.0)
    _, risen = queue.advance(0.0)
    assert [each.given.spark.name for each in risen] == ["Spark 0", "Spark 1", "Spark 9"]
    assert queue.waits == 1


def test_what_comes_after_the_end_is_another_flight() -> None:
    queue, flight = flying()
    queue.advance(SECONDS + 0.1)
    assert queue.give(given(1), SECONDS + 0.2) is not flight
