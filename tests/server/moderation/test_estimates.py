"""How long a review takes is learned from what is final."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.moderation.models import HandlingTimes
from server.moderation.rules import ContentType, Outcome
from server.moderation.service import estimates
from tests.server.moderation.conftest import GORE, SPAM, Studio
from tests.server.moderation.test_decisions import GRACE, finish, reverse, undo


def test_the_estimate_is_the_median_of_the_latest(db: Database, studio: Studio) -> None:
    for ms in [1_000_000] * 50 + [100] * 99 + [300] * 101:
        with db.write() as s:
            estimates.learn(s, [(SPAM, ContentType.VIDEO, ms)])
    with db.read() as s:
        known = s.scalars(sa.select(HandlingTimes)).one()
    assert (len(known.recent_ms), known.median_ms) == (200, 300)


def test_the_estimate_learns_once_from_what_is_final(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, fan: Actor
) -> None:
    def learnt() -> list[int]:
        with db.read() as s:
            return s.scalar(sa.select(HandlingTimes.recent_ms)) or []

    claim = studio.take(moderator, studio.flag(fan, studio.video(), GORE).item_id)
    with clock.held() as now:
        now.advance(timedelta(seconds=20))
        back = undo(db, moderator, studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE))
        now.advance(GRACE)
        assert (finish(db), learnt()) == (0, [])
        fresh = claim.model_copy(update={"claim_token": back.claim_token})
        decision = studio.decide(moderator, fresh)
        assert learnt() == []
        now.advance(GRACE)
        assert (finish(db), finish(db), learnt()) == (1, 0, [10_000])
        reverse(db, lead, decision, Outcome.REMOVE, policy=GORE)
        assert (finish(db), learnt()) == (1, [10_000])
