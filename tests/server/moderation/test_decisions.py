"""Decisions take effect when their grace is over, can be undone until then, and are never edited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit.verify import verify
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Conflict, Forbidden, Invalid
from server.moderation import service, sweeps
from server.moderation.models import Action, Decision, Flag, Mark, Strike
from server.moderation.queries import creators
from server.moderation.rules import FlagState, ItemState, Measure, Outcome, Scope
from server.moderation.schemas import ActionBody, Claim, Judgement, MarkBody
from tests.server.moderation.conftest import GORE, GRACE_S, HATE, LEASE_S, SPAM, NewPerson, Studio

GRACE = timedelta(seconds=GRACE_S)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def case(studio: Studio, fan: Actor, moderator: Actor) -> tuple[UUID, Claim]:
    """A flagged video that the moderator has claimed."""
    video = studio.video()
    return video, studio.take(moderator, studio.flag(fan, video, GORE).item_id)


def undo(db: Database, actor: Actor, decision_id: UUID) -> Any:
    with db.write() as s:
        return service.undo(s, actor=actor, decision_id=decision_id, lease_s=LEASE_S)


def reverse(db: Database, actor: Actor, decision_id: UUID, outcome: Outcome, **more: Any) -> UUID:
    with db.write() as s:
        body = Judgement(outcome=outcome, facts="a second look", **more)
        return service.reverse(s, actor=actor, decision_id=decision_id, body=body).decision_id


def finish(db: Database) -> int:
    with db.write() as s:
        return sweeps.make_final(s)


def flag_states(db: Database, item_id: UUID) -> set[FlagState]:
    with db.read() as s:
        return set(s.scalars(sa.select(Flag.state).where(Flag.item_id == item_id)))


def strikes(db: Database) -> list[Strike]:
    with db.read() as s:
        return list(s.scalars(sa.select(Strike).order_by(Strike.at)))


def test_a_removal_takes_effect_exactly_when_the_grace_is_over(
    studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    video, claim = case
    with clock.held() as now:
        studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
        now.advance(GRACE - INSTANT)
        assert studio.availability(video) == "public"
        now.advance(INSTANT)
        assert studio.availability(video) == "removed"


def test_undo_at_the_last_instant_gives_the_claim_back(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    video, claim = case
    with clock.held() as now:
        decision = studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
        assert flag_states(db, claim.item_id) == {FlagState.ACTIONED}
        now.advance(GRACE - INSTANT)
        back = undo(db, moderator, decision)
        assert back.claim_token == claim.claim_token + 1
        assert flag_states(db, claim.item_id) == {FlagState.LINKED}
        now.advance(GRACE)
        assert studio.availability(video) == "public"
        assert finish(db) == 0
        with pytest.raises(Conflict):
            studio.decide(moderator, claim, Outcome.ALLOW)
        fresh = claim.model_copy(update={"claim_token": back.claim_token})
        studio.decide(moderator, fresh, Outcome.ALLOW)
        with pytest.raises(Conflict) as refused:
            undo(db, moderator, decision)
        assert refused.value.code == "already_undone"
    assert studio.item(claim.item_id).state == ItemState.DECIDED


def test_undo_at_the_instant_of_effect_is_too_late(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    video, claim = case
    with clock.held() as now:
        decision = studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
        now.advance(GRACE)
        with pytest.raises(Conflict) as refused:
            undo(db, moderator, decision)
        assert refused.value.code == "grace_over"
        assert studio.availability(video) == "removed"


def test_only_the_decider_undoes(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, case: tuple[UUID, Claim]
) -> None:
    decision = studio.decide(moderator, case[1])
    with pytest.raises(Forbidden):
        undo(db, lead, decision)


def test_undo_meets_a_new_item_of_an_edited_version(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    video = studio.video()
    decision = studio.decide(moderator, studio.take(moderator, studio.flag(fan, video).item_id))
    studio.retitle(video, "Another title")
    studio.flag(person(Role.FAN), video)
    with pytest.raises(Conflict) as refused:
        undo(db, moderator, decision)
    assert refused.value.code == "moved_on"


def test_escalation_goes_to_a_lead_and_can_be_undone_until_one_takes_it(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, case: tuple[UUID, Claim]
) -> None:
    _, claim = case
    with pytest.raises(Invalid):
        studio.decide(moderator, claim, Outcome.ESCALATE)
    decision = studio.decide(moderator, claim, Outcome.ESCALATE, facts="is this news?")
    item = studio.item(claim.item_id)
    assert (item.state, item.stage, item.queue_id) == ("escalated", 2, "escalated")
    assert flag_states(db, claim.item_id) == {FlagState.LINKED}
    back = undo(db, moderator, decision)
    assert studio.item(claim.item_id).stage == 1
    again = claim.model_copy(update={"claim_token": back.claim_token})
    decision = studio.decide(moderator, again, Outcome.ESCALATE, facts="is this news?")
    taken = studio.claim(lead)
    assert taken is not None
    with pytest.raises(Conflict) as refused:
        undo(db, moderator, decision)
    assert refused.value.code == "moved_on"
    studio.decide(lead, taken, Outcome.ALLOW)
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Decision)) == 3


def test_an_invalid_decision_says_every_reason_and_changes_nothing(
    studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    _, claim = case
    with pytest.raises(Invalid) as refused:
        studio.decide(
            moderator,
            claim,
            Outcome.REMOVE,
            policy=SPAM,
            actions=[
                ActionBody(type=Measure.RESTRICT, scope=Scope.ITEM),
                ActionBody(type=Measure.REMOVE, scope=Scope.ACCOUNT, duration_s=7200),
            ],
        )
    assert refused.value.code == "invalid_decision"
    assert refused.value.detail.count(".") >= 3
    assert studio.item(claim.item_id).state == ItemState.CLAIMED


def test_the_client_may_make_the_id_of_a_decision_once(
    studio: Studio, fan: Actor, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    made = uuid4()
    assert studio.decide(moderator, case[1], id=made) == made
    other = studio.take(moderator, studio.flag(fan, studio.video()).item_id)
    with pytest.raises(Conflict) as refused:
        studio.decide(moderator, other, id=made)
    assert refused.value.code == "id_taken"
    assert studio.item(other.item_id).state == ItemState.CLAIMED


def test_a_strike_comes_with_finality_and_goes_with_a_reversal(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, case: tuple[UUID, Claim], person: NewPerson
) -> None:
    video, claim = case
    with clock.held() as now:
        decision = studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
        assert finish(db) == 0
        with pytest.raises(Conflict) as refused:
            reverse(db, lead, decision, Outcome.ALLOW)
        assert refused.value.code == "in_grace"
        now.advance(GRACE)
        assert finish(db) == 1
        assert finish(db) == 0
        (strike,) = strikes(db)
        assert (strike.person_id, strike.points, strike.revoked_at) == (studio.owner.id, 2, None)
        new = reverse(db, lead, decision, Outcome.ALLOW)
        assert studio.availability(video) == "public"
        assert strikes(db)[0].revoked_at == now.at
        assert flag_states(db, claim.item_id) == {FlagState.DISMISSED}
        with pytest.raises(Conflict) as refused:
            reverse(db, lead, decision, Outcome.ALLOW)
        assert refused.value.code == "not_standing"
        reverse(db, person(Role.LEAD), new, Outcome.RESTRICT, policy=GORE)
        assert studio.availability(video) == "restricted"
        assert finish(db) == 1
        assert [s.revoked_at for s in strikes(db)] == [now.at, None]
    with db.read() as s:
        known = creators.summary(s, actor=moderator, person_id=studio.owner.id)
    assert known is not None
    assert (known.strike_points, known.violations, known.allowed) == (2, 1, 0)


def test_a_temporary_restriction_ends_by_itself(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    video, claim = case
    with clock.held() as now:
        studio.decide(
            moderator,
            claim,
            Outcome.RESTRICT,
            policy=GORE,
            actions=[ActionBody(type=Measure.RESTRICT, scope=Scope.ITEM, duration_s=3600)],
        )
        now.advance(GRACE)
        assert studio.availability(video) == "restricted"
        now.advance(timedelta(seconds=3600))
        with db.write() as s:
            assert sweeps.lift_expired(s) == 1
            assert sweeps.lift_expired(s) == 0
        assert studio.availability(video) == "public"


def test_of_two_decisions_on_one_video_the_stricter_counts(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    video = studio.video()
    mild = studio.take(moderator, studio.flag(fan, video, GORE).item_id)
    harsh = studio.take(moderator, studio.flag(fan, video, HATE).item_id)
    with clock.held() as now:
        removal = studio.decide(moderator, harsh, Outcome.REMOVE, policy=HATE)
        studio.decide(moderator, mild, Outcome.RESTRICT, policy=GORE)
        now.advance(GRACE)
        assert studio.availability(video) == "removed"
        reverse(db, lead, removal, Outcome.ALLOW)
        assert studio.availability(video) == "restricted"


def test_undoing_one_of_two_keeps_the_other(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video()
    mild = studio.take(moderator, studio.flag(fan, video, GORE).item_id)
    harsh = studio.take(moderator, studio.flag(fan, video, HATE).item_id)
    with clock.held() as now:
        studio.decide(moderator, mild, Outcome.RESTRICT, policy=GORE)
        removal = studio.decide(moderator, harsh, Outcome.REMOVE, policy=HATE)
        undo(db, moderator, removal)
        now.advance(GRACE)
        assert studio.availability(video) == "restricted"


def test_an_account_measure_acts_on_the_profile(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    with clock.held() as now:
        studio.decide(
            moderator,
            case[1],
            Outcome.REMOVE,
            policy=GORE,
            actions=[ActionBody(type=Measure.RESTRICT, scope=Scope.ACCOUNT, duration_s=86_400)],
        )
        now.advance(GRACE)
        with db.read() as s:
            assert s.get_one(Person, studio.owner.person).available == "restricted"


def test_blocked_content_shows_what_is_in_force(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    _, claim = case
    with clock.held(clock.now() - timedelta(minutes=1)):
        decision = studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
    blocked = sa.text("SELECT content_type, block_reason, appealable, appeal_deadline FROM blocked_content")
    with db.read() as s:
        (row,) = s.execute(blocked).all()
        assert row[:3] == ("video", GORE, True)
        assert row.appeal_deadline is not None
    with db.write() as s:
        s.execute(sa.update(Action).where(Action.decision_id == decision).values(ended_at=clock.now()))
    with db.read() as s:
        assert s.execute(blocked).all() == []


def test_marks_are_kept_as_evidence_even_when_the_decision_is_undone(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim]
) -> None:
    _, claim = case
    decision = studio.decide(
        moderator,
        claim,
        marks=[
            MarkBody(frame=3, pts=1536, ms=120, label="knife"),
            MarkBody(in_ms=100, out_ms=900, label="fight", note="two people"),
        ],
    )
    undo(db, moderator, decision)
    with db.read() as s:
        assert sorted(s.scalars(sa.select(Mark.label))) == ["fight", "knife"]


@pytest.mark.parametrize("table", ["moderation_decisions", "moderation_policy_versions"])
def test_the_database_refuses_to_change_what_is_immutable(
    db: Database, studio: Studio, moderator: Actor, case: tuple[UUID, Claim], table: str
) -> None:
    studio.decide(moderator, case[1])
    column = "policy_version = policy_version" if table.endswith("decisions") else "author = 'me'"
    statements = [f"UPDATE {table} SET {column}", f"DELETE FROM {table}"]
    if db.sqlite:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    else:
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with pytest.raises(DatabaseError), db.writer.begin() as c:
            c.exec_driver_sql(statement)


def test_everything_is_on_an_unbroken_record(
    db: Database, studio: Studio, moderator: Actor, keys: Keys, case: tuple[UUID, Claim]
) -> None:
    decision = studio.decide(moderator, case[1], Outcome.REMOVE, policy=GORE)
    undo(db, moderator, decision)
    with db.read() as s:
        verdict = verify(s, keys)
        actions = list(s.scalars(sa.text("SELECT action FROM audit_log ORDER BY seq")))
    assert verdict.whole
    ours = [action for action in actions if action.startswith("moderation.")]
    assert ours == [
        "moderation.policies_installed",
        "moderation.item_flagged",
        "moderation.item_claimed",
        "moderation.item_decided",
        "moderation.decision_undone",
    ]
