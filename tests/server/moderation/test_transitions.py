"""Every row of the published state machines is walked once, from its state before to its state after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.moderation import service, sweeps
from server.moderation.models import Flag
from server.moderation.rules import (
    FLAG_MACHINE,
    ITEM_MACHINE,
    WAITING,
    ContentType,
    FlagState,
    ItemState,
    Outcome,
    Transition,
)
from server.moderation.schemas import Judgement, NewDecision
from server.moderation.service.cancel import cancel_items, reopen_items
from server.moderation.service.restriction import quarantine
from tests.server.moderation.conftest import CSAM, GORE, GRACE_S, LEASE_S, NewPerson, Studio

TERROR = "terrorism.propaganda"
VIDEOS = (ContentType.VIDEO,)


class Walker:
    """One video and its item, brought into a state and then through one event."""

    def __init__(self, db: Database, studio: Studio, now: clock.Held, fan: Actor, person: NewPerson) -> None:
        self.db, self.studio, self.now, self.fan = db, studio, now, fan
        self.one, self.two = person(Role.MODERATOR), person(Role.MODERATOR, cleared=True)
        self.lead, self.other_lead = person(Role.LEAD, cleared=True), person(Role.LEAD, cleared=True)
        self.decision: UUID
        self.token = 0

    def run(self, name: str, **given: Any) -> Any:
        with self.db.write() as s:
            return getattr(service, name)(s, **given)

    def flagged(self, policy: str) -> None:
        self.video = self.studio.video()
        self.flag = self.studio.flag(self.fan, self.video, policy)
        self.item_id = self.flag.item_id

    @property
    def state(self) -> ItemState:
        return self.studio.item(self.item_id).state

    @property
    def flag_state(self) -> FlagState:
        with self.db.read() as s:
            return s.get_one(Flag, self.flag.flag_id).state

    # The states of rest, and whoever may claim there

    def rest(self, where: ItemState) -> None:
        self.flagged(TERROR)
        self.who = self.one
        if where is ItemState.AWAITING_SECOND:
            self.claim()
            self.decide(Outcome.REMOVE)
            self.who = self.two
        elif where is ItemState.ESCALATED:
            self.claim()
            self.decide(Outcome.ESCALATE)
            self.who = self.lead

    def reach(self, state: ItemState, rest: ItemState) -> None:
        """Bring the item into `state` on a way that passes by `rest`."""
        self.rest(rest)
        if state is ItemState.CANCELLED:
            self.cancel()
        elif state is not rest:
            self.claim()
            if state is ItemState.ON_HOLD:
                self.hold()
            elif state is ItemState.DECIDED:
                self.decide(Outcome.REMOVE)

    # Events

    def claim(self) -> None:
        taken = self.run("claim_item", actor=self.who, item_id=self.item_id, lease_s=LEASE_S)
        self.token = taken.claim_token

    def decide(self, outcome: Outcome, policy: str | None = TERROR) -> None:
        body = NewDecision(
            claim_token=self.token,
            outcome=outcome,
            policy=None if outcome is Outcome.ALLOW else policy,
            facts="seen",
        )
        done = self.run("decide", actor=self.who, item_id=self.item_id, body=body, grace_s=GRACE_S)
        self.decision = done.decision_id

    def hold(self) -> None:
        self.mine("hold", reason="asking", seconds=900)

    def mine(self, verb: str, **more: Any) -> None:
        self.run(verb, actor=self.who, item_id=self.item_id, token=self.token, **more)

    def undo(self) -> None:
        self.run("undo", actor=self.who, decision_id=self.decision, lease_s=LEASE_S)

    def reverse(self, outcome: Outcome = Outcome.ALLOW) -> None:
        self.now.advance(timedelta(seconds=GRACE_S))
        policy = None if outcome is Outcome.ALLOW else GORE
        body = Judgement(outcome=outcome, policy=policy, facts="a second look")
        self.run("reverse", actor=self.other_lead, decision_id=self.decision, body=body)

    def cancel(self) -> None:
        with self.db.write() as s:
            cancel_items(s, actor=self.fan, content_id=self.video, content_types=VIDEOS)

    def reopen(self) -> None:
        with self.db.write() as s:
            reopen_items(s, actor=self.fan, content_id=self.video, content_types=VIDEOS)

    def restrict(self) -> None:
        with self.db.write() as s:
            quarantine(s, content_type=ContentType.VIDEO, content_id=self.video)

    def suspend(self) -> None:
        with self.db.write() as s:
            s.execute(sa.update(Person).where(Person.id == self.who.id).values(state=PersonState.SUSPENDED))
            sweeps.end_claims_of(s, self.who.person)

    def pass_time(self, seconds: int) -> None:
        self.now.advance(timedelta(seconds=seconds))
        with self.db.write() as s:
            sweeps.lapse_claims(s)
            sweeps.end_holds(s)

    def escalate(self, after: ItemState) -> None:
        self.decide(Outcome.ESCALATE, TERROR if after is ItemState.ESCALATED else CSAM)

    def event(self, row: Transition) -> None:
        """Do what the row names."""
        after = ItemState(row.after)
        does = {
            "claim": self.claim,
            "release": lambda: self.mine("release"),
            "skip": lambda: self.mine("skip", reason="known to me"),
            "heartbeat": lambda: self.mine("heartbeat", lease_s=LEASE_S),
            "hold": self.hold,
            "resume": lambda: self.run("resume", actor=self.who, item_id=self.item_id, lease_s=LEASE_S),
            "lapse": lambda: self.pass_time(LEASE_S),
            "wake": lambda: self.pass_time(900),
            "restrict": self.restrict,
            "revoke": self.suspend,
            "decide": lambda: self.decide(Outcome.REMOVE),
            "first": lambda: self.decide(Outcome.REMOVE),
            "agree": lambda: self.decide(Outcome.REMOVE),
            "disagree": lambda: self.decide(Outcome.ALLOW),
            "escalate": lambda: self.escalate(after),
            "undo": self.undo,
            "reverse": self.reverse,
            "cancel": self.cancel,
            "reopen": self.reopen,
        }
        does[row.event]()


@pytest.fixture
def walker(db: Database, studio: Studio, fan: Actor, person: NewPerson) -> Iterator[Walker]:
    with clock.held() as now:
        yield Walker(db, studio, now, fan, person)


def names(row: Transition) -> str:
    return f"{row.before}-{row.event}-{row.after}"


RESTS = {
    "agree": ItemState.AWAITING_SECOND,
    "disagree": ItemState.AWAITING_SECOND,
    "first": ItemState.PENDING,
    "decide": ItemState.ESCALATED,
    "reverse": ItemState.ESCALATED,
}
"""Where one must come from for this to happen; under this policy nobody but a lead decides alone."""


def rest_of(row: Transition) -> ItemState:
    """By which state of rest the item comes to the row: unless the event says, the one that the row names."""
    if row.event in RESTS:
        return RESTS[row.event]
    if row.before == ItemState.DECIDED:
        return ItemState.ESCALATED
    if (row.event, row.after) == ("escalate", ItemState.ESCALATED):
        return ItemState.PENDING
    return next((ItemState(s) for s in (row.before, row.after) if s in WAITING), ItemState.PENDING)


@pytest.mark.parametrize("row", ITEM_MACHINE, ids=names)
def test_every_row_of_the_item_machine(walker: Walker, row: Transition) -> None:
    if row.before is None:
        walker.flagged(GORE)
    elif row.event == "undo" and row.before in WAITING:
        walker.rest(ItemState(row.before))
        walker.who = walker.one
        walker.undo()
    else:
        walker.reach(ItemState(row.before), rest_of(row))
        assert walker.state == row.before
        walker.event(row)
    assert walker.state == row.after


def closed(walker: Walker, before: FlagState) -> None:
    """Decide the walker's item so that its flag comes into this state."""
    walker.flagged(GORE)
    walker.who = walker.one
    walker.claim()
    walker.decide(Outcome.REMOVE if before is FlagState.ACTIONED else Outcome.ALLOW, GORE)


def repeated(walker: Walker, by: Actor) -> None:
    """Let someone say again what has just been decided."""
    walker.claim()
    walker.decide(Outcome.ALLOW)
    walker.flag = walker.studio.flag(by, walker.video, GORE)


@pytest.mark.parametrize("row", FLAG_MACHINE, ids=names)
def test_every_row_of_the_flag_machine(walker: Walker, fan: Actor, creator: Actor, row: Transition) -> None:
    before, after = row.before and FlagState(row.before), FlagState(row.after)
    if before in (FlagState.ACTIONED, FlagState.DISMISSED):
        closed(walker, before)
    else:
        walker.flagged(GORE)
        walker.who = walker.one
    if before is FlagState.MOOT:
        walker.cancel()
    if before is FlagState.DUPLICATE:
        repeated(walker, creator)
    if before is not None:
        assert walker.flag_state == before
    match row.event:
        case "repeat":
            repeated(walker, creator)
        case "withdraw":
            walker.run("withdraw_flag", actor=fan, flag_id=walker.flag.flag_id)
        case "subject_gone":
            walker.cancel()
        case "subject_back":
            walker.reopen()
        case "undo" | "heard":
            walker.undo()
        case "violation" | "no_violation" if before is FlagState.LINKED:
            walker.claim()
            walker.decide(Outcome.REMOVE if row.event == "violation" else Outcome.ALLOW, GORE)
        case "violation" | "no_violation":
            walker.reverse(Outcome.REMOVE if row.event == "violation" else Outcome.ALLOW)
    assert walker.flag_state == after
