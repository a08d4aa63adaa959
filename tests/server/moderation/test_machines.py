"""Items and flags against a simple model: two moderators, a lead, time, undo, skips, whatever the order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server.accounts.permissions import Role
from server.audit.verify import verify
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Conflict, DomainError, Invalid, NotFound
from server.moderation import rules, service, sweeps
from server.moderation.models import Decision, Finality, Flag, Item, Strike, Undo
from server.moderation.rules import FLAG_MACHINE, ITEM_MACHINE, FlagState, ItemState, Outcome
from server.moderation.schemas import NewDecision
from tests.server.moderation.conftest import GORE, GRACE_S, LEASE_S, NewPerson, Studio
from tests.server.moderation.model import Believed, Held, empty

VERBS = ["heartbeat", "release", "skip", "hold", "allow", "remove", "escalate"]
LATER = st.sampled_from([0, 0, 1, GRACE_S, LEASE_S])
"""Seconds that pass before something is tried: none, within the grace, all of it, all of the lease."""
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def allowed(machine: tuple[rules.Transition, ...]) -> set[tuple[str | None, str]]:
    return {(t.before, t.after) for t in machine}


class Moderation(RuleBasedStateMachine):
    """Each rule does one thing to the database and the same to the model; both must agree on the answer."""

    db: Database
    staff: dict[str, Actor]
    fans: dict[str, Actor]
    studio: Studio
    keys: Keys

    def __init__(self) -> None:
        super().__init__()
        self._held = clock.held(START)
        self.now = self._held.__enter__()
        self.items: dict[UUID, Believed] = {}
        self.videos: dict[UUID, UUID] = {}
        self.tokens: list[tuple[str, UUID, int]] = []
        self.seen_items: dict[UUID, str] = {}
        self.seen_flags: dict[UUID, str] = {}
        self.speaking: set[tuple[str, UUID]] = set()
        self.struck: set[UUID] = set()

    def teardown(self) -> None:
        with self.db.read() as s:
            assert verify(s, self.keys).whole
        self._held.__exit__(None, None, None)

    def attempt(self, call: Callable[[Any], Any]) -> Any:
        """The result of a service call in its own transaction, or the refusal."""
        try:
            with self.db.write() as s:
                return call(s)
        except DomainError as refusal:
            return refusal

    def live(self, who: str, item_id: UUID, token: int) -> bool:
        """Whether the model grants this write its fence."""
        believed = self.items[item_id]
        claim = believed.claim
        return (
            believed.state is ItemState.CLAIMED
            and claim is not None
            and (claim.by, claim.token) == (who, token)
            and claim.until > self.now.at
        )

    def granted(self, believed: Believed, who: str) -> Held:
        believed.token += 1
        believed.state = ItemState.CLAIMED
        until = self.now.at + timedelta(seconds=LEASE_S)
        believed.claim = Held(who, believed.token, until, self.now.at)
        believed.held_until = None
        return believed.claim

    def freed(self, believed: Believed) -> None:
        believed.state, believed.claim, believed.held_until = believed.rest, None, None

    @initialize()
    def open_the_shift(self) -> None:
        """Two videos that wait and one that is claimed: hypothesis leaves out whole rules in most runs."""
        for _ in range(3):
            self.flag_one("ann", None)
        self.the_database_says_what_the_model_says()
        self.claim("mod")

    @rule(who=st.sampled_from(["ann", "bob", "cem"]), fresh=st.booleans(), data=st.data())
    def flag(self, who: str, fresh: bool, data: st.DataObject) -> None:
        self.flag_one(who, None if fresh else data.draw(st.sampled_from(list(self.videos))))

    def flag_one(self, who: str, video: UUID | None) -> None:
        if video is None:
            video = self.studio.video(f"video {len(self.videos)}")
        self.now.advance(timedelta(milliseconds=1))
        judged_in = self.videos.get(video)
        if judged_in is not None and self.items[judged_in].removed(self.now.at):
            with pytest.raises(NotFound):
                self.studio.flag(self.fans[who], video, GORE)
            return
        got = self.studio.flag(self.fans[who], video, GORE)
        if (who, video) in self.speaking:
            assert got.state is FlagState.DUPLICATE
            return
        self.speaking.add((who, video))
        current = self.videos.get(video)
        if current is None or self.items[current].state is ItemState.CANCELLED:
            self.items[got.item_id] = Believed(video)
            self.videos[video] = current = got.item_id
        assert got.item_id == current
        judged = self.items[current].state is ItemState.DECIDED
        assert got.state is (FlagState.DUPLICATE if judged else FlagState.LINKED)
        self.items[current].flags[got.flag_id] = (who, got.state)

    @rule(who=st.sampled_from(["mod", "two", "lead"]))
    def claim(self, who: str) -> None:
        def waits(believed: Believed) -> bool:
            tier = 2 if believed.state is ItemState.ESCALATED else 1
            ready = believed.state in (ItemState.PENDING, ItemState.ESCALATED)
            return ready and who not in believed.skipped_by and (tier == 1 or who == "lead")

        if (
            sum(b.claim.by == who and b.claim.until > self.now.at for b in self.items.values() if b.claim)
            >= rules.CLAIMS_MAX
        ):
            return
        got = self.studio.claim(self.staff[who])
        waiting = {item_id for item_id, believed in self.items.items() if waits(believed)}
        if got is None:
            assert not waiting
            return
        assert got.item_id in waiting
        held = self.granted(self.items[got.item_id], who)
        assert (got.claim_token, got.lease_until) == (held.token, held.until)
        self.tokens.append((who, got.item_id, got.claim_token))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), verb=st.sampled_from(VERBS), seconds=LATER)
    def act_on_a_claim(self, data: st.DataObject, verb: str, seconds: int) -> None:
        """Use one of the claims that were live some time ago, or else the latest that was given."""
        live = [token for token in self.tokens if self.live(*token)]
        chosen = data.draw(st.sampled_from(live or self.tokens[-1:]))
        self.now.advance(timedelta(seconds=seconds))
        self.act(*chosen, verb)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), verb=st.sampled_from(VERBS), who=st.sampled_from(["mod", "two", "lead"]))
    def act_with_any_token(self, data: st.DataObject, verb: str, who: str) -> None:
        """Use a token that was once given to someone; a stale or foreign one must change nothing."""
        _, item_id, token = data.draw(st.sampled_from(self.tokens))
        self.act(who, item_id, token, verb)

    def act(self, who: str, item_id: UUID, token: int, verb: str) -> None:
        live, believed, actor = self.live(who, item_id, token), self.items[item_id], self.staff[who]
        got = self.attempt(lambda s: self.do(s, actor, item_id, token, verb))
        if not live:
            assert isinstance(got, Conflict)
            assert got.code == "lease_lost"
            return
        if verb == "escalate" and believed.stage == 2:
            assert isinstance(got, Invalid)
            return
        if verb == "skip" and not believed.others(who):
            assert isinstance(got, Conflict)
            assert got.code == "nobody_else"
            return
        assert not isinstance(got, DomainError), got
        claim = believed.claim
        assert claim is not None
        if verb == "heartbeat":
            limit = claim.began + timedelta(seconds=rules.CLAIM_MAX_S)
            claim.until = min(self.now.at + timedelta(seconds=LEASE_S), limit)
            assert got.lease_until == claim.until
        elif verb == "release":
            self.freed(believed)
        elif verb == "skip":
            believed.skips += 1
            believed.skipped_by.add(who)
            if believed.skips >= rules.SKIPS_TO_ESCALATE and believed.stage == 1:
                believed.stage = 2
            self.freed(believed)
        elif verb == "hold":
            believed.worked = self.now.at - claim.began
            believed.state, believed.claim = ItemState.ON_HOLD, None
            believed.held_until = self.now.at + timedelta(seconds=900)
            believed.holder = who
        else:
            outcome = Outcome(verb)
            stage_before = believed.stage
            believed.claim = None
            believed.decision = (got.decision_id, who, outcome, got.effective_at)
            if outcome is Outcome.ESCALATE:
                believed.stage = stage_before + 1
                believed.state = ItemState.ESCALATED
            else:
                believed.state = ItemState.DECIDED
                after = FlagState.DISMISSED if outcome is Outcome.ALLOW else FlagState.ACTIONED
                self.close(believed, {FlagState.LINKED}, after)

    def do(self, s: Any, actor: Actor, item_id: UUID, token: int, verb: str) -> Any:
        if verb == "heartbeat":
            return service.heartbeat(s, actor=actor, item_id=item_id, token=token, lease_s=LEASE_S)
        if verb == "release":
            return service.release(s, actor=actor, item_id=item_id, token=token)
        if verb == "skip":
            return service.skip(s, actor=actor, item_id=item_id, token=token, reason="why")
        if verb == "hold":
            return service.hold(s, actor=actor, item_id=item_id, token=token, reason="why", seconds=900)
        policy = GORE if verb == "remove" else None
        body = NewDecision(claim_token=token, outcome=Outcome(verb), policy=policy, facts="seen")
        return service.decide(s, actor=actor, item_id=item_id, body=body, grace_s=GRACE_S)

    def close(self, believed: Believed, before: set[FlagState], after: FlagState) -> None:
        for flag_id, (by, state) in believed.flags.items():
            if state in before:
                believed.flags[flag_id] = (by, after)

    @precondition(lambda self: any(b.decision for b in self.items.values()))
    @rule(data=st.data(), other=st.booleans(), seconds=LATER)
    def undo(self, data: st.DataObject, other: bool, seconds: int) -> None:
        item_id = data.draw(st.sampled_from([i for i, b in self.items.items() if b.decision]))
        believed = self.items[item_id]
        assert believed.decision is not None
        decision_id, by, outcome, effective_at = believed.decision
        who = "two" if other else by
        self.now.advance(timedelta(seconds=seconds))
        got = self.attempt(
            lambda s: service.undo(s, actor=self.staff[who], decision_id=decision_id, lease_s=LEASE_S)
        )
        after = ItemState.ESCALATED if outcome is Outcome.ESCALATE else ItemState.DECIDED
        if who != by or self.now.at >= effective_at or believed.state is not after:
            assert isinstance(got, DomainError)
            return
        assert not isinstance(got, DomainError), got
        if outcome is Outcome.ESCALATE:
            believed.stage -= 1
        held = self.granted(believed, who)
        assert got.claim_token == held.token
        self.tokens.append((who, item_id, held.token))
        believed.decision = None
        closed = {FlagState.ACTIONED, FlagState.DISMISSED, FlagState.DUPLICATE}
        self.close(believed, closed, FlagState.LINKED)

    @precondition(lambda self: any(b.state is ItemState.ON_HOLD for b in self.items.values()))
    @rule(data=st.data(), who=st.sampled_from(["mod", "two", "lead"]))
    def resume(self, data: st.DataObject, who: str) -> None:
        item_id = data.draw(
            st.sampled_from([i for i, b in self.items.items() if b.state is ItemState.ON_HOLD])
        )
        believed = self.items[item_id]
        got = self.attempt(
            lambda s: service.resume(s, actor=self.staff[who], item_id=item_id, lease_s=LEASE_S)
        )
        assert believed.held_until is not None
        if who != believed.holder or believed.held_until <= self.now.at:
            assert isinstance(got, Conflict)
            return
        held = self.granted(believed, who)
        held.began = self.now.at - believed.worked
        held.until = min(held.until, held.began + timedelta(seconds=rules.CLAIM_MAX_S))
        assert (got.claim_token, got.lease_until) == (held.token, held.until)
        self.tokens.append((who, item_id, held.token))

    @precondition(lambda self: any(b.flags for b in self.items.values()))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        flags = [(i, f) for i, b in self.items.items() for f in b.flags]
        item_id, flag_id = data.draw(st.sampled_from(flags))
        believed = self.items[item_id]
        by, state = believed.flags[flag_id]
        got = self.attempt(lambda s: service.withdraw_flag(s, actor=self.fans[by], flag_id=flag_id))
        if state is not FlagState.LINKED:
            assert isinstance(got, Conflict)
            return
        believed.flags[flag_id] = (by, FlagState.WITHDRAWN)
        self.speaking.discard((by, believed.video))
        taken = believed.state in (ItemState.CLAIMED, ItemState.ON_HOLD)
        if not taken and not any(state is FlagState.LINKED for _, state in believed.flags.values()):
            believed.state = ItemState.CANCELLED

    @rule(seconds=st.sampled_from([1, 9, 10, 590, 600, 900, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.now.advance(timedelta(seconds=seconds))

    @rule()
    def sweep(self) -> None:
        with self.db.write() as s:
            sweeps.lapse_claims(s)
            sweeps.end_holds(s)
            sweeps.raise_waiting(s)
            sweeps.make_final(s)
        self.struck |= {b.video for b in self.items.values() if b.removed(self.now.at)}
        for believed in self.items.values():
            if believed.state is ItemState.CLAIMED and believed.claim and believed.claim.until <= self.now.at:
                self.freed(believed)
            if believed.held_until is not None and believed.held_until <= self.now.at:
                self.freed(believed)

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with self.db.read() as s:
            found = {row.id: row for row in s.execute(sa.select(Item.__table__))}
            flags = {row.id: row.state for row in s.execute(sa.select(Flag.id, Flag.state))}
            stale = s.scalar(
                sa.select(sa.func.count())
                .select_from(Decision)
                .where(Decision.claim_token.not_in([token for *_, token in self.tokens] or [-1]))
            )
            strikes = s.scalar(sa.select(sa.func.count()).select_from(Strike))
            waiting = set(s.scalars(sa.select(Finality.decision_id)))
            undone = set(s.scalars(sa.select(Undo.decision_id)))
        assert set(found) == set(self.items)
        for item_id, believed in self.items.items():
            row = found[item_id]
            assert (row.state, row.stage, row.claim_token) == (
                believed.state,
                believed.stage,
                believed.token,
            )
            assert row.skip_count == believed.skips
            assert (row.lease_until is not None) == (believed.state is ItemState.CLAIMED)
            assert row.priority == sum(points for _, points in row.priority_why)
            for flag_id, (_, state) in believed.flags.items():
                assert flags[flag_id] == state
        assert stale == 0
        assert strikes == len(self.struck)
        assert not waiting & undone
        self.only_known_transitions({i: row.state for i, row in found.items()}, flags)

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


def test_items_and_flags_follow_the_model(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, person: NewPerson, keys: Keys
) -> None:
    """A fresh set of videos per run, in one database: items of earlier runs are taken away first."""
    staff = {"mod": moderator, "two": person(Role.MODERATOR), "lead": lead}
    fans = {name: person(Role.FAN) for name in ("ann", "bob", "cem")}

    class Here(Moderation):
        def __init__(self) -> None:
            self.db, self.studio, self.staff, self.fans, self.keys = db, studio, staff, fans, keys
            empty(db)
            super().__init__()

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
