"""The daily life of items and flags as rules for hypothesis; each does the same to the model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, DomainError, Invalid, NotFound
from server.kit.wire import Availability
from server.moderation import rules, service, sweeps
from server.moderation.rules import FlagState, ItemState, Outcome
from server.moderation.schemas import NewDecision
from tests.server.moderation.conftest import CSAM, GORE, GRACE_S, LEASE_S, Studio
from tests.server.moderation.dual import TERROR
from tests.server.moderation.model import HELD, STAFF, Believed, Held

ANYONE = st.sampled_from(STAFF)
FAN = st.sampled_from(["ann", "bob", "cem"])
VERBS = ["heartbeat", "release", "skip", "hold", "allow", "remove", "escalate", "into the class"]
JUDGED = st.sampled_from(["allow", "remove", "remove", "escalate"])
LATER = st.sampled_from([0, 0, 1, GRACE_S, LEASE_S])
"""Seconds that pass before something is tried: none, within the grace, all of it, all of the lease."""
START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOLD_LIMITS = {"past_legal_term", "held_enough"}


class Daily(RuleBasedStateMachine):
    """Flags, claims, decisions, undo, and the passing of time."""

    db: Database
    staff: dict[str, Actor]
    fans: dict[str, Actor]
    studio: Studio

    def __init__(self) -> None:
        super().__init__()
        self._held = clock.held(START)
        self.now = self._held.__enter__()
        self.items: dict[UUID, Believed] = {}
        self.videos: dict[UUID, UUID] = {}
        self.gone: set[UUID] = set()
        self.tokens: list[tuple[str, UUID, int]] = []
        self.speaking: set[tuple[str, UUID]] = set()
        self.struck: set[UUID] = set()

    def teardown(self) -> None:
        self._held.__exit__(None, None, None)

    def attempt(self, call: Callable[[Any], Any]) -> Any:
        """The result of a service call in its own transaction, or the refusal."""
        try:
            with self.db.write() as s:
                return call(s)
        except DomainError as refusal:
            return refusal

    def has_room(self, who: str) -> bool:
        held = [b.claim for b in self.items.values() if b.state is ItemState.CLAIMED and b.claim]
        return sum(c.by == who and c.until > self.now.at for c in held) < rules.CLAIMS_MAX

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

    def granted(self, item_id: UUID, who: str, *, seconds: int = LEASE_S, ahead: bool = False) -> Held:
        believed = self.items[item_id]
        believed.token += 1
        believed.state, believed.held_until = ItemState.CLAIMED, None
        until = self.now.at + timedelta(seconds=seconds)
        believed.claim = Held(who, believed.token, until, self.now.at, ahead)
        self.tokens.append((who, item_id, believed.token))
        return believed.claim

    def into_the_class(self, video: UUID) -> None:
        for believed in self.items.values():
            if believed.video == video and not believed.restricted:
                believed.restricted = True
                if believed.state in HELD:
                    believed.freed()

    def is_shown(self, video: UUID) -> bool:
        """Whether fans see it: it is there, allowed, and not of the restricted class."""
        hidden = video in self.gone or self.items[self.videos[video]].restricted
        return not hidden and self.studio.availability(video) == Availability.PUBLIC

    @rule(
        who=st.sampled_from(["ann", "bob", "cem"]),
        policy=st.sampled_from([GORE, TERROR, None]),
        data=st.data(),
    )
    def flag(self, who: str, policy: str | None, data: st.DataObject) -> None:
        """A new video, flagged under this policy, or one that was flagged before."""
        if policy:
            self.flag_new(who, policy)
        else:
            self.flag_again(who, data.draw(st.sampled_from(list(self.videos))))

    def flag_new(self, who: str, policy: str) -> None:
        self.now.advance(timedelta(milliseconds=1))
        video = self.studio.video(f"video {len(self.videos)}")
        self.place(who, video, policy)

    def flag_again(self, who: str, video: UUID) -> None:
        self.now.advance(timedelta(milliseconds=1))
        policy, fan = self.items[self.videos[video]].policy, self.fans[who]
        if not self.is_shown(video):
            with pytest.raises(NotFound):
                self.studio.flag(fan, video, policy)
        elif (who, video) in self.speaking:
            assert self.studio.flag(fan, video, policy).state is FlagState.DUPLICATE
        else:
            self.place(who, video, policy)

    def place(self, who: str, video: UUID, policy: str) -> None:
        """A flag that is the first of its voice."""
        got = self.studio.flag(self.fans[who], video, policy)
        self.speaking.add((who, video))
        current = self.videos.get(video)
        if current is None or self.items[current].state is ItemState.CANCELLED:
            self.items[got.item_id] = Believed(video, policy)
            self.videos[video] = current = got.item_id
        assert got.item_id == current
        judged = self.items[current].state is ItemState.DECIDED
        assert got.state is (FlagState.DUPLICATE if judged else FlagState.LINKED)
        self.items[current].flags[got.flag_id] = (who, got.state)

    @rule(who=ANYONE)
    def claim(self, who: str) -> None:
        if not self.has_room(who):
            return
        waiting = {item_id for item_id, b in self.items.items() if b.waits_for(who)}
        got = self.studio.claim(self.staff[who])
        if got is None:
            assert not waiting
            return
        assert got.item_id in waiting
        held = self.granted(got.item_id, who)
        assert (got.claim_token, got.lease_until) == (held.token, held.until)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), verb=st.sampled_from(VERBS), seconds=LATER)
    def act_on_a_claim(self, data: st.DataObject, verb: str, seconds: int) -> None:
        """Use one of the claims that were live some time ago, or else the latest that was given."""
        live = [token for token in self.tokens if self.live(*token)]
        chosen = data.draw(st.sampled_from(live or self.tokens[-1:]))
        self.now.advance(timedelta(seconds=seconds))
        self.act(*chosen, verb)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), verb=st.sampled_from(VERBS), who=ANYONE)
    def act_with_any_token(self, data: st.DataObject, verb: str, who: str) -> None:
        """Use a token that was once given to someone; a stale or foreign one must change nothing."""
        _, item_id, token = data.draw(st.sampled_from(self.tokens))
        self.act(who, item_id, token, verb)

    def act(self, who: str, item_id: UUID, token: int, verb: str) -> None:
        live, believed, actor = self.live(who, item_id, token), self.items[item_id], self.staff[who]
        got = self.attempt(lambda s: self.do(s, actor, item_id, token, verb))
        to_class = verb == "into the class" and not believed.restricted
        if not live:
            assert isinstance(got, Conflict if believed.seen_by(who) else NotFound), got
            assert got.code == ("lease_lost" if believed.seen_by(who) else "not_found")
        elif verb in ("escalate", "into the class") and believed.stage == 2 and not to_class:
            assert isinstance(got, Invalid)
        elif verb == "skip":
            self.skipped(believed, who, got)
        elif verb == "hold" and isinstance(got, Conflict) and got.code in HOLD_LIMITS:
            return
        else:
            assert not isinstance(got, DomainError), got
            self.acted(believed, verb, got)
            if to_class:
                self.into_the_class(believed.video)

    def skipped(self, believed: Believed, who: str, got: Any) -> None:
        rises = believed.skips + 1 >= rules.SKIPS_TO_ESCALATE and believed.stage == 1
        if not believed.takers(stage=2 if rises else None, but=who):
            assert isinstance(got, Conflict)
            assert got.code == "nobody_else"
            return
        assert not isinstance(got, DomainError), got
        believed.skips += 1
        believed.barred.add(who)
        believed.stage += rises
        believed.freed()

    def acted(self, believed: Believed, verb: str, got: Any) -> None:
        claim = believed.claim
        assert claim is not None
        if verb == "heartbeat":
            if claim.ahead:
                claim.ahead, claim.began = False, self.now.at
            limit = claim.began + timedelta(seconds=rules.CLAIM_MAX_S)
            claim.until = min(self.now.at + timedelta(seconds=LEASE_S), limit)
            assert got.lease_until == claim.until
        elif verb == "release":
            believed.freed()
        elif verb == "hold":
            believed.worked, believed.holder = self.now.at - claim.began, claim.by
            believed.freed(ItemState.ON_HOLD)
            believed.held_until = self.now.at + timedelta(seconds=900)
        else:
            to_class = verb == "into the class" and not believed.restricted
            outcome = Outcome.ESCALATE if verb == "into the class" else Outcome(verb)
            believed.judged(claim.by, got.decision_id, outcome, got.effective_at, to_class=to_class)

    def do(self, s: Any, actor: Actor, item_id: UUID, token: int, verb: str) -> Any:
        if verb == "heartbeat":
            return service.heartbeat(s, actor=actor, item_id=item_id, token=token, lease_s=LEASE_S)
        if verb == "release":
            return service.release(s, actor=actor, item_id=item_id, token=token)
        if verb == "skip":
            return service.skip(s, actor=actor, item_id=item_id, token=token, reason="why")
        if verb == "hold":
            return service.hold(s, actor=actor, item_id=item_id, token=token, reason="why", seconds=900)
        named = {"remove": self.items[item_id].policy, "into the class": CSAM}
        outcome = Outcome.ESCALATE if verb == "into the class" else Outcome(verb)
        body = NewDecision(claim_token=token, outcome=outcome, policy=named.get(verb), facts="seen")
        return service.decide(s, actor=actor, item_id=item_id, body=body, grace_s=GRACE_S)

    @precondition(lambda self: any(b.decision for b in self.items.values()))
    @rule(data=st.data(), other=st.booleans(), seconds=LATER)
    def undo(self, data: st.DataObject, other: bool, seconds: int) -> None:
        item_id = data.draw(st.sampled_from([i for i, b in self.items.items() if b.decision]))
        believed = self.items[item_id]
        filed = believed.decision
        assert filed is not None
        who = "two" if other else filed.by
        self.now.advance(timedelta(seconds=seconds))
        got = self.attempt(
            lambda s: service.undo(s, actor=self.staff[who], decision_id=filed.id, lease_s=LEASE_S)
        )
        late = self.now.at >= filed.effective_at or filed.reverses
        if who != filed.by or late or believed.state not in filed.left_in() or not believed.seen_by(who):
            assert isinstance(got, DomainError), got
            return
        assert not isinstance(got, DomainError), got
        believed.undone()
        assert got.claim_token == self.granted(item_id, who).token

    @precondition(lambda self: any(b.state is ItemState.ON_HOLD for b in self.items.values()))
    @rule(data=st.data(), other=st.none() | ANYONE)
    def resume(self, data: st.DataObject, other: str | None) -> None:
        item_id = data.draw(
            st.sampled_from([i for i, b in self.items.items() if b.state is ItemState.ON_HOLD])
        )
        believed = self.items[item_id]
        who = other or believed.holder
        got = self.attempt(
            lambda s: service.resume(s, actor=self.staff[who], item_id=item_id, lease_s=LEASE_S)
        )
        assert believed.held_until is not None
        if who != believed.holder or believed.held_until <= self.now.at or not self.has_room(who):
            assert isinstance(got, DomainError)
            return
        held = self.granted(item_id, who)
        held.began = self.now.at - believed.worked
        held.until = min(held.until, held.began + timedelta(seconds=rules.CLAIM_MAX_S))
        assert (got.claim_token, got.lease_until) == (held.token, held.until)

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
        stays = believed.state in HELD or believed.first or believed.restricted
        if not stays and not believed.has_flag(FlagState.LINKED):
            believed.freed(ItemState.CANCELLED)

    @rule(seconds=st.sampled_from([1, 9, 10, 590, 600, 900, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.now.advance(timedelta(seconds=seconds))

    @rule(seconds=LATER)
    def sweep(self, seconds: int) -> None:
        self.now.advance(timedelta(seconds=seconds))
        with self.db.write() as s:
            sweeps.lapse_claims(s)
            sweeps.end_holds(s)
            sweeps.raise_waiting(s)
            sweeps.make_final(s)
            sweeps.lift_expired(s)
        for believed in self.items.values():
            filed, claim = believed.decision, believed.claim
            final = believed.state is ItemState.DECIDED and filed and filed.effective_at <= self.now.at
            if final and filed and filed.violation:
                self.struck.add(filed.id)
            until = claim.until if claim else believed.held_until
            if believed.state in HELD and until is not None and until <= self.now.at:
                believed.freed()
