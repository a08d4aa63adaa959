"""Items and flags against a simple model: moderators, leads, the cleared, time, whatever the order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from server.accounts.permissions import Role
from server.audit.verify import verify
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import DomainError
from server.kit.wire import Availability
from server.moderation import rules, service
from server.moderation.models import Action, Decision, Finality, Flag, Item, Strike, Undo
from server.moderation.rules import (
    AVAILABILITY,
    FLAG_MACHINE,
    ITEM_MACHINE,
    OPEN,
    ContentType,
    FlagState,
    ItemState,
    Measure,
    Opinion,
    Outcome,
)
from server.moderation.schemas import Judgement, Transfer
from server.moderation.service.cancel import follow_subject
from server.moderation.service.restriction import quarantine
from tests.server.moderation.conftest import GORE, LEASE_S, NewPerson, Studio
from tests.server.moderation.dual import TERROR
from tests.server.moderation.machine import ANYONE, JUDGED, LATER, Daily
from tests.server.moderation.model import HELD, LEADS, Believed, Filed, empty

A_LEAD = st.sampled_from(sorted(LEADS))
JUDGED_FLAG = {Outcome.ALLOW: FlagState.DISMISSED, Outcome.REMOVE: FlagState.ACTIONED}
SPENT = {FlagState.WITHDRAWN, FlagState.DUPLICATE, FlagState.MOOT}
STEPS = 40


def allowed(machine: tuple[rules.Transition, ...]) -> set[tuple[str | None, str]]:
    return {(t.before, t.after) for t in machine}


class Moderation(Daily):
    """The rarer commands, and what must hold after every one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_items: dict[UUID, str] = {}
        self.seen_flags: dict[UUID, str] = {}
        self.reversals: set[tuple[str, UUID, int]] = set()

    @initialize()
    def open_the_shift(self) -> None:
        """Videos that wait and one that is claimed: hypothesis leaves out whole rules in most runs."""
        for policy in (GORE, TERROR, TERROR):
            self.flag_new("ann", policy)
        self.check()
        self.claim("mod")

    def pick(self, data: st.DataObject, *states: ItemState) -> UUID:
        """An item in one of these states, if there is one, or else any."""
        fit = [item_id for item_id, b in self.items.items() if b.state in states]
        return data.draw(st.sampled_from(fit or list(self.items)))

    @rule(data=st.data(), who=ANYONE)
    def claim_by_id(self, data: st.DataObject, who: str) -> None:
        self.take(who, self.pick(data, *OPEN))

    def take(self, who: str, item_id: UUID) -> bool:
        believed = self.items[item_id]
        got = self.attempt(
            lambda s: service.claim_item(s, actor=self.staff[who], item_id=item_id, lease_s=LEASE_S)
        )
        if not believed.waits_for(who) or not self.has_room(who):
            assert isinstance(got, DomainError)
            return False
        held = self.granted(item_id, who)
        assert (got.claim_token, got.lease_until) == (held.token, held.until)
        return True

    @rule(data=st.data(), who=ANYONE, verb=JUDGED, seconds=LATER)
    def judge(self, data: st.DataObject, who: str, verb: str, seconds: int) -> None:
        """One that somebody can take, from the claim to the decision; mostly second opinions."""
        mine = {item_id: b for item_id, b in self.items.items() if b.waits_for(who)}
        second = [item_id for item_id, b in mine.items() if b.state is ItemState.AWAITING_SECOND]
        if mine and self.take(who, item_id := data.draw(st.sampled_from(second or list(mine)))):
            self.check()
            self.now.advance(timedelta(seconds=seconds))
            self.act(who, item_id, self.items[item_id].token, verb)

    @rule(who=ANYONE)
    def prefetch(self, who: str) -> None:
        ahead = [
            (item_id, b.claim)
            for item_id, b in self.items.items()
            if b.state is ItemState.CLAIMED and b.claim and b.claim.ahead
            if b.claim.by == who and b.claim.until > self.now.at
        ]
        got = self.attempt(lambda s: service.prefetch(s, actor=self.staff[who]))
        if ahead:
            ((item_id, claim),) = ahead
            claim.until = self.now.at + timedelta(seconds=rules.PREFETCH_S)
            assert (got.item_id, got.claim_token, got.lease_until) == (item_id, claim.token, claim.until)
        elif not self.has_room(who):
            assert isinstance(got, DomainError)
        else:
            waiting = {i for i, b in self.items.items() if b.waits_for(who) and not b.restricted}
            assert (got.item_id in waiting) if got else not waiting
            if got:
                self.granted(got.item_id, who, seconds=rules.PREFETCH_S, ahead=True)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), to=ANYONE, seconds=LATER)
    def transfer(self, data: st.DataObject, to: str, seconds: int) -> None:
        live = [token for token in self.tokens if self.live(*token)]
        who, item_id, token = data.draw(st.sampled_from(live or self.tokens[-1:]))
        self.now.advance(timedelta(seconds=seconds))
        fits = to in self.items[item_id].takers(but=who) and self.has_room(to)
        body = Transfer(claim_token=token, reason="why", person_id=self.staff[to].person)
        got = self.attempt(
            lambda s: service.transfer(s, actor=self.staff[who], item_id=item_id, body=body, lease_s=LEASE_S)
        )
        if not self.live(who, item_id, token) or not fits:
            assert isinstance(got, DomainError)
        else:
            assert got.lease_until == self.granted(item_id, to).until

    @rule(data=st.data(), who=A_LEAD)
    def take_over(self, data: st.DataObject, who: str) -> None:
        item_id = self.pick(data, *HELD)
        believed = self.items[item_id]
        got = self.attempt(
            lambda s: service.take_over(
                s, actor=self.staff[who], item_id=item_id, reason="why", lease_s=LEASE_S
            )
        )
        others = believed.state in HELD and believed.owner != who
        if not others or who not in believed.takers() or not self.has_room(who):
            assert isinstance(got, DomainError)
        else:
            assert got.claim_token == self.granted(item_id, who).token

    @precondition(lambda self: any(b.decision for b in self.items.values()))
    @rule(data=st.data(), who=A_LEAD, outcome=st.sampled_from([Outcome.ALLOW, Outcome.REMOVE]), seconds=LATER)
    def reverse(self, data: st.DataObject, who: str, outcome: Outcome, seconds: int) -> None:
        item_id = data.draw(st.sampled_from([i for i, b in self.items.items() if b.decision]))
        believed, filed = self.items[item_id], self.items[item_id].decision
        assert filed is not None
        self.now.advance(timedelta(seconds=seconds))
        policy = believed.policy if outcome is Outcome.REMOVE else None
        body = Judgement(outcome=outcome, policy=policy, facts="why")
        got = self.attempt(
            lambda s: service.reverse(s, actor=self.staff[who], decision_id=filed.id, body=body)
        )
        own = filed.by == who or (filed.first is not None and who in believed.judges)
        stands = believed.state is ItemState.DECIDED and self.now.at >= filed.effective_at
        if own or not stands or not believed.seen_by(who):
            assert isinstance(got, DomainError)
            return
        assert not isinstance(got, DomainError), got
        believed.token += 1
        self.reversals.add((who, item_id, believed.token))
        believed.decision = Filed(
            got.decision_id, who, outcome, self.now.at, Opinion.SOLE, filed.stage, None, reverses=True
        )
        believed.close(outcome)

    @rule(data=st.data())
    def restrict(self, data: st.DataObject) -> None:
        """What an item of this video is waits, or is held, in the class from now on."""
        video = self.items[self.pick(data, *HELD)].video
        with self.db.write() as s:
            quarantine(s, content_type=ContentType.VIDEO, content_id=video)
        self.into_the_class(video)

    @rule(data=st.data())
    def delete_or_restore(self, data: st.DataObject) -> None:
        video = data.draw(st.sampled_from(sorted(self.gone) * 3 + list(self.videos)))
        self.gone ^= {video}
        self.studio.delete(video, gone=video in self.gone)
        with self.db.write() as s:
            follow_subject(s, actor=SYSTEM, content_type=ContentType.VIDEO, content_id=video)
        for believed in (b for b in self.items.values() if b.video == video):
            if video in self.gone and believed.state in OPEN and not believed.restricted:
                believed.freed(ItemState.CANCELLED)
                believed.turn({FlagState.LINKED}, FlagState.MOOT)
            elif video not in self.gone and believed.has_flag(FlagState.MOOT):
                believed.freed()
                believed.turn({FlagState.MOOT}, FlagState.LINKED)

    @invariant()
    def check(self) -> None:
        with self.db.read() as s:
            found = {row.id: row for row in s.execute(sa.select(Item.__table__))}
            flags = {row.id: row.state for row in s.execute(sa.select(Flag.id, Flag.state))}
            decided = s.execute(
                sa.select(Decision.decider_id, Decision.item_id, Decision.claim_token, Decision.reverses_id)
            ).all()
            strikes = set(s.scalars(sa.select(Strike.decision_id)))
            waiting = set(s.scalars(sa.select(Finality.decision_id)))
            undone = set(s.scalars(sa.select(Undo.decision_id)))
            actions = s.execute(sa.select(Action).where(Action.ended_at.is_(None))).scalars().all()
        assert set(found) == set(self.items)
        for item_id, believed in self.items.items():
            self.is_believed(found[item_id], believed)
            self.flags_agree(believed, flags)
        people = {actor.person: who for who, actor in self.staff.items()}
        for row in decided:
            fence = (people[row.decider_id], row.item_id, row.claim_token)
            assert fence in (self.reversals if row.reverses_id else self.tokens), "a stale token decided"
        assert strikes == self.struck
        assert not waiting & undone
        self.availability_agrees(actions)
        self.only_known_transitions({i: row.state for i, row in found.items()}, flags)

    def is_believed(self, row: Any, believed: Believed) -> None:
        assert (row.state, row.stage, row.claim_token, row.skip_count) == (
            believed.state,
            believed.stage,
            believed.token,
            believed.skips,
        )
        assert row.restricted == believed.restricted
        assert row.decision_id == (believed.decision and believed.decision.id)
        assert row.first_opinion_id == (believed.first and believed.first.id)
        if believed.state in OPEN:
            assert row.queue_id == rules.queue_of(
                restricted=believed.restricted, stage=believed.stage, second=believed.first is not None
            )
        claim = believed.claim if believed.state is ItemState.CLAIMED else None
        assert row.lease_until == (claim and claim.until)
        owner = self.staff[believed.owner].person if believed.state in HELD else None
        assert (row.claimed_by, row.held_until) == (owner, believed.held_until)
        assert row.priority == sum(points for _, points in row.priority_why)

    def flags_agree(self, believed: Believed, flags: dict[UUID, str]) -> None:
        """As the model has them, and none says another thing than its item."""
        fits = {FlagState.LINKED}
        if believed.state is ItemState.DECIDED and believed.decision:
            fits = {JUDGED_FLAG[believed.decision.outcome]}
        for flag_id, (_, state) in believed.flags.items():
            assert flags[flag_id] == state
            assert state in fits | SPENT
        assert believed.has_flag(FlagState.MOOT) <= (believed.state is ItemState.CANCELLED)
        assert believed.has_flag(FlagState.DUPLICATE) <= (believed.state is ItemState.DECIDED)

    def availability_agrees(self, actions: Any) -> None:
        """Shown is what the strictest action in force asks for, where no other instant is still to come."""
        for video in self.videos:
            mine = [action for action in actions if action.target_id == video]
            ends = [action.ends_at for action in mine if action.ends_at is not None]
            if all(action.starts_at <= self.now.at for action in mine) and all(
                end <= self.now.at for end in ends
            ):
                left = [action.type for action in mine if action.ends_at is None]
                strictest = max(left, key=list(Measure).index, default=None)
                expected = AVAILABILITY[strictest] if strictest else Availability.PUBLIC
                assert self.studio.availability(video) == expected

    def only_known_transitions(self, found: dict[UUID, str], flags: dict[UUID, str]) -> None:
        """What was seen before leads to what is seen now by an entry of the published tables."""
        for table, before, now in (
            (ITEM_MACHINE, self.seen_items, found),
            (FLAG_MACHINE, self.seen_flags, flags),
        ):
            known = allowed(table)
            for key, state in now.items():
                was = before.get(key)
                assert was == state or (was, state) in known, (was, state)
            before.update(now)


@pytest.mark.parametrize("runs", [12, pytest.param(400, marks=pytest.mark.drill)])
def test_items_and_flags_follow_the_model(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, person: NewPerson, keys: Keys, runs: int
) -> None:
    """A fresh set of videos per run, in one database: items of earlier runs are taken away first."""
    staff = {
        "mod": moderator,
        "two": person(Role.MODERATOR),
        "lead": lead,
        "safe": person(Role.MODERATOR, cleared=True),
        "boss": person(Role.LEAD, cleared=True),
    }
    fans = {name: person(Role.FAN) for name in ("ann", "bob", "cem")}

    class Here(Moderation):
        def __init__(self) -> None:
            self.db, self.studio, self.staff, self.fans = db, studio, staff, fans
            empty(db)
            super().__init__()

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with db.read() as s:
        assert verify(s, keys).whole
