"""What the uncleared are told of a decision, and what people keep who may not judge any more: nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.audit.models import AuditEntry
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import NotFound
from server.kit.events import Bus, Event
from server.moderation import handlers, service
from server.moderation.rules import ContentType, ItemState, Measure, Outcome, Scope
from server.moderation.schemas import ActionBody, Judgement
from tests.server.moderation.conftest import CSAM, GRACE_S, SPAM, NewPerson, Studio, acting

BOTH = [
    ActionBody(type=Measure.REMOVE, scope=Scope.ITEM),
    ActionBody(type=Measure.REMOVE, scope=Scope.ACCOUNT),
]


def told(db: Database, *targets: str) -> set[str]:
    """What a reader without clearance learns from the audit log about the availability of these."""
    shown = sa.select(AuditEntry.action).where(
        AuditEntry.target.in_(targets),
        AuditEntry.restricted.is_(False),
        AuditEntry.action.like("%availability"),
    )
    with db.read() as s:
        return set(s.scalars(shown))


def test_a_decision_into_the_class_tells_no_outcome(
    db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    video = studio.video()
    got = studio.flag(fan, video, SPAM)
    claim = studio.take(cleared, got.item_id)
    studio.decide(cleared, claim, Outcome.REMOVE, policy=CSAM, facts="a child", actions=BOTH)
    assert told(db, f"video:{video}", f"person:{studio.owner.id}") == set()


def test_a_decision_about_a_comment_of_the_class_and_its_undoing_tell_nothing(
    db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    comment = studio.comment(studio.video(), fan)
    got = studio.flag(studio.owner, comment, CSAM, ContentType.COMMENT)
    claim = studio.take(cleared, got.item_id)
    decision = studio.decide(cleared, claim, Outcome.REMOVE, policy=CSAM, facts="words", actions=BOTH)
    with db.write() as s:
        service.undo(s, actor=cleared, decision_id=decision, lease_s=600)
    assert told(db, f"comment:{comment}", f"person:{fan.id}") == set()


def test_a_reversal_into_the_class_tells_nothing_new(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    video, lead = studio.video(), person(Role.LEAD, cleared=True)
    with clock.held() as now:
        decision = studio.decide(moderator, studio.take(moderator, studio.flag(fan, video).item_id))
        now.advance(timedelta(seconds=GRACE_S))
        body = Judgement(outcome=Outcome.REMOVE, policy=CSAM, facts="a child", actions=BOTH)
        with db.write() as s:
            service.reverse(s, actor=lead, decision_id=decision, body=body)
    assert told(db, f"video:{video}", f"person:{studio.owner.id}") == set()


def change(db: Database, actor: Actor, **what: Any) -> None:
    """Change a person and let moderation hear of it."""
    with db.write() as s:
        version = s.get_one(Person, actor.person).version
        accounts.edit_person(s, actor=SYSTEM, person_id=actor.person, version=version, **what)
    with db.write() as s:
        handlers.person_changed(s, Event(subject=str(actor.person), payload={}))


def test_whoever_lost_the_clearance_neither_decides_nor_keeps_the_claim(
    db: Database, studio: Studio, fan: Actor, person: NewPerson
) -> None:
    before = person(Role.MODERATOR, cleared=True)
    plain, hidden = studio.flag(fan, studio.video(), SPAM), studio.flag(fan, studio.video(), CSAM)
    claim, other = studio.take(before, hidden.item_id), studio.take(before, plain.item_id)
    now = acting(Person(id=before.person, handle=before.handle), Role.MODERATOR)
    with pytest.raises(NotFound):
        studio.decide(now, claim)
    with pytest.raises(NotFound), db.write() as s:
        service.heartbeat(s, actor=now, item_id=claim.item_id, token=claim.claim_token, lease_s=600)
    change(db, before, cleared=False)
    assert (studio.item(hidden.item_id).state, studio.item(hidden.item_id).claimed_by) == ("pending", None)
    studio.decide(now, other)


@pytest.mark.parametrize("what", [{"state": PersonState.SUSPENDED}, {"roles": [Role.CREATOR]}])
def test_whoever_may_not_judge_any_more_leaves_claims_and_holds_to_others(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson, what: dict[str, Any]
) -> None:
    mine, held, theirs = (studio.flag(fan, studio.video(), SPAM).item_id for _ in range(3))
    leaver = person(Role.MODERATOR)
    studio.take(leaver, mine)
    studio.take(moderator, theirs)
    claim = studio.take(leaver, held)
    with db.write() as s:
        service.hold(
            s, actor=leaver, item_id=held, token=claim.claim_token, reason="asking someone", seconds=3600
        )
    change(db, leaver, **what)
    assert [studio.item(one).state for one in (mine, held, theirs)] == ["pending", "pending", "claimed"]
    assert studio.item(held).held_until is None


def test_a_lead_who_is_one_no_more_leaves_what_was_escalated(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    got, lead = studio.flag(fan, studio.video(), SPAM), person(Role.LEAD)
    studio.decide(moderator, studio.take(moderator, got.item_id), Outcome.ESCALATE, facts="unsure")
    studio.take(lead, got.item_id)
    plain = studio.take(lead, studio.flag(fan, studio.video(), SPAM).item_id)
    change(db, lead, roles=[Role.MODERATOR])
    assert studio.item(got.item_id).state == ItemState.ESCALATED
    assert studio.item(plain.item_id).state == ItemState.CLAIMED


def test_moderation_hears_of_people_who_change(db: Database, moderator: Actor) -> None:
    bus = Bus()
    handlers.register(bus)
    with db.write() as s:
        bus.emit(s, "accounts.person_changed", moderator.person, state="suspended")
    assert bus.deliver_due(db) == 1
