"""Nobody judges in their own case: neither their own content nor a decision that was theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.accounts.permissions import Role
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Forbidden
from server.moderation import service
from server.moderation.rules import Outcome
from server.moderation.schemas import Judgement
from tests.server.moderation.conftest import GORE, GRACE_S, NewPerson, Studio

ALLOW = Judgement(outcome=Outcome.ALLOW, facts="mine")


def test_nobody_claims_or_reverses_on_their_own_content(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    video = studio.video(owner=lead)
    got = studio.flag(fan, video, GORE)
    with pytest.raises(Conflict) as refused:
        studio.take(lead, got.item_id)
    assert refused.value.code == "excluded"
    with clock.held() as now:
        decision = studio.decide(
            moderator, studio.take(moderator, got.item_id), Outcome.REMOVE, policy=GORE, facts="blood"
        )
        now.advance(timedelta(seconds=GRACE_S))
        with pytest.raises(Forbidden) as denied, db.write() as s:
            service.reverse(s, actor=lead, decision_id=decision, body=ALLOW)
        assert denied.value.code == "own_content"
        assert studio.availability(video) == "removed"


def test_a_decision_is_reversed_by_someone_else(
    db: Database, studio: Studio, fan: Actor, lead: Actor, person: NewPerson
) -> None:
    got = studio.flag(fan, studio.video(), GORE)
    with clock.held() as now:
        decision = studio.decide(
            lead, studio.take(lead, got.item_id), Outcome.REMOVE, policy=GORE, facts="blood"
        )
        now.advance(timedelta(seconds=GRACE_S))
        with pytest.raises(Forbidden) as denied, db.write() as s:
            service.reverse(s, actor=lead, decision_id=decision, body=ALLOW)
        assert denied.value.code == "own_decision"
        other = person(Role.LEAD)
        with db.write() as s:
            service.reverse(s, actor=other, decision_id=decision, body=ALLOW)
