"""Entries against a simple model: added, seconded, matched, judged, expired, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

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

from server.forensics.banks import matching, service
from server.forensics.banks.models import BankChange, BankEntry, Match, Scan
from server.forensics.banks.rules import (
    ENTRY_MACHINE,
    KEPT,
    TWO_PEOPLE,
    EntrySeverity,
    EntryState,
    MatchVerdict,
    ScanState,
)
from server.forensics.rules import MatchClass
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Forbidden
from tests.server.forensics.banks.bench import Bench

KNOWN = {(t.before, t.after) for t in ENTRY_MACHINE}
EVENTS = {
    "activate": ((EntryState.PROPOSED, EntryState.QUARANTINED), EntryState.ACTIVE),
    "quarantine": ((EntryState.ACTIVE,), EntryState.QUARANTINED),
    "deconfirm": (KEPT, EntryState.DECONFIRMED),
}
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Entries(RuleBasedStateMachine):
    """`known` is what the model believes of each entry; `live` that its hashes are in the index."""

    db: Database
    bench: Bench
    people: tuple[Actor, Actor]

    def __init__(self) -> None:
        super().__init__()
        self._held = clock.held(START)
        self.now = self._held.__enter__()

    def teardown(self) -> None:
        """The next example finds nothing that its own time would end."""
        self._held.__exit__(None, None, None)
        with self.db.write() as s:
            s.execute(sa.update(BankEntry).values(state=EntryState.DECONFIRMED))
            s.execute(sa.update(Scan).values(state=ScanState.DONE))

    @initialize()
    def begin(self) -> None:
        self.n = getattr(type(self), "n", 0) + 1
        type(self).n = self.n
        self.bank_id = self.bench.bank(f"bank {self.n}")
        self.videos = [self.bench.video() for _ in range(2)]
        self.known: dict[UUID, dict[str, Any]] = {}
        self.seen: dict[UUID, EntryState] = {}
        self.at = 0

    @rule(
        n=st.integers(0, 1),
        who=st.integers(0, 1),
        severity=st.sampled_from([EntrySeverity.LOW, EntrySeverity.CRITICAL]),
        lasts=st.booleans(),
    )
    def add(self, n: int, who: int, severity: EntrySeverity, lasts: bool) -> None:
        video_id = self.videos[n]
        there = any(b["video"] == video_id and b["state"] in KEPT for b in self.known.values())
        until = None if lasts else self.now.at + timedelta(hours=2)
        try:
            added = self.bench.add(
                self.bank_id, video_id, actor=self.people[who], severity=severity, expires_at=until
            )
        except Conflict:
            assert there
            return
        assert not there
        grave = severity in TWO_PEOPLE
        self.known[added] = {
            "video": video_id,
            "by": who,
            "grave": grave,
            "until": until,
            "wrong": 0,
            "state": EntryState.PROPOSED if grave else EntryState.ACTIVE,
            "ever": not grave,
        }

    @precondition(lambda self: self.known)
    @rule(pick=st.integers(0, 9), who=st.integers(0, 1), event=st.sampled_from(list(EVENTS)))
    def move(self, pick: int, who: int, event: str) -> None:
        entry_id = list(self.known)[pick % len(self.known)]
        b = self.known[entry_id]
        sources, after = EVENTS[event]
        first = event == "activate" and b["state"] is EntryState.PROPOSED
        try:
            self.bench.move(entry_id, event, self.people[who])
        except Forbidden:
            assert first
            assert b["grave"]
            assert who == b["by"]
            return
        except Conflict:
            assert b["state"] not in sources
            return
        assert b["state"] in sources
        assert not (first and b["grave"] and who == b["by"])
        b["state"] = after
        if event == "activate":
            b.update(wrong=0, ever=True)
        self.now.advance(timedelta(seconds=1))

    @precondition(lambda self: self.known)
    @rule(pick=st.integers(0, 9), wrong=st.booleans())
    def match(self, pick: int, wrong: bool) -> None:
        """Something is found, and a person says what it is."""
        entry_id = list(self.known)[pick % len(self.known)]
        b = self.known[entry_id]
        self.at += 100_000
        self.now.advance(timedelta(hours=1, seconds=1))
        seen_in = self.bench.video()  # a video counts once, however often it is wrong
        found = self.bench.found(
            seen_in, entry_id, MatchClass.QUEUE, start_ms=self.at, end_ms=self.at + 12_000
        )
        assert found == (b["state"] is EntryState.ACTIVE)
        if not found:
            return
        with self.db.write() as s:
            match_id = s.scalars(
                sa.select(Match.id).where(Match.start_ms == self.at).where(Match.entry_id == entry_id)
            ).one()
            verdict = MatchVerdict.FALSE_POSITIVE if wrong else MatchVerdict.CONFIRMED
            matching.judge(s, actor=self.people[0], match_id=match_id, verdict=verdict)
        b["wrong"] += wrong
        if b["wrong"] >= 2:
            b["state"] = EntryState.QUARANTINED

    @rule(hours=st.integers(0, 3))
    def expire(self, hours: int) -> None:
        self.now.advance(timedelta(hours=hours))
        with self.db.write() as s:
            ended = service.expire(s, limit=100)
        over = [b for b in self.known.values() if b["until"] and b["until"] <= self.now.at]
        due = [b for b in over if b["state"] in KEPT]
        assert ended == len(due)
        for b in due:
            b["state"] = EntryState.EXPIRED

    @invariant()
    def the_database_says_the_same(self) -> None:
        with self.db.read() as s:
            rows = s.scalars(sa.select(BankEntry).where(BankEntry.bank_id == self.bank_id)).all()
            changes = s.execute(
                sa.select(BankChange.entry, BankChange.live).order_by(BankChange.position)
            ).all()
            running = set(s.scalars(sa.select(Scan.first).where(Scan.state == ScanState.RUNNING)))
            positions = s.scalars(sa.select(BankChange.position).order_by(BankChange.position)).all()
        assert {row.id: row.state for row in rows} == {i: b["state"] for i, b in self.known.items()}
        assert positions == list(range(1, len(positions) + 1))
        live = {row.entry: row.live for row in changes}
        for row in rows:
            assert live.get(row.number, False) is (row.state is EntryState.ACTIVE)
            assert row.number not in running or row.state is EntryState.ACTIVE
            was = self.seen.get(row.id)
            assert was is row.state or was is None or self._reached(was, row.state), (was, row.state)
            self.seen[row.id] = row.state

    def _reached(self, was: EntryState, now: EntryState) -> bool:
        return (was, now) in KNOWN


def test_whatever_is_tried_in_any_order(db: Database, bench: Bench, lead: Actor, cleared: Actor) -> None:
    class Here(Entries):
        pass

    Here.db, Here.bench, Here.people = db, bench, (lead, cleared)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8 if db.sqlite else 4,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
