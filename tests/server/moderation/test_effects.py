"""The strictest action in force sets the availability, also when two are decided at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from server.accounts.permissions import Role
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.moderation import service
from server.moderation.rules import Outcome
from server.moderation.schemas import NewDecision
from tests.server.moderation.conftest import GORE, GRACE_S, HATE, NewPerson, Studio


def test_of_two_decisions_at_once_the_strictest_counts(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    """The other one is taken while this one is not committed: it waits, and then sees this one's action."""
    video, other = studio.video(), person(Role.MODERATOR)
    gore, hate = studio.flag(fan, video, GORE).item_id, studio.flag(fan, video, HATE).item_id
    mine, theirs = studio.take(moderator, gore), studio.take(other, hate)
    remove = NewDecision(claim_token=mine.claim_token, outcome=Outcome.REMOVE, policy=GORE, facts="gore")
    with clock.held() as now, ThreadPoolExecutor(1) as elsewhere:
        with db.write() as s:
            service.decide(s, actor=moderator, item_id=gore, body=remove, grace_s=GRACE_S)
            late = elsewhere.submit(studio.decide, other, theirs, Outcome.RESTRICT, policy=HATE)
            if not db.sqlite:
                with pytest.raises(TimeoutError):
                    late.result(timeout=0.5)
        late.result(timeout=10)
        now.advance(timedelta(seconds=GRACE_S))
        assert studio.availability(video) == "removed"
