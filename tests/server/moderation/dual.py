"""A case under dual control, for the tests of first and second opinions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.kit.access import Actor
from server.kit.db import Database
from server.moderation import service, sweeps
from server.moderation.models import Flag, Strike
from server.moderation.rules import FlagState, Outcome
from tests.server.moderation.conftest import GRACE_S, LEASE_S, Studio

TERROR = "terrorism.propaganda"
GRACE = timedelta(seconds=GRACE_S)
SECRET = "the flag at 0:03"


class Case:
    """A video flagged under dual control, and short words for what is done with it."""

    def __init__(self, db: Database, studio: Studio, fan: Actor) -> None:
        self.db, self.studio = db, studio
        self.video = studio.video()
        flag = studio.flag(fan, self.video, TERROR)
        self.id, self.flag_id = flag.item_id, flag.flag_id

    def decide(self, actor: Actor, outcome: Outcome = Outcome.REMOVE, **more: Any) -> UUID:
        named = {} if outcome in (Outcome.ALLOW, Outcome.ESCALATE) else {"policy": TERROR}
        claim = self.studio.take(actor, self.id)
        return self.studio.decide(actor, claim, outcome, **{"facts": SECRET} | named | more)

    def undo(self, actor: Actor, decision: UUID) -> Any:
        with self.db.write() as s:
            return service.undo(s, actor=actor, decision_id=decision, lease_s=LEASE_S)

    @property
    def item(self) -> Any:
        return self.studio.item(self.id)

    @property
    def shown(self) -> str:
        return self.studio.availability(self.video)

    @property
    def flag(self) -> FlagState:
        with self.db.read() as s:
            return s.get_one(Flag, self.flag_id).state

    def sweep(self) -> None:
        with self.db.write() as s:
            sweeps.make_final(s)
            sweeps.lift_expired(s)

    def strikes(self) -> int:
        with self.db.read() as s:
            return s.scalar(sa.select(sa.func.count()).select_from(Strike)) or 0
