"""A decision being made: nothing invalid can be held, whatever is chosen in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.moderation import rules
from server.moderation.rules import Measure, Outcome, PolicyRule, Scope, Severity
from server.moderation.schemas import MarkBody, PolicyNode, Review
from studio.tabs.moderation.decision_state import (
    DURATIONS,
    NOTHING,
    Case,
    Draft,
    from_body,
    from_plain,
    matching,
    sentence,
    shortlist,
    to_plain,
    two_opinions,
)
from tests.studio.tabs.moderation.world import item, policies, review_of

TREE = {node.code: node for node in map(PolicyNode.model_validate, policies())}
GRAPHIC, SPAM, MINORS = "violence.graphic", "spam.repetitive", "safety.minors"
MARK = MarkBody(frame=3, pts=900, ms=100, label="frame", note="here")


def case(*, stage: int = 1, cleared: bool = False, tree: dict[str, PolicyNode] | None = None) -> Case:
    review = review_of(item(0, stage=stage))
    return Case(review, TREE if tree is None else tree, restricted=False, cleared=cleared)


def sent(made: Case, draft: Draft) -> rules.Choice:
    """What the server would judge by: the same rules over the body that is sent."""
    body = made.body(draft, decision_id=uuid4(), claim_token=1, ms_viewed=0, ms_revealed=0)
    node = made.node(body.policy)
    return rules.Choice(
        outcome=body.outcome,
        stage=made.review.item.stage,
        restricted_item=False,
        cleared=False,
        policy=PolicyRule(node.severity, frozenset(node.outcomes), node.restricted) if node else None,
        facts=body.facts,
        actions=tuple(rules.ActionChoice(a.type, a.scope, a.duration_s) for a in body.actions),
    )


CHOICES = st.lists(
    st.one_of(
        st.sampled_from([(Case.with_outcome, outcome) for outcome in Outcome]),
        st.sampled_from([(Case.with_policy, code) for code in TREE]),
        st.sampled_from([(Case.with_account, measure) for measure in (None, *Measure)]),
    ),
    max_size=8,
)


@given(CHOICES, st.booleans(), st.sampled_from([1, 2]))
def test_what_is_ready_is_what_the_server_accepts(
    choices: list[tuple[Callable[..., Draft], object]], facts: bool, stage: int
) -> None:
    made, draft = case(stage=stage), Draft(facts="seen" if facts else "")
    for choose, what in choices:
        draft = choose(made, draft, what)
    if draft.outcome is not None:
        assert not made.barred(draft, draft.outcome)
    if not made.problems(draft):
        assert rules.problems(sent(made, draft)) == []
    else:
        with pytest.raises(ValueError, match=r"\w"):
            made.body(draft, decision_id=uuid4(), claim_token=1, ms_viewed=0, ms_revealed=0)


def test_allowing_takes_the_policy_back_and_a_policy_takes_allow_back() -> None:
    made = case()
    draft = made.with_policy(NOTHING, SPAM)
    draft = made.with_outcome(draft, Outcome.ALLOW)
    assert (draft.outcome, draft.policy) == (Outcome.ALLOW, None)
    draft = made.with_policy(draft, SPAM)
    assert (draft.outcome, draft.policy) == (None, SPAM)


def test_the_same_again_changes_nothing_and_none_takes_back() -> None:
    made = case()
    removed = made.with_outcome(NOTHING, Outcome.REMOVE)
    assert made.with_outcome(removed, Outcome.REMOVE) == removed
    assert made.with_outcome(removed, None) == NOTHING
    spam = made.with_policy(NOTHING, SPAM)
    assert made.with_policy(spam, SPAM) == spam
    assert made.with_policy(spam, None) == NOTHING


def test_a_policy_without_the_outcome_bars_it_and_says_why() -> None:
    gentle = TREE[SPAM].model_copy(update={"outcomes": [Outcome.RESTRICT]})
    made = case(tree={**TREE, SPAM: gentle})
    draft = made.with_policy(made.with_outcome(NOTHING, Outcome.REMOVE), SPAM)
    assert draft.outcome is None
    assert "does not provide" in made.barred(draft, Outcome.REMOVE)
    assert not made.barred(draft, Outcome.RESTRICT)


def test_measures_on_the_account_go_with_severe_policies_only() -> None:
    made = case()
    grave = made.with_outcome(made.with_policy(NOTHING, GRAPHIC), Outcome.REMOVE)
    with_account = made.with_account(grave, Measure.RESTRICT)
    assert with_account.account is Measure.RESTRICT
    mild = made.with_policy(with_account, SPAM)
    assert TREE[SPAM].severity.tier < Severity.HIGH.tier
    assert mild.account is None


def test_a_duration_goes_into_the_measures_that_can_be_temporary() -> None:
    made = case()
    draft = made.with_outcome(made.with_policy(NOTHING, GRAPHIC), Outcome.RESTRICT)
    draft = Draft(draft.outcome, draft.policy, duration_s=DURATIONS["7 days"], account=Measure.REMOVE)
    body = made.body(draft, decision_id=uuid4(), claim_token=4, ms_viewed=9, ms_revealed=2)
    assert [(a.type, a.scope, a.duration_s) for a in body.actions] == [
        (Measure.RESTRICT, Scope.ITEM, 7 * 86_400),
        (Measure.REMOVE, Scope.ACCOUNT, None),
    ]
    assert (body.claim_token, body.ms_viewed, body.ms_revealed) == (4, 9, 2)


def test_critical_needs_facts_and_a_second_press() -> None:
    made = case()
    critical = next(code for code, node in TREE.items() if node.severity is Severity.CRITICAL)
    draft = made.with_outcome(made.with_policy(NOTHING, critical), Outcome.REMOVE)
    assert any("facts" in problem for problem in made.problems(draft))
    assert made.presses(draft) == 2
    assert made.presses(made.with_outcome(NOTHING, Outcome.ALLOW)) == 1


def test_an_escalated_item_is_not_escalated_again() -> None:
    assert "escalated already" in case(stage=2).barred(NOTHING, Outcome.ESCALATE)
    assert not case().barred(NOTHING, Outcome.ESCALATE)


def test_a_decision_says_that_it_is_one_of_two() -> None:
    dual = {code: node.model_copy(update={"dual_control": True}) for code, node in TREE.items()}
    made, remove = case(tree=dual), Draft(outcome=Outcome.REMOVE, policy=GRAPHIC, facts="seen")
    assert (two_opinions(NOTHING, made), two_opinions(remove, case())) == ("", "")
    assert two_opinions(remove, made).startswith("First opinion")
    assert "restricted" in two_opinions(remove, made)
    assert "restricted" not in two_opinions(Draft(outcome=Outcome.ALLOW), made)
    assert two_opinions(Draft(outcome=Outcome.ESCALATE, facts="unsure"), made) == ""
    second = Case(review_of(item(0, has_first_opinion=True)), dual, restricted=False, cleared=False)
    assert two_opinions(NOTHING, second).startswith("Second opinion")
    assert two_opinions(remove, second).startswith("Second opinion")
    lead = Case(review_of(item(0, has_first_opinion=True, stage=2)), dual, restricted=False, cleared=False)
    assert two_opinions(remove, lead) == ""
    assert any("opinion" in problem for problem in lead.problems(Draft(outcome=Outcome.ALLOW)))


def test_the_shortlist_begins_with_what_was_flagged_most() -> None:
    review: Review = review_of(item(3))
    flags = [flag.model_copy(update={"policy": code}) for code, flag in zip(
        (SPAM, GRAPHIC, GRAPHIC), review.flags, strict=False)]  # fmt: skip
    listed = [node.code for node in shortlist(review.model_copy(update={"flags": flags}), TREE)]
    assert listed[:2] == [GRAPHIC, SPAM]
    assert len(listed) == len(set(listed)) <= 9


@pytest.mark.parametrize(
    "draft",
    [
        NOTHING,
        Draft(Outcome.REMOVE, GRAPHIC, "seen", ("saved:1",), Measure.RESTRICT, 86_400, (MARK,)),
        Draft(facts="only words"),
    ],
)
def test_a_draft_survives_the_disk(draft: Draft) -> None:
    assert from_plain(to_plain(draft)) == draft


@pytest.mark.parametrize("plain", [None, 3, {}, {"outcome": "explode"}, {"outcome": None, "marks": 4}])
def test_anything_else_on_the_disk_is_an_empty_draft(plain: object) -> None:
    assert from_plain(plain) == NOTHING


def test_a_refused_body_becomes_the_draft_that_it_was_made_from() -> None:
    made = case()
    draft = Draft(Outcome.RESTRICT, GRAPHIC, "seen", (), Measure.RESTRICT, DURATIONS["3 days"], (MARK,))
    body = made.body(draft, decision_id=uuid4(), claim_token=1, ms_viewed=0, ms_revealed=0)
    assert from_body(body.model_dump(mode="json")) == draft


def test_the_sentence_says_all_that_will_happen() -> None:
    draft = Draft(Outcome.REMOVE, GRAPHIC, account=Measure.RESTRICT)
    assert sentence(draft, case()) == "Remove: Graphic violence, restrict the account"


def test_policies_are_found_by_title_code_and_words() -> None:
    nodes = [
        *TREE.values(),
        TREE[SPAM].model_copy(update={"code": "x.y", "title": "Other", "covers": "graphic"}),
    ]
    assert [node.code for node in matching(nodes, "graphic")] == [GRAPHIC, "x.y"]
    assert [node.code for node in matching(nodes, "repet spam")] == [SPAM]
