"""The state machines are whole, and a decision is valid exactly where the rules say so."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.moderation import rules
from server.moderation.rules import (
    FLAG_MACHINE,
    ITEM_MACHINE,
    ActionChoice,
    Choice,
    FlagState,
    ItemState,
    Measure,
    Opinion,
    Outcome,
    PolicyRule,
    Scope,
    Severity,
)

ALL_OUTCOMES = frozenset(Outcome)
LOW = PolicyRule(Severity.LOW, ALL_OUTCOMES)
HIGH = PolicyRule(Severity.HIGH, ALL_OUTCOMES)
CRITICAL = PolicyRule(Severity.CRITICAL, frozenset({Outcome.REMOVE, Outcome.ESCALATE}))
CHILD = PolicyRule(Severity.CRITICAL, frozenset({Outcome.REMOVE, Outcome.ESCALATE}), restricted=True)


def choice(outcome: Outcome, policy: PolicyRule | None = None, **more: object) -> Choice:
    given = {"stage": 1, "restricted_item": False, "cleared": False} | more
    return Choice(outcome=outcome, policy=policy, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "valid",
    [
        choice(Outcome.ALLOW),
        choice(Outcome.ALLOW, stage=2),
        choice(Outcome.REMOVE, LOW),
        choice(Outcome.RESTRICT, LOW, actions=(ActionChoice(Measure.RESTRICT, Scope.ITEM, 3600),)),
        choice(Outcome.REMOVE, HIGH, actions=(ActionChoice(Measure.RESTRICT, Scope.ACCOUNT, 86_400),)),
        choice(Outcome.REMOVE, CRITICAL, facts="seen at 0:03"),
        choice(Outcome.ESCALATE, facts="not sure"),
        choice(Outcome.ESCALATE, LOW, facts="not sure"),
        choice(Outcome.ESCALATE, CHILD, facts="a child", stage=2),
        choice(Outcome.REMOVE, CHILD, facts="a child", cleared=True, restricted_item=True),
    ],
)
def test_valid_decisions(valid: Choice) -> None:
    assert rules.problems(valid) == []


@pytest.mark.parametrize(
    ("invalid", "word"),
    [
        (choice(Outcome.ALLOW, LOW), "no policy"),
        (choice(Outcome.ALLOW, actions=(ActionChoice(Measure.REMOVE, Scope.ITEM),)), "no measures"),
        (choice(Outcome.REMOVE), "Name the policy"),
        (choice(Outcome.RESTRICT, CRITICAL, facts="x"), "does not provide"),
        (choice(Outcome.REMOVE, CRITICAL), "facts"),
        (choice(Outcome.REMOVE, CHILD, facts="a child"), "cleared people only"),
        (choice(Outcome.ESCALATE), "Say in the facts"),
        (choice(Outcome.ESCALATE, LOW, facts="x", stage=2), "escalated already"),
        (choice(Outcome.ESCALATE, CHILD, facts="x", stage=2, restricted_item=True), "escalated already"),
        (
            choice(Outcome.ESCALATE, facts="x", actions=(ActionChoice(Measure.REMOVE, Scope.ITEM),)),
            "no measures",
        ),
        (choice(Outcome.REMOVE, LOW, actions=(ActionChoice(Measure.RESTRICT, Scope.ITEM),)), "the outcome"),
        (choice(Outcome.REMOVE, LOW, actions=(ActionChoice(Measure.REMOVE, Scope.ITEM, 7200),)), "temporary"),
        (choice(Outcome.REMOVE, LOW, actions=(ActionChoice(Measure.REMOVE, Scope.ACCOUNT),)), "severity"),
        (choice(Outcome.RESTRICT, LOW, actions=(ActionChoice(Measure.RESTRICT, Scope.ITEM, 1),)), "one hour"),
        (
            choice(Outcome.REMOVE, HIGH, actions=(ActionChoice(Measure.REMOVE, Scope.ITEM),) * 2),
            "one measure",
        ),
    ],
)
def test_invalid_decisions_say_why(invalid: Choice, word: str) -> None:
    assert any(word in reason for reason in rules.problems(invalid))


policies = st.sampled_from([None, LOW, HIGH, CRITICAL, CHILD])
actions = st.lists(
    st.builds(
        ActionChoice,
        st.sampled_from(Measure),
        st.sampled_from(Scope),
        st.none() | st.integers(0, 40_000_000),
    ),
    max_size=3,
)


@given(
    st.sampled_from(Outcome),
    policies,
    st.integers(1, 2),
    st.none() | st.just("facts"),
    actions,
    st.booleans(),
    st.booleans(),
)
def test_what_is_valid_never_contradicts_itself(
    outcome: Outcome,
    policy: PolicyRule | None,
    stage: int,
    facts: str | None,
    chosen: list[ActionChoice],
    cleared: bool,
    restricted: bool,
) -> None:
    made = Choice(outcome, stage, restricted, cleared, policy, facts, tuple(chosen))
    if rules.problems(made):
        return
    taken = rules.measures(made, default_duration_s=86_400)
    violation = outcome in (Outcome.RESTRICT, Outcome.REMOVE)
    assert bool(taken) == violation
    assert violation <= (policy is not None and outcome in policy.outcomes)
    if violation:
        (own,) = [action for action in taken if action.scope is Scope.ITEM]
        assert own.type.value == outcome.value
        assert all(action.duration_s is None for action in taken if action.type is Measure.REMOVE)
        assert policy is not None
        assert cleared or not policy.restricted


@pytest.mark.parametrize(("machine", "states"), [(FLAG_MACHINE, FlagState), (ITEM_MACHINE, ItemState)])
def test_machines_name_only_their_states_reach_all_and_leave_no_doubt(
    machine: tuple[rules.Transition, ...], states: type[FlagState] | type[ItemState]
) -> None:
    known = set(states)
    assert {t.before for t in machine} - {None} <= known
    reached: set[str | None] = {None}
    for _ in known:
        reached |= {t.after for t in machine if t.before in reached}
    assert reached - {None} == known
    assert len({(t.before, t.event, t.after) for t in machine}) == len(machine)
    assert all(t.guard for t in machine)


def test_sources_of_an_event() -> None:
    assert set(rules.sources_of(ITEM_MACHINE, "undo")) == {*rules.WAITING, ItemState.DECIDED} - {
        ItemState.PENDING
    }
    assert rules.sources_of(FLAG_MACHINE, "violation") == (FlagState.LINKED, FlagState.DISMISSED)
    with pytest.raises(KeyError):
        rules.sources_of(ITEM_MACHINE, "explode")


def test_queues_of_the_restricted_class_are_apart() -> None:
    tiers = product((False, True), ((1, False), (1, True), (2, False), (2, True)))
    names = [rules.queue_of(restricted=r, stage=stage, second=second) for r, (stage, second) in tiers]
    assert len(set(names)) == 6
    assert {name.startswith("restricted") for name in names[4:]} == {True}
    assert not rules.RESTRICTED_QUEUES & set(names[:4])


DUAL = PolicyRule(Severity.CRITICAL, ALL_OUTCOMES, dual_control=True)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (choice(Outcome.REMOVE, DUAL), Opinion.FIRST),
        (choice(Outcome.ALLOW, flagged=DUAL), Opinion.FIRST),
        (choice(Outcome.REMOVE, LOW, flagged=DUAL), Opinion.FIRST),
        (choice(Outcome.ALLOW, flagged=LOW), Opinion.SOLE),
        (choice(Outcome.REMOVE, HIGH, flagged=LOW), Opinion.SOLE),
        (choice(Outcome.ESCALATE, DUAL, flagged=DUAL), Opinion.SOLE),
        (choice(Outcome.ALLOW, flagged=DUAL, second=True), Opinion.SECOND),
        (choice(Outcome.REMOVE, LOW, second=True), Opinion.SECOND),
        (choice(Outcome.ESCALATE, second=True), Opinion.SOLE),
        (choice(Outcome.REMOVE, DUAL, flagged=DUAL, stage=2, second=True), Opinion.SOLE),
        (choice(Outcome.REMOVE, DUAL, flagged=DUAL, stage=2), Opinion.SOLE),
    ],
)
def test_when_two_people_decide(made: Choice, expected: Opinion) -> None:
    assert rules.opinion(made) is expected


def test_a_lead_who_decides_over_an_opinion_says_why() -> None:
    assert rules.problems(choice(Outcome.ALLOW, stage=2, second=True))
    assert not rules.problems(choice(Outcome.ALLOW, stage=2, second=True, facts="why"))


def test_rules_and_schemas_are_pure() -> None:
    """The client imports them: no database, no server framework may come along."""
    code = (
        "import sys, server.moderation.rules, server.moderation.schemas;"
        "print([m for m in ('sqlalchemy', 'fastapi', 'starlette') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
