"""Dual control: under the gravest policies two people decide, neither knowing of the other, or a lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, DomainError, Forbidden, Invalid
from server.moderation import service, sweeps
from server.moderation.models import Action, Decision, Item
from server.moderation.queries.decisions import decisions
from server.moderation.queries.review import review
from server.moderation.rules import FlagState, ItemState, Measure, Opinion, Outcome, Scope
from server.moderation.schemas import ActionBody, Claim, Judgement
from server.moderation.service.cancel import cancel_items, reopen_items
from tests.server.moderation.conftest import CSAM, GORE, LEASE_S, SPAM, NewPerson, Studio
from tests.server.moderation.dual import GRACE, TERROR, Case


@pytest.fixture
def case(db: Database, studio: Studio, fan: Actor) -> Case:
    return Case(db, studio, fan)


def test_the_first_opinion_restricts_and_waits_for_another_person(
    case: Case, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    case.decide(moderator, actions=[ActionBody(type=Measure.REMOVE, scope=Scope.ACCOUNT)])
    assert (case.item.state, case.item.stage, case.item.queue_id) == ("awaiting_second", 1, "second_opinion")
    assert case.shown == "public"
    now.advance(GRACE)
    assert case.shown == "restricted"
    case.sweep()
    assert (case.flag, case.strikes()) == (FlagState.LINKED, 0)
    assert case.studio.claim(moderator) is None
    with pytest.raises(Conflict) as refused:
        case.studio.take(moderator, case.id)
    assert refused.value.code == "excluded"
    claim = case.studio.claim(second)
    assert claim is not None
    assert claim.item_id == case.id
    with case.db.read() as s:
        (kept,) = decisions(s, actor=moderator, where=Decision.item_id == case.id, limit=9)
        assert (kept.opinion, [a.interim for a in kept.actions]) == (Opinion.FIRST, [True])
        assert [(a.type, a.scope) for a in kept.proposed] == [("remove", "item"), ("remove", "account")]


def test_what_waits_with_the_highest_priority_comes_first_whatever_its_queue(
    case: Case, moderator: Actor, second: Actor, fan: Actor
) -> None:
    case.decide(moderator)
    studio = case.studio
    urgent, idle = (studio.flag(fan, studio.video(), policy=GORE).item_id for _ in range(2))
    with case.db.write() as s:
        for item_id, priority in ((urgent, 30_000), (case.id, 20_000), (idle, 10_000)):
            s.execute(sa.update(Item).where(Item.id == item_id).values(priority=priority))
    claims = [studio.claim(second) for _ in range(3)]
    assert [claim.item_id for claim in claims if claim] == [urgent, case.id, idle]


def test_agreement_decides_with_the_full_effects(
    case: Case, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    first = case.decide(moderator)
    now.advance(GRACE * 6)
    made = case.decide(second, policy="terrorism.instructions")
    assert (case.item.state, case.item.decision_id, case.item.first_opinion_id) == ("decided", made, first)
    assert (case.flag, case.shown) == (FlagState.ACTIONED, "restricted")
    now.advance(GRACE)
    assert case.shown == "removed"
    case.sweep()
    assert (case.shown, case.strikes()) == ("removed", 1)
    with case.db.read() as s:
        assert s.get_one(Decision, made).first_opinion_id == first
        ended = s.scalars(sa.select(Action.ended_at).where(Action.decision_id == first)).one()
        assert ended == now.at


def test_two_opinions_go_to_a_lead_who_sees_both_and_decides_alone(
    case: Case, moderator: Actor, second: Actor, lead: Actor, now: clock.Held
) -> None:
    first = case.decide(moderator)
    now.advance(GRACE)
    other = case.decide(second, Outcome.ALLOW)
    assert (case.item.state, case.item.stage, case.item.queue_id) == ("escalated", 2, "escalated")
    now.advance(GRACE)
    assert (case.shown, case.flag) == ("restricted", FlagState.LINKED)
    for whoever in (moderator, second):
        with pytest.raises(DomainError):
            case.studio.take(whoever, case.id)
    claim = case.studio.take(lead, case.id)
    with case.db.read() as s:
        assert {d.id for d in review(s, actor=lead, item_id=case.id).decisions} == {first, other}
    with pytest.raises(Invalid, match="facts"):
        case.studio.decide(lead, claim, Outcome.ALLOW)
    made = case.studio.decide(lead, claim, Outcome.ALLOW, facts="news, and it says so")
    assert (case.item.state, case.shown) == ("decided", "restricted")
    now.advance(GRACE)
    assert (case.shown, case.flag) == ("public", FlagState.DISMISSED)
    case.sweep()
    assert (case.shown, case.strikes()) == ("public", 0)
    with case.db.read() as s:
        kept = s.get_one(Decision, made)
        assert (kept.opinion, kept.first_opinion_id) == (Opinion.SOLE, first)


def test_a_violation_against_an_allowance_restricts_too_until_the_lead_has_decided(
    case: Case, moderator: Actor, second: Actor, lead: Actor, now: clock.Held
) -> None:
    case.decide(moderator, Outcome.ALLOW)
    now.advance(GRACE)
    assert (case.item.state, case.shown) == ("awaiting_second", "public")
    case.decide(second)
    now.advance(GRACE)
    assert (case.item.state, case.shown) == ("escalated", "restricted")
    case.decide(lead)
    now.advance(GRACE)
    assert case.shown == "removed"


def test_allowing_twice_is_enough(case: Case, moderator: Actor, second: Actor) -> None:
    case.decide(moderator, Outcome.ALLOW)
    case.decide(second, Outcome.ALLOW)
    assert (case.item.state, case.flag) == ("decided", FlagState.DISMISSED)


def test_a_lesser_policy_is_a_judgement_on_the_graver_one_too(case: Case, moderator: Actor) -> None:
    case.decide(moderator, Outcome.RESTRICT, policy=GORE)
    assert case.item.state == "awaiting_second"


@pytest.mark.parametrize("policy", [SPAM, GORE])
def test_other_policies_need_no_second_person(
    studio: Studio, fan: Actor, moderator: Actor, policy: str
) -> None:
    got = studio.flag(fan, studio.video(), policy)
    studio.decide(moderator, studio.take(moderator, got.item_id), Outcome.ALLOW)
    assert studio.item(got.item_id).state == "decided"


def test_naming_such_a_policy_is_enough(studio: Studio, fan: Actor, moderator: Actor) -> None:
    got = studio.flag(fan, studio.video(), GORE)
    claim = studio.take(moderator, got.item_id)
    studio.decide(moderator, claim, Outcome.REMOVE, policy=TERROR, facts="seen")
    assert studio.item(got.item_id).state == "awaiting_second"


def test_what_was_escalated_a_lead_decides_alone(case: Case, moderator: Actor, lead: Actor) -> None:
    case.decide(moderator, Outcome.ESCALATE)
    case.decide(lead)
    assert case.item.state == "decided"


def test_each_opinion_can_be_undone_within_its_grace_by_its_author_only(
    case: Case, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    first = case.decide(moderator)
    with pytest.raises(Forbidden):
        case.undo(second, first)
    back = case.undo(moderator, first)
    assert (case.item.state, case.item.queue_id, case.item.first_opinion_id) == ("claimed", "general", None)
    with case.db.write() as s:
        service.release(s, actor=moderator, item_id=case.id, token=back.claim_token)
    now.advance(GRACE)
    assert case.shown == "public"
    first = case.decide(moderator)
    now.advance(GRACE)
    for outcome, left in ((Outcome.REMOVE, "decided"), (Outcome.ALLOW, "escalated")):
        theirs = case.decide(second, outcome)
        assert case.item.state == left
        with pytest.raises(Forbidden):
            case.undo(moderator, theirs)
        back = case.undo(second, theirs)
        assert (case.item.state, case.item.stage, case.item.queue_id) == ("claimed", 1, "second_opinion")
        assert (case.item.first_opinion_id, case.flag) == (first, FlagState.LINKED)
        now.advance(GRACE)
        assert case.shown == "restricted"
        with case.db.write() as s:
            service.release(s, actor=second, item_id=case.id, token=back.claim_token)
        assert case.item.state == "awaiting_second"
    with pytest.raises(Conflict) as late:
        case.undo(moderator, first)
    assert late.value.code == "grace_over"


def test_a_first_opinion_that_someone_has_taken_up_cannot_be_undone(
    case: Case, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    first = case.decide(moderator)
    case.studio.take(second, case.id)
    with pytest.raises(Conflict) as refused:
        case.undo(moderator, first)
    assert refused.value.code == "moved_on"


def test_whatever_ends_a_second_claim_the_item_awaits_the_second_again(
    db: Database, case: Case, moderator: Actor, second: Actor, person: NewPerson, now: clock.Held
) -> None:
    case.decide(moderator)

    def claim(who: Actor) -> Claim:
        taken = case.studio.claim(who)
        assert taken is not None
        return taken

    token = claim(second).claim_token
    with db.write() as s:
        service.release(s, actor=second, item_id=case.id, token=token)
    assert case.item.state == "awaiting_second"
    token = claim(second).claim_token
    with db.write() as s:
        service.hold(s, actor=second, item_id=case.id, token=token, reason="asking", seconds=900)
    now.advance(timedelta(seconds=900))
    with db.write() as s:
        assert sweeps.end_holds(s) == 1
    assert case.item.state == "awaiting_second"
    stale = claim(second)
    now.advance(timedelta(seconds=LEASE_S))
    with db.write() as s:
        assert sweeps.lapse_claims(s) == 1
    assert case.item.state == "awaiting_second"
    with pytest.raises(Conflict) as refused:
        case.studio.decide(second, stale, Outcome.REMOVE, policy=TERROR, facts="late")
    assert refused.value.code == "lease_lost"
    token = claim(second).claim_token
    with db.write() as s:
        service.skip(s, actor=second, item_id=case.id, token=token, reason="known to me")
    assert case.item.state == "awaiting_second"
    assert case.studio.claim(second) is None
    assert case.studio.claim(person(Role.MODERATOR)) is not None


def test_entering_the_restricted_class_keeps_the_opinion(
    studio: Studio, case: Case, fan: Actor, moderator: Actor, second: Actor
) -> None:
    case.decide(moderator)
    case.studio.take(second, case.id)
    studio.flag(fan, case.video, CSAM)
    assert (case.item.state, case.item.queue_id) == (ItemState.AWAITING_SECOND, "restricted_second")


def test_an_opinion_outlives_the_last_flag_and_a_deletion(
    db: Database, case: Case, moderator: Actor, fan: Actor, now: clock.Held
) -> None:
    case.decide(moderator)
    with db.write() as s:
        cancel_items(s, actor=moderator, content_id=case.video, content_types=["video"])  # type: ignore[list-item]
    assert case.item.state == "cancelled"
    with db.write() as s:
        reopen_items(s, actor=moderator, content_id=case.video, content_types=["video"])  # type: ignore[list-item]
    assert case.item.state == "awaiting_second"
    with db.write() as s:
        service.withdraw_flag(s, actor=fan, flag_id=case.flag_id)
    assert case.item.state == "awaiting_second"


def test_where_the_case_goes_on_elsewhere_the_restriction_ends(
    db: Database, studio: Studio, case: Case, moderator: Actor, person: NewPerson, now: clock.Held
) -> None:
    case.decide(moderator)
    now.advance(GRACE)
    with db.write() as s:
        cancel_items(s, actor=moderator, content_id=case.video, content_types=["video"])  # type: ignore[list-item]
    later = studio.flag(person(Role.MODERATOR), case.video, TERROR)
    assert later.item_id != case.id
    with db.write() as s:
        reopen_items(s, actor=moderator, content_id=case.video, content_types=["video"])  # type: ignore[list-item]
    assert (case.item.state, case.shown) == ("cancelled", "public")


def test_nobody_who_gave_an_opinion_reverses_the_decision(
    db: Database, case: Case, lead: Actor, second: Actor, person: NewPerson, now: clock.Held
) -> None:
    case.decide(lead)
    now.advance(GRACE)
    made = case.decide(second)
    now.advance(GRACE)
    body = Judgement(outcome=Outcome.ALLOW, facts="a second look")
    with pytest.raises(Forbidden), db.write() as s:
        service.reverse(s, actor=lead, decision_id=made, body=body)
    another = person(Role.LEAD)
    with db.write() as s:
        service.reverse(s, actor=another, decision_id=made, body=body)
    assert case.shown == "public"
