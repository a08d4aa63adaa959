"""What a simple model believes of items and claims, for the tests that compare it with the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from server.kit.db import Database
from server.moderation.rules import FlagState, ItemState, Opinion, Outcome, rest_state
from tests.server.moderation.dual import TERROR

STAFF = ("mod", "two", "lead", "safe", "boss")
LEADS = frozenset({"lead", "boss"})
CLEARED = frozenset({"safe", "boss"})
HELD = (ItemState.CLAIMED, ItemState.ON_HOLD)
CLOSED = {FlagState.ACTIONED, FlagState.DISMISSED}


@dataclass
class Held:
    """What the model believes of a claim; `ahead`: it was loaded ahead."""

    by: str
    token: int
    until: datetime
    began: datetime
    ahead: bool = False


@dataclass(frozen=True)
class Filed:
    """What the model believes of a decision; `first` is the opinion that was on the item before it."""

    id: UUID
    by: str
    outcome: Outcome
    effective_at: datetime
    opinion: Opinion
    stage: int
    first: Filed | None
    reverses: bool = False

    @property
    def violation(self) -> bool:
        return self.outcome is Outcome.REMOVE

    def left_in(self) -> tuple[ItemState, ...]:
        """Where it left the item, so that it can be undone."""
        if self.outcome is Outcome.ESCALATE:
            return (ItemState.ESCALATED,)
        return {
            Opinion.SOLE: (ItemState.DECIDED,),
            Opinion.FIRST: (ItemState.AWAITING_SECOND,),
            Opinion.SECOND: (ItemState.DECIDED, ItemState.ESCALATED),
        }[self.opinion]


@dataclass
class Believed:
    """What the model believes of one item."""

    video: UUID
    policy: str
    flags: dict[UUID, tuple[str, FlagState]] = field(default_factory=dict)
    state: ItemState = ItemState.PENDING
    stage: int = 1
    restricted: bool = False
    token: int = 0
    claim: Held | None = None
    held_until: datetime | None = None
    worked: timedelta = timedelta()
    holder: str = ""
    skips: int = 0
    barred: set[str] = field(default_factory=set)
    judges: set[str] = field(default_factory=set)
    first: Filed | None = None
    decision: Filed | None = None

    @property
    def rest(self) -> ItemState:
        return rest_state(self.stage, second=self.first is not None)

    @property
    def owner(self) -> str:
        """Who has it, in hand or set aside."""
        return self.claim.by if self.claim else self.holder

    def seen_by(self, who: str) -> bool:
        return not self.restricted or who in CLEARED

    def takers(self, *, stage: int | None = None, but: str = "") -> set[str]:
        """Who could take it at this stage."""
        able = {who for who in STAFF if self.seen_by(who) and ((stage or self.stage) == 1 or who in LEADS)}
        return able - self.barred - {but}

    def waits_for(self, who: str) -> bool:
        return self.state is self.rest and who in self.takers()

    def freed(self, state: ItemState | None = None) -> None:
        self.state, self.claim, self.held_until = state or self.rest, None, None

    def turn(self, before: set[FlagState], after: FlagState) -> None:
        """Bring its flags from one of these states to another one."""
        for flag_id, (by, state) in self.flags.items():
            if state in before:
                self.flags[flag_id] = (by, after)

    def has_flag(self, state: FlagState) -> bool:
        return any(found is state for _, found in self.flags.values())

    def close(self, outcome: Outcome) -> None:
        """What a decision makes of its flags."""
        after = FlagState.DISMISSED if outcome is Outcome.ALLOW else FlagState.ACTIONED
        self.turn({FlagState.LINKED, *CLOSED}, after)

    def judged(self, who: str, decision_id: UUID, outcome: Outcome, at: datetime, *, to_class: bool) -> None:
        """A decision under the claim; `to_class`: it puts the item, open till now, into the class."""
        opinion = Opinion.SOLE
        if self.stage == 1 and outcome is not Outcome.ESCALATE and (self.first or self.policy == TERROR):
            opinion = Opinion.SECOND if self.first else Opinion.FIRST
        self.decision = Filed(decision_id, who, outcome, at, opinion, self.stage, self.first)
        differs = opinion is Opinion.SECOND and self.first is not None and self.first.outcome is not outcome
        self.stage += (outcome is Outcome.ESCALATE and not to_class) or differs
        if opinion is not Opinion.SOLE:
            self.judges.add(who)
        if opinion is Opinion.FIRST:
            self.first = self.decision
        if opinion is Opinion.FIRST or differs:
            self.barred.add(who)
        ends = opinion is not Opinion.FIRST and outcome is not Outcome.ESCALATE and not differs
        self.freed(ItemState.DECIDED if ends else None)
        if ends:
            self.close(outcome)

    def undone(self) -> None:
        """Its decision is taken back by who took it, to whom it is granted next."""
        assert self.decision is not None
        if self.decision.opinion is not Opinion.SOLE:
            self.judges.discard(self.decision.by)
            self.barred.discard(self.decision.by)
        self.stage = self.decision.stage
        self.first = self.decision = self.decision.first
        self.turn({FlagState.DUPLICATE, *CLOSED}, FlagState.LINKED)


def empty(db: Database) -> None:
    """Take away what an earlier run left, behind the back of the guards."""
    tables = [
        "strikes",
        "pending_effects",
        "undos",
        "actions",
        "marks",
        "notes",
        "exclusions",
        "flags",
        "decisions",
        "handling_times",
        "items",
    ]
    with db.writer.begin() as c:
        if db.sqlite:
            c.exec_driver_sql("DROP TRIGGER IF EXISTS moderation_decisions_no_delete")
        else:
            c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables:
            c.exec_driver_sql(f"DELETE FROM moderation_{table}")
